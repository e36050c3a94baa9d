"""Reads what tables, columns and keys a MySQL or MariaDB database has and what its user may do, a query each."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol

import pyarrow as pa

from core.catalog.sources.connector import CompiledQuery, ForeignKeyDraft, TableDraft
from core.catalog.sources.labels import draft_field
from core.domain.field import Field, FieldType
from core.domain.relation import TableOrigin

_TYPES: dict[str, FieldType] = {
    **dict.fromkeys(("char", "varchar", "tinytext", "text", "mediumtext", "longtext"), FieldType.TEXT),
    **dict.fromkeys(("enum", "set", "json", "uuid", "inet4", "inet6"), FieldType.TEXT),
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint", "year"), FieldType.INTEGER),
    **dict.fromkeys(("decimal", "float", "double"), FieldType.DECIMAL),
    "date": FieldType.DATE,
    **dict.fromkeys(("datetime", "timestamp"), FieldType.DATETIME),
}
_FLAGS = frozenset({"tinyint(1)", "bit(1)"})
_WANTED = "TABLE_SCHEMA = DATABASE() AND (%s IS NULL OR TABLE_NAME = %s)"
_TABLES = f"""
SELECT TABLE_NAME AS "table", TABLE_TYPE AS type, TABLE_ROWS AS "rows", TABLE_COMMENT AS description
FROM information_schema.TABLES WHERE {_WANTED} AND TABLE_TYPE <> 'SEQUENCE' ORDER BY TABLE_NAME
"""  # noqa: S608 - a constant
_COLUMNS = f"""
SELECT TABLE_NAME AS "table", COLUMN_NAME AS name, DATA_TYPE AS type, COLUMN_TYPE AS declared,
    NUMERIC_SCALE AS scale, COLUMN_COMMENT AS description
FROM information_schema.COLUMNS WHERE {_WANTED} ORDER BY TABLE_NAME, ORDINAL_POSITION
"""  # noqa: S608 - a constant
_KEYS = f"""
SELECT TABLE_NAME AS "table", CONSTRAINT_NAME AS name, COLUMN_NAME AS "column",
    REFERENCED_TABLE_SCHEMA AS target_schema,
    REFERENCED_TABLE_NAME AS target, REFERENCED_COLUMN_NAME AS target_column,
    DATABASE() AS "database"
FROM information_schema.KEY_COLUMN_USAGE
WHERE {_WANTED} AND (CONSTRAINT_NAME = 'PRIMARY' OR REFERENCED_TABLE_NAME IS NOT NULL)
ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION
"""  # noqa: S608 - a constant
_READABLE = "SELECT 1 AS found FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() LIMIT 1"
_WRITES = re.compile(r"^GRANT (.*) ON (?:PROCEDURE |FUNCTION )?(\S+) TO ", re.IGNORECASE)
_WRITE_WORDS = re.compile(
    r"\b(ALL PRIVILEGES|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|TRUNCATE|SUPER|EXECUTE)\b", re.IGNORECASE
)

_Row = Mapping[str, Any]


class Asked(Protocol):
    """Where the questions go to."""

    def fetch(self, query: CompiledQuery) -> pa.Table:
        """Run a query. Raises SourceError."""
        ...


def read_tables(link: Asked, table: TableOrigin | None = None) -> tuple[TableDraft, ...]:
    """Every table and view of the database by name, or only `table`, if it is there."""
    name = None if table is None else table.table_name
    tables, columns, keys = (
        link.fetch(CompiledQuery(sql=sql, parameters=(name, name))).to_pylist() for sql in (_TABLES, _COLUMNS, _KEYS)
    )
    columns_of, keys_of = _by_table(columns), _by_table(keys)
    return tuple(_draft(row, columns_of[row["table"]], keys_of[row["table"]]) for row in tables)


def has_readable_tables(link: Asked) -> bool:
    """Whether there is a table or view that the user may read."""
    return bool(link.fetch(CompiledQuery(sql=_READABLE)).num_rows)


def may_write(link: Asked) -> bool:
    """Whether the user may change data, as far as its own grants say."""
    grants = link.fetch(CompiledQuery(sql="SHOW GRANTS")).column(0).to_pylist()
    found = [_WRITES.match(str(grant)) for grant in grants]
    return any(grant is not None and _WRITE_WORDS.search(grant[1]) is not None for grant in found)


def _by_table(rows: Iterable[_Row]) -> Mapping[str, list[_Row]]:
    found: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        found[row["table"]].append(row)
    return found


def _draft(table: _Row, columns: list[_Row], keys: list[_Row]) -> TableDraft:
    fields, skipped = [], []
    for column in columns:
        kind = _kind(column)
        if kind is None:
            skipped.append(column["name"])
        else:
            fields.append(_field(column, kind))
    is_view = "VIEW" in table["type"]
    return TableDraft(
        schema_name=None,
        table_name=table["table"],
        fields=tuple(fields),
        skipped=tuple(skipped),
        primary_key=tuple(key["column"] for key in keys if key["target"] is None),
        foreign_keys=_foreign_keys([key for key in keys if key["target"] is not None]),
        is_view=is_view,
        row_estimate=None if is_view or table["rows"] is None else int(table["rows"]),
        # Of a view the server says "VIEW" there.
        description="" if is_view else table["description"] or "",
    )


def _foreign_keys(keys: list[_Row]) -> tuple[ForeignKeyDraft, ...]:
    by_name: dict[str, list[_Row]] = defaultdict(list)
    for key in keys:
        by_name[key["name"]].append(key)
    return tuple(
        ForeignKeyDraft(
            columns=tuple(part["column"] for part in parts),
            schema_name=None if parts[0]["target_schema"] == parts[0]["database"] else parts[0]["target_schema"],
            table_name=parts[0]["target"],
            target_columns=tuple(part["target_column"] for part in parts),
        )
        for parts in by_name.values()
    )


def _kind(column: _Row) -> FieldType | None:
    """None for what no report can show: bytes, times without a day, shapes."""
    declared = str(column["declared"]).lower()
    if declared in _FLAGS:
        return FieldType.BOOLEAN
    if declared.startswith("bigint") and "unsigned" in declared:
        return FieldType.DECIMAL
    return _TYPES.get(str(column["type"]).lower())


def _field(column: _Row, kind: FieldType) -> Field:
    field = draft_field(column["name"], kind, description=column["description"] or "")
    is_exact = kind is FieldType.DECIMAL and str(column["type"]).lower() in ("decimal", "bigint")
    return replace(field, scale=int(column["scale"] or 0)) if is_exact else field
