"""Reads what tables, columns and keys a DuckDB file has."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from core.catalog.sources.connector import CompiledQuery, ForeignKeyDraft, TableDraft
from core.catalog.sources.duckdb_files import CATALOG
from core.catalog.sources.duckdb_sql import field_type
from core.catalog.sources.labels import draft_field
from core.domain.field import Field, FieldType
from core.domain.relation import TableOrigin

#: One row where a table has a `rowid` that no column of its own hides.
ROW_KEY = f"""
SELECT 1 FROM duckdb_tables() AS t
WHERE t.database_name = '{CATALOG}' AND t.schema_name = $1 AND t.table_name = $2 AND NOT EXISTS (
    SELECT 1 FROM duckdb_columns() AS c WHERE c.table_oid = t.table_oid AND lower(c.column_name) = 'rowid'
)
"""  # noqa: S608 - a constant
_IS_WANTED = f"""t.database_name = '{CATALOG}' AND NOT t.internal
AND ($1 IS NULL OR (t.schema_name = $1 AND t.table_name = $2))"""
_TABLES = f"""
SELECT t.* FROM (
    SELECT database_name, internal, schema_name, table_name, comment, estimated_size AS row_estimate, false AS is_view
    FROM duckdb_tables()
    UNION ALL
    SELECT database_name, internal, schema_name, view_name, comment, NULL, true FROM duckdb_views()
) AS t WHERE {_IS_WANTED} ORDER BY t.schema_name, t.table_name
"""  # noqa: S608 - constants
_COLUMNS = f"""
SELECT t.schema_name, t.table_name, t.column_name, t.data_type, t.numeric_scale, t.comment
FROM duckdb_columns() AS t WHERE {_IS_WANTED} ORDER BY t.schema_name, t.table_name, t.column_index
"""  # noqa: S608 - constants
_KEYS = f"""
SELECT t.schema_name, t.table_name, t.constraint_type, t.constraint_column_names, t.referenced_table,
    t.referenced_column_names
FROM (SELECT false AS internal, * FROM duckdb_constraints()) AS t
WHERE {_IS_WANTED} AND t.constraint_type IN ('PRIMARY KEY', 'FOREIGN KEY') ORDER BY t.constraint_index
"""  # noqa: S608 - constants

_Row = Mapping[str, Any]


def read_catalog(
    fetch: Callable[[CompiledQuery], pa.Table], table: TableOrigin | None = None
) -> tuple[TableDraft, ...]:
    """Every table and view by schema and name, or only `table`, if it is there."""
    wanted = (None, None) if table is None else (table.schema_name or "main", table.table_name)
    tables, columns, keys = (
        fetch(CompiledQuery(sql=sql, parameters=wanted)).to_pylist() for sql in (_TABLES, _COLUMNS, _KEYS)
    )
    columns_of, keys_of = _by_table(columns), _by_table(keys)
    return tuple(_draft(row, columns_of[_place(row)], keys_of[_place(row)]) for row in tables)


def _by_table(rows: Iterable[_Row]) -> Mapping[tuple[str, str], list[_Row]]:
    found: dict[tuple[str, str], list[_Row]] = defaultdict(list)
    for row in rows:
        found[_place(row)].append(row)
    return found


def _place(row: _Row) -> tuple[str, str]:
    return row["schema_name"], row["table_name"]


def _draft(table: _Row, columns: list[_Row], keys: list[_Row]) -> TableDraft:
    fields, skipped = [], []
    for column in columns:
        kind = field_type(column["data_type"])
        if kind is None:
            skipped.append(column["column_name"])
        else:
            fields.append(_field(column, kind))
    schema = _schema(table["schema_name"])
    return TableDraft(
        schema_name=schema,
        table_name=table["table_name"],
        fields=tuple(fields),
        skipped=tuple(skipped),
        primary_key=next((tuple(_names(key)) for key in keys if key["constraint_type"] == "PRIMARY KEY"), ()),
        foreign_keys=tuple(
            ForeignKeyDraft(
                columns=tuple(_names(key)),
                schema_name=schema,  # a foreign key cannot leave its schema
                table_name=key["referenced_table"],
                target_columns=tuple(key["referenced_column_names"]),
            )
            for key in keys
            if key["constraint_type"] == "FOREIGN KEY"
        ),
        is_view=table["is_view"],
        row_estimate=table["row_estimate"],
        description=table["comment"] or "",
    )


def _field(column: _Row, kind: FieldType) -> Field:
    field = draft_field(column["column_name"], kind, description=column["comment"] or "")
    is_exact = kind is FieldType.DECIMAL and column["data_type"] not in ("DOUBLE", "FLOAT")
    return replace(field, scale=column["numeric_scale"] or 0) if is_exact else field


def _names(key: _Row) -> list[str]:
    return list(key["constraint_column_names"])


def _schema(name: str) -> str | None:
    return None if name == "main" else name
