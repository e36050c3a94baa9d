"""Some rows of a dataset as it is drafted, and the columns of saved SQL: what people look at while they build."""

from collections.abc import Sequence

import pyarrow as pa
from sqlalchemy import Select, literal_column, select, text
from sqlalchemy.sql import quoted_name

from core.catalog.sources.connector import Connector
from core.domain.catalog import RowSample
from core.domain.dataset import Dataset
from core.domain.field import Field, FieldType
from core.domain.relation import SourceColumn
from core.domain.result import ColumnRole, ResultColumn
from core.errors import InvalidDataset
from core.query.arrow_types import conform
from core.query.relation import build_relation
from core.query.relation.join_keys import check_join_keys

#: People wait for a sample while they draft.
SAMPLE_DEADLINE_S = 30.0
MAX_SAMPLE_ROWS = 1000


def take_sample(connector: Connector, dataset: Dataset, *, rows: int, deadline_s: float) -> RowSample:
    """Return the first rows of a dataset with all its fields; none with `rows=0`, which only asks whether it works.

    That looks at the keys of joins too: who builds on a dataset trusts that they meet the rows they say.

    Raises FieldMissing, InvalidDataset and SourceError.
    """
    gives_rows = dataset.sight is None or not dataset.sight.least_rows
    statement = compile_sample(connector, dataset, rows if gives_rows else 0)
    with connector.snapshot(deadline_s=deadline_s) as snapshot:
        found = snapshot.fetch(statement)
        if not rows:
            check_join_keys(dataset, connector.functions, snapshot)
    columns = tuple(_result_column(field) for field in dataset.fields)
    batches: Sequence[pa.RecordBatch] = found.to_batches() or [pa.RecordBatch.from_pylist([], schema=found.schema)]
    table = pa.Table.from_batches([conform(batch, columns, "UTC") for batch in batches])
    return RowSample(columns=columns, table=table)


def compile_sample(connector: Connector, dataset: Dataset, rows: int) -> Select[tuple[object, ...]]:
    """Return the statement that selects the first rows."""
    functions = connector.functions
    relation = build_relation(dataset, functions, used=[field.name for field in dataset.fields])
    elements = [
        functions.output(relation.column(field.name), field.type, field.scale).label(
            quoted_name(field.name, quote=True)
        )
        for field in dataset.fields
    ]
    return select(*elements).select_from(relation.source).limit(rows)


def describe_sql(connector: Connector, sql: str, *, deadline_s: float) -> tuple[SourceColumn, ...]:
    """Return the columns that saved SQL answers with, by asking for no row of it.

    Raises InvalidDataset where it may not run, names a column twice or answers with what no report can show.
    """
    # The SQL parser takes a fifth of a second to load: only saved SQL pays for it.
    from core.query.relation.saved_sql import check_sql

    checked = check_sql(sql, connector.functions.sql_dialect)
    inner = text(checked.replace(":", "\\:")).columns().subquery(quoted_name("saved_sql", quote=True))
    with connector.snapshot(deadline_s=deadline_s) as snapshot:
        found = snapshot.fetch(select(literal_column("*")).select_from(inner).limit(0))
    columns = tuple(column for field in found.schema if (column := _source_column(field)) is not None)
    names = [column.name for column in columns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidDataset(f"The SQL has two columns called {twice}. Name one of them otherwise.", place="origin.sql")
    if not columns:
        raise InvalidDataset("The SQL has no column that a report can show.", place="origin.sql")
    return columns


def _source_column(field: pa.Field) -> SourceColumn | None:
    kind = next((kind for fits, kind in _KINDS if fits(field.type)), None)
    if kind is None:
        return None
    return SourceColumn(name=field.name, type=kind, scale=field.type.scale if pa.types.is_decimal(field.type) else None)


def _result_column(field: Field) -> ResultColumn:
    return ResultColumn(
        key=field.name,
        label=field.label,
        type=field.type,
        role=ColumnRole.DIMENSION,
        format=field.format,
        scale=field.scale,
    )


_KINDS = (
    (pa.types.is_boolean, FieldType.BOOLEAN),
    (pa.types.is_integer, FieldType.INTEGER),
    (pa.types.is_decimal, FieldType.DECIMAL),
    (pa.types.is_floating, FieldType.DECIMAL),
    (pa.types.is_date, FieldType.DATE),
    (pa.types.is_timestamp, FieldType.DATETIME),
    (pa.types.is_string, FieldType.TEXT),
    (pa.types.is_large_string, FieldType.TEXT),
    (pa.types.is_string_view, FieldType.TEXT),
)
