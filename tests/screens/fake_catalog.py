"""Sources, datasets and uploads in memory, with the signatures the screens call."""

from dataclasses import replace
from uuid import uuid4

import pyarrow as pa

from core.catalog.drafts import draft_dataset, draft_sql_dataset, fields_of, with_join
from core.catalog.drift import base_columns
from core.catalog.sources.connector import ConnectionField, ForeignKeyDraft, SourceKind, TableDraft
from core.domain.catalog import Drift, Problem, ReportUse, RowSample, ScheduleUse, SourceTest, Usage
from core.domain.dataset import Dataset, Source
from core.domain.field import Field, FieldType
from core.domain.relation import SourceColumn
from core.domain.result import ColumnRole, ResultColumn
from core.errors import BreaksReports, Conflict, InvalidDataset, InvalidInput, NotFound, SourceUnavailable
from core.query.relation import check_dataset, columns_after

from . import fake_data as data

_T = FieldType
PASSWORD = "reads-only-1"
POSTGRESQL = SourceKind(
    key="postgresql",
    label="PostgreSQL",
    connection_fields=(
        ConnectionField(name="host", label="Host"),
        ConnectionField(name="port", label="Port", type=_T.INTEGER, default=5432, is_required=False),
        ConnectionField(name="password", label="Password", is_secret=True),
        ConnectionField(name="tls", label="Encryption", choices=("verify", "none"), default="verify"),
        ConnectionField(name="read_only", label="Read only", type=_T.BOOLEAN, default=True),
    ),
    open=lambda *_: None,
)
DUCKDB = SourceKind(
    key="duckdb",
    label="DuckDB file",
    connection_fields=(ConnectionField(name="path", label="Path"),),
    open=lambda *_: None,
)


def _table(name, *columns, key=("id",), foreign=(), **more):
    fields = tuple(
        Field(name=column, label=column.replace("_", " ").capitalize(), type=kind, is_measure=kind is _T.DECIMAL)
        for column, kind in columns
    )
    keys = tuple(
        ForeignKeyDraft(columns=(c,), schema_name=None, table_name=t, target_columns=("id",)) for c, t in foreign
    )
    return TableDraft(
        schema_name=None, table_name=name, fields=fields, primary_key=key, foreign_keys=keys, row_estimate=1500, **more
    )


TABLES = (
    _table("customers", ("id", _T.INTEGER), ("name", _T.TEXT), ("country", _T.TEXT)),
    _table(
        "orders",
        ("id", _T.INTEGER),
        ("customer_id", _T.INTEGER),
        ("ordered_at", _T.DATETIME),
        ("status", _T.TEXT),
        ("amount", _T.DECIMAL),
        ("shipped", _T.TEXT),
        foreign=(("customer_id", "customers"),),
        description="What customers ordered",
    ),
    _table(
        "order_lines",
        ("id", _T.INTEGER),
        ("order_id", _T.INTEGER),
        ("quantity", _T.INTEGER),
        foreign=(("order_id", "orders"),),
    ),
    *(_table(f"log_{n:03}", ("id", _T.INTEGER)) for n in range(40)),
)
SHOP = Source(
    id=data.make_id("source"),
    organization_id=data.ORGANIZATION,
    name="Shop",
    kind="postgresql",
    connection={"host": "db.example.com", "port": 5432, "tls": "verify", "read_only": True},
    updated_at=data.NOW,
)


class FakeSources:
    def __init__(self) -> None:
        self.items = {SHOP.id: SHOP}
        self.secrets = {SHOP.id: {"password": PASSWORD}}
        self.tested = []

    def kinds(self):
        return (POSTGRESQL, DUCKDB)

    def list(self, principal):
        return tuple(self.items.values())

    def get(self, principal, source_id):
        if source_id not in self.items:
            raise NotFound
        return self.items[source_id]

    def create(self, principal, draft):
        self._check(draft)
        made = Source(
            id=uuid4(),
            organization_id=data.ORGANIZATION,
            name=draft.name,
            kind=draft.kind,
            connection=dict(draft.connection),
        )
        self.items[made.id], self.secrets[made.id] = made, dict(draft.secrets)
        return made

    def save(self, principal, source_id, draft, *, expected_version=None):
        self._check(draft)
        saved = self.get(principal, source_id)
        if expected_version is not None and expected_version != saved.version:
            raise Conflict
        changed = replace(saved, name=draft.name, connection=dict(draft.connection), version=saved.version + 1)
        self.items[source_id] = changed
        self.secrets[source_id] |= draft.secrets
        return changed

    def _check(self, draft):
        if not draft.name.strip():
            raise InvalidInput("Give the source a name.", place="name")
        if draft.kind == "postgresql" and not draft.connection.get("host"):
            raise InvalidInput("Fill in the host.", place="connection.host")

    def delete(self, principal, source_id):
        if source_id == SHOP.id:
            raise Conflict("Shop is used by Product usage. Delete those datasets first.")
        del self.items[source_id]

    def test(self, principal, draft, source_id=None):
        self.tested.append((draft, source_id))
        given = draft.secrets.get("password") or self.secrets.get(source_id, {}).get("password")
        if given != PASSWORD:
            return SourceTest(is_ok=False, message="The user 'reader' or the password is wrong.", elapsed_s=0.1)
        return SourceTest(is_ok=True, message="It answers.", elapsed_s=0.1, server="PostgreSQL")

    def introspect(self, principal, source_id):
        return TABLES

    def sample_rows(self, principal, source_id, table, *, rows=20):
        found = next(one for one in TABLES if one.table_name == table.table_name)
        return rows_of(found.fields, rows)


def rows_of(fields, rows):
    columns = tuple(
        ResultColumn(key=f.name, label=f.label, type=f.type, role=ColumnRole.DIMENSION, format=f.format) for f in fields
    )
    return RowSample(columns=columns, table=pa.table({c.key: [data._cell(c, n) for n in range(rows)] for c in columns}))


class FakeDatasets:
    """Checks what it is given by the real rules; its rows are made up."""

    def __init__(self) -> None:
        self.items = {data.USAGE.id: data.USAGE}
        self.breaks: tuple[str, ...] = ()
        self.is_confirmed = False
        self.found = Drift()
        self.is_down = False

    def draft(self, principal, source_id, table):
        found = next(one for one in TABLES if one.table_name == table.table_name)
        return draft_dataset(SHOP, found, TABLES)

    def draft_sql(self, principal, source_id, sql):
        if not sql.lower().startswith("select"):
            raise InvalidDataset("Saved SQL is one SELECT.", place="origin.sql")
        return draft_sql_dataset(SHOP, sql, (SourceColumn(name="id", type=_T.INTEGER),))

    def joined(self, principal, dataset, join):
        return with_join(dataset, join, next(one for one in TABLES if one.table_name == join.table.table_name))

    def columns(self, principal, dataset, *, steps=None):
        known = replace(dataset, origin=replace(dataset.origin, columns=base_columns(dataset)))
        cut = known if steps is None else replace(known, steps=known.steps[:steps])
        return tuple(fields_of(columns_after(cut)))

    def check(self, principal, dataset):
        try:
            check_dataset(dataset, "postgres")
        except InvalidInput as error:
            return (Problem(place=error.place, message=error.user_message),)
        return ()

    def preview(self, principal, dataset, *, steps=None, rows=50):
        if self.is_down:
            raise SourceUnavailable
        return rows_of(
            dataset.fields if steps is None else self.columns(principal, dataset, steps=steps), min(rows, 12)
        )

    def create(self, principal, dataset):
        check_dataset(dataset, "postgres")
        self.items[dataset.id] = replace(dataset, updated_at=data.NOW)
        return self.items[dataset.id]

    def save(self, principal, dataset, *, expected_version=None, is_confirmed=False):
        check_dataset(dataset, "postgres")
        saved = self.items[dataset.id]
        if expected_version is not None and expected_version != saved.version:
            raise Conflict("Somebody saved version 2 since you opened version 1.")
        if self.breaks and not is_confirmed:
            raise BreaksReports(place="fields", reports=self.breaks)
        self.is_confirmed = is_confirmed
        self.items[dataset.id] = replace(dataset, version=saved.version + 1, updated_at=data.NOW)
        return self.items[dataset.id]

    def delete(self, principal, dataset_id):
        if dataset_id == data.USAGE.id:
            raise Conflict("Product usage is used by Usage Summary. Delete those reports first.")
        del self.items[dataset_id]

    def certify(self, principal, dataset_id, is_certified):
        self.items[dataset_id] = replace(self.items[dataset_id], is_certified=is_certified)
        return self.items[dataset_id]

    def report_counts(self, principal):
        return {data.USAGE.id: 3}

    def used_by(self, principal, dataset_id, field=None):
        report = ReportUse(
            id=data.make_id("Usage Summary"), name="Usage Summary", owner="Ada Lovelace", fields=("revenue",)
        )
        schedule = ScheduleUse(id=uuid4(), name="Mondays", report_id=report.id, is_active=True)
        return Usage(reports=(report,), schedules=(schedule,))

    def drift(self, principal, dataset_id):
        return self.found

    def refresh(self, principal, dataset_id, *, is_confirmed=False):
        if self.breaks and not is_confirmed:
            raise BreaksReports("Reports use fields whose type changed.", reports=self.breaks)
        made = tuple(Field(name=name, label=name.capitalize(), type=_T.TEXT) for name in self.found.added)
        saved = self.items[dataset_id]
        self.items[dataset_id] = replace(saved, fields=(*saved.fields, *made), version=saved.version + 1)
        self.found = Drift()
        return self.items[dataset_id]


class FakeCatalog:
    def __init__(self, datasets: FakeDatasets) -> None:
        self._datasets = datasets

    def datasets(self, principal):
        return tuple(self._datasets.items.values())

    def dataset(self, principal, dataset_id) -> Dataset:
        if dataset_id not in self._datasets.items:
            raise NotFound
        return self._datasets.items[dataset_id]

    def dataset_as_made(self, principal, dataset_id) -> Dataset:
        return self.dataset(principal, dataset_id)

    def field_values(self, principal, dataset_id, field, *, search="", limit=50):
        values = data.VALUES.get(field, ())
        return tuple((value, 900 - 100 * n) for n, value in enumerate(values) if search.lower() in value.lower())
