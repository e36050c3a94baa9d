"""What the routes of the catalog take and give."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from core.api.inputs import Json, Text
from core.api.problems import parse_body
from core.catalog.sources.connector import ConnectionField, SourceKind, TableDraft
from core.domain.access import Permission, Principal
from core.domain.catalog import ColumnDrift, Drift, Problem, RowSample, SourceDraft, SourceTest, Usage
from core.domain.dataset import Dataset, Source
from core.domain.dataset_json import dump_content, dump_field, load_dataset
from core.domain.definition_json import dump_definition
from core.domain.quick_start import QuickStart
from core.domain.relation import SqlOrigin, TableOrigin

#: What a dataset's answer has and a request may send back unchanged; it is not the caller's to set.
_READ_ONLY = frozenset({"id", "version", "updated_at", "is_certified"})


class _In(BaseModel):
    """A request body; a name it does not know is refused."""

    model_config = ConfigDict(extra="forbid")


class SourceIn(_In):
    """A source to save or test. Secrets are write-only: those not given stay as they are."""

    name: Text = Field(max_length=300)
    kind: Text = Field(max_length=100)
    connection: dict[str, JsonValue] = Field(default_factory=dict, max_length=100)
    secrets: dict[str, str | None] = Field(default_factory=dict, max_length=20)

    def draft(self) -> SourceDraft:
        """Return it as a domain value."""
        return SourceDraft(
            name=self.name,
            kind=self.kind,
            connection={name: value for name, value in self.connection.items() if value is not None},
            secrets={name: value for name, value in self.secrets.items() if value is not None},
        )


class TableIn(_In):
    """A table or view of a source."""

    table_name: Text = Field(max_length=1000)
    schema_name: Text | None = Field(None, max_length=1000)

    def origin(self) -> TableOrigin:
        """Return it as a domain value."""
        return TableOrigin(table_name=self.table_name, schema_name=self.schema_name)


class SampleIn(TableIn):
    """Which table to show the first rows of."""

    limit: int = Field(20, ge=1, le=1000)


class DraftIn(_In):
    """What a dataset is to be made of: a table, or saved SQL."""

    source_id: UUID
    table_name: Text | None = Field(None, max_length=1000)
    schema_name: Text | None = Field(None, max_length=1000)
    sql: Text | None = None

    @model_validator(mode="after")
    def _check_one(self) -> "DraftIn":
        if (self.table_name is None) is (self.sql is None):
            raise ValueError("Give either 'table_name' or 'sql'")
        return self


class DatasetIn(BaseModel):
    """A dataset: these, and the content that `GET /api/datasets/schema` describes."""

    model_config = ConfigDict(extra="allow")

    source_id: UUID
    label: Text
    name: Text

    @classmethod
    def build(cls, body: Mapping[str, Any], principal: Principal, dataset_id: UUID | None = None) -> Dataset:
        """Return the dataset in a request; raises InvalidInput and InvalidDataset with the place."""
        given = parse_body(cls, {name: value for name, value in body.items() if name not in _READ_ONLY})
        return load_dataset(
            given.model_extra or {},
            dataset_id=dataset_id or uuid4(),
            organization_id=principal.organization_id,
            source_id=given.source_id,
            name=given.name,
            label=given.label,
        )


class CheckIn(_In):
    """A dataset to check; with the id of a saved one where it is a change of that."""

    dataset: Json
    dataset_id: UUID | None = None


class DatasetPreviewIn(CheckIn):
    """A dataset to show rows of: all its fields, or the base's columns after so many `steps`."""

    steps: int | None = Field(None, ge=0, le=1000)
    limit: int = Field(50, ge=1, le=1000)


class CertifyIn(_In):
    """Whether to vouch for a dataset."""

    is_certified: bool


def kind_out(kind: SourceKind) -> Json:
    """Return the JSON of a kind of source and its form."""
    return {
        "key": kind.key,
        "label": kind.label,
        "runs_sql": kind.runs_sql,
        "fields": [connection_field_out(field) for field in kind.connection_fields],
    }


def source_out(source: Source, caller: Principal) -> Json:
    """Return a source's JSON, without anything secret; where it leads to is for those who look after sources."""
    return {
        "id": str(source.id),
        "name": source.name,
        "kind": source.kind,
        "connection": source.connection if caller.may(Permission.MANAGE_CATALOG) else {},
        "version": source.version,
        "updated_at": None if source.updated_at is None else source.updated_at.isoformat(),
    }


def test_out(test: SourceTest) -> Json:
    """Return the JSON of how a test went."""
    return {
        "is_ok": test.is_ok,
        "message": test.message,
        "elapsed_s": round(test.elapsed_s, 4),
        "server": test.server,
    }


def table_out(table: TableDraft) -> Json:
    """Return the JSON of a table found in a source."""
    return {
        "schema_name": table.schema_name,
        "table_name": table.table_name,
        "description": table.description,
        "is_view": table.is_view,
        "row_estimate": table.row_estimate,
        "primary_key": list(table.primary_key),
        "skipped": list(table.skipped),
        "fields": [dump_field(field) for field in table.fields],
        "foreign_keys": [
            {
                "columns": list(key.columns),
                "schema_name": key.schema_name,
                "table_name": key.table_name,
                "target_columns": list(key.target_columns),
            }
            for key in table.foreign_keys
        ],
    }


def dataset_out(dataset: Dataset, caller: Principal) -> Json:
    """Return a dataset's JSON; saved SQL is for those who may see SQL."""
    content = dump_content(dataset)
    if isinstance(dataset.origin, SqlOrigin) and not caller.may(Permission.SEE_SQL):
        content["origin"] = {**content["origin"], "sql": None}
    return {
        **content,
        "id": str(dataset.id),
        "name": dataset.name,
        "label": dataset.label,
        "source_id": str(dataset.source_id),
        "is_certified": dataset.is_certified,
        "version": dataset.version,
        "updated_at": None if dataset.updated_at is None else dataset.updated_at.isoformat(),
    }


def problem_out(problem: Problem) -> Json:
    """Return the JSON of something that does not fit."""
    return {"place": problem.place, "message": problem.message}


def quick_start_out(start: QuickStart) -> Json:
    """Return the JSON of a first question; its definition can be run and saved as it is."""
    return {
        "key": start.key,
        "kind": str(start.kind),
        "label": start.label,
        "description": start.description,
        "definition": dump_definition(start.definition),
    }


def sample_out(sample: RowSample) -> Json:
    """Return the JSON of some rows."""
    return {
        "columns": [
            {"key": column.key, "label": column.label, "type": str(column.type), "unit": column.format.unit}
            for column in sample.columns
        ],
        "rows": [list(row.values()) for row in sample.table.to_pylist()],
    }


def usage_out(usage: Usage) -> Json:
    """Return the JSON of what stands on a dataset."""
    return {
        "reports": [
            {"id": str(use.id), "name": use.name, "owner": use.owner, "fields": list(use.fields)}
            for use in usage.reports
        ],
        "schedules": [
            {"id": str(use.id), "name": use.name, "report_id": str(use.report_id), "is_active": use.is_active}
            for use in usage.schedules
        ],
    }


def drift_out(drift: Drift) -> Json:
    """Return the JSON of how a source differs from what a dataset was made of."""
    return {
        "missing": [_column_drift_out(column) for column in drift.missing],
        "changed": [_column_drift_out(column) for column in drift.changed],
        "added": list(drift.added),
    }


def connection_field_out(field: ConnectionField) -> Json:
    """Return the JSON of one input of a form."""
    return {
        "name": field.name,
        "label": field.label,
        "help": field.help,
        "type": str(field.type),
        "choices": list(field.choices),
        "default": field.default,
        "is_secret": field.is_secret,
        "is_required": field.is_required,
    }


def _column_drift_out(column: ColumnDrift) -> Json:
    return {
        "table": column.table,
        "column": column.column,
        "was": column.was,
        "is_now": column.is_now,
        "fields": list(column.fields),
    }
