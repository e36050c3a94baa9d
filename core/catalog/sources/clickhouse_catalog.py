"""Reads what tables and columns a ClickHouse database has."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa

from core.catalog.sources.clickhouse_sql import field_type
from core.catalog.sources.connector import CompiledQuery, TableDraft
from core.catalog.sources.labels import draft_field
from core.domain.field import Field
from core.domain.relation import TableOrigin

_IS_WANTED = """NOT t.is_temporary AND t.database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema')
AND NOT startsWith(t.name, '.inner') AND ({p1:Bool} OR (t.database = {p2:String} AND t.name = {p3:String}))"""
_TABLES = f"""
SELECT t.database AS schema_name, t.name AS table_name, t.comment AS comment,
    toNullable(toInt64(t.total_rows)) AS row_estimate, toInt64(endsWith(t.engine, 'View')) AS is_view
FROM system.tables AS t WHERE {_IS_WANTED} ORDER BY t.database, t.name
"""  # noqa: S608 - constants
#: ALIAS and EPHEMERAL columns are no part of the rows that a table holds; the former can be read by name.
_COLUMNS = f"""
SELECT c.database AS schema_name, c.table AS table_name, c.name AS name, c.type AS type, c.comment AS comment
FROM system.columns AS c INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
WHERE {_IS_WANTED} AND c.default_kind != 'EPHEMERAL' ORDER BY c.database, c.table, c.position
"""  # noqa: S608 - constants


def read_catalog(
    fetch: Callable[[CompiledQuery], pa.Table], database: str, table: TableOrigin | None = None
) -> tuple[TableDraft, ...]:
    """Every table and view that the user sees, or only `table`; those of `database` go without a schema name.

    No keys: what ClickHouse calls a primary key is an index, whose values may come twice; foreign keys it has none.
    """
    wanted = (table is None, (table.schema_name or database) if table else "", table.table_name if table else "")
    columns: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in fetch(CompiledQuery(sql=_COLUMNS, parameters=wanted)).to_pylist():
        columns.setdefault((row["schema_name"], row["table_name"]), []).append(row)
    return tuple(
        _draft(row, columns[row["schema_name"], row["table_name"]], database)
        for row in fetch(CompiledQuery(sql=_TABLES, parameters=wanted)).to_pylist()
        if (row["schema_name"], row["table_name"]) in columns
    )


def _draft(row: dict[str, Any], columns: list[dict[str, Any]], database: str) -> TableDraft:
    fields = {column["name"]: _field(column) for column in columns}
    return TableDraft(
        schema_name=None if row["schema_name"] == database else row["schema_name"],
        table_name=row["table_name"],
        fields=tuple(field for field in fields.values() if field is not None),
        skipped=tuple(name for name, field in fields.items() if field is None),
        is_view=bool(row["is_view"]),
        row_estimate=row["row_estimate"],
        description=row["comment"],
    )


def _field(column: dict[str, Any]) -> Field | None:
    kind = field_type(column["type"])
    if kind is None:
        return None
    return replace(draft_field(column["name"], kind[0], description=column["comment"]), scale=kind[1])
