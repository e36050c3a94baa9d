"""Reads what tables, columns and keys a PostgreSQL database has and what its user may do, a query each."""

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
    **dict.fromkeys(
        ("text", "varchar", "bpchar", "char", "name", "citext", "uuid", "json", "jsonb", "xml", "inet", "cidr"),
        FieldType.TEXT,
    ),
    **dict.fromkeys(("macaddr", "macaddr8", "bit", "varbit"), FieldType.TEXT),
    **dict.fromkeys(("int2", "int4", "int8"), FieldType.INTEGER),
    **dict.fromkeys(("numeric", "float4", "float8"), FieldType.DECIMAL),
    "bool": FieldType.BOOLEAN,
    "date": FieldType.DATE,
    **dict.fromkeys(("timestamp", "timestamptz"), FieldType.DATETIME),
}

#: Tables and views that the user may read and no part of another table; `%s` three times: schema, schema, table.
_WANTED = """
    n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_t%%'
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    AND has_schema_privilege(n.oid, 'USAGE')
    AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))
    AND (%s::text IS NULL OR (n.nspname = %s AND c.relname = %s))
"""
_TABLES = f"""
SELECT c.oid::int8 AS oid, n.nspname::text AS schema_name, c.relname::text AS table_name, c.relkind::text AS kind,
    c.reltuples::float8 AS rows, d.description
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0
WHERE {_WANTED} ORDER BY n.nspname, c.relname
"""  # noqa: S608 - a constant
_COLUMNS = f"""
SELECT c.oid::int8 AS oid, a.attname::text AS name, b.typname::text AS type, b.typtype::text AS sort,
    b.typcategory::text AS category, d.description,
    CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END AS modifier
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
JOIN pg_catalog.pg_type AS b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
LEFT JOIN pg_catalog.pg_description AS d
    ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = a.attnum
WHERE {_WANTED} AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(c.oid, a.attnum, 'SELECT')
ORDER BY c.oid, a.attnum
"""  # noqa: S608 - a constant
_KEYS = f"""
SELECT c.oid::int8 AS oid, k.contype::text AS sort, m.nspname::text AS target_schema, f.relname::text AS target_table,
    ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = u.number ORDER BY u.place) AS columns,
    ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u (number, place)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.oid AND a.attnum = u.number ORDER BY u.place) AS targets
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class AS f ON f.oid = k.confrelid
LEFT JOIN pg_catalog.pg_namespace AS m ON m.oid = f.relnamespace
WHERE {_WANTED} AND k.contype IN ('p', 'f') ORDER BY c.oid, k.conname
"""  # noqa: S608 - a constant
_READABLE = f"""
SELECT 1 AS found FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE {_WANTED} LIMIT 1
"""  # noqa: S608 - a constant
_MAY_WRITE = """
SELECT 1 AS found FROM pg_catalog.pg_roles WHERE rolname = current_user AND rolsuper
UNION ALL
(SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') LIMIT 1)
"""
#: Collations whose `lower` knows all letters, one to one, the best first.
_FOLDINGS = ("pg_c_utf8", "und-x-icu", "C.utf8", "C.UTF-8", "en_US.utf8")
_COLLATIONS = """
SELECT collname::text AS name FROM pg_catalog.pg_collation
WHERE collnamespace = 'pg_catalog'::regnamespace AND collencoding IN (-1, pg_catalog.pg_char_to_encoding('UTF8'))
    AND pg_catalog.current_setting('server_encoding') = 'UTF8'
"""
_ALL = (None, None, None)

_Row = Mapping[str, Any]


class Asked(Protocol):
    """Where the questions go to."""

    def fetch(self, query: CompiledQuery) -> pa.Table:
        """Run a query. Raises SourceError."""
        ...


def read_tables(link: Asked, default_schema: str, table: TableOrigin | None = None) -> tuple[TableDraft, ...]:
    """Every table and view by schema and name, or only `table`, if it is there; the default schema is not named."""
    schema = None if table is None else table.schema_name or default_schema
    wanted = _ALL if table is None else (schema, schema, table.table_name)
    tables, columns, keys = (_rows(link, sql, wanted) for sql in (_TABLES, _COLUMNS, _KEYS))
    columns_of, keys_of = _by_table(columns), _by_table(keys)
    return tuple(_draft(row, columns_of[row["oid"]], keys_of[row["oid"]], default_schema) for row in tables)


def has_readable_tables(link: Asked) -> bool:
    """Whether there is a table or view that the user may read."""
    return bool(_rows(link, _READABLE, _ALL))


def may_write(link: Asked) -> bool:
    """Whether the user may change data."""
    return bool(_rows(link, _MAY_WRITE))


def folding_collation(link: Asked) -> str | None:
    """A collation that brings all letters to lower case; None where the database has to do."""
    known = {row["name"] for row in _rows(link, _COLLATIONS)}
    return next((name for name in _FOLDINGS if name in known), None)


def _rows(link: Asked, sql: str, parameters: tuple[object, ...] = ()) -> list[_Row]:
    rows: list[_Row] = link.fetch(CompiledQuery(sql=sql, parameters=parameters)).to_pylist()
    return rows


def _by_table(rows: Iterable[_Row]) -> Mapping[int, list[_Row]]:
    found: dict[int, list[_Row]] = defaultdict(list)
    for row in rows:
        found[row["oid"]].append(row)
    return found


def _draft(table: _Row, columns: list[_Row], keys: list[_Row], default_schema: str) -> TableDraft:
    fields, skipped = [], []
    for column in columns:
        kind = _kind(column)
        if kind is None:
            skipped.append(column["name"])
        else:
            fields.append(_field(column, kind))
    return TableDraft(
        schema_name=_named(table["schema_name"], default_schema),
        table_name=table["table_name"],
        fields=tuple(fields),
        skipped=tuple(skipped),
        primary_key=next((tuple(key["columns"]) for key in keys if key["sort"] == "p"), ()),
        foreign_keys=tuple(
            ForeignKeyDraft(
                columns=tuple(key["columns"]),
                schema_name=_named(key["target_schema"], default_schema),
                table_name=key["target_table"],
                target_columns=tuple(key["targets"]),
            )
            for key in keys
            if key["sort"] == "f"
        ),
        is_view=table["kind"] in ("v", "m"),
        # -1: never counted; a view has no rows of its own.
        row_estimate=int(table["rows"]) if table["rows"] >= 0 and table["kind"] != "v" else None,
        description=table["description"] or "",
    )


def _kind(column: _Row) -> FieldType | None:
    """Enumerations and lists read as text; None for what no report can show (bytes, times without a day, ranges)."""
    if column["sort"] == "e" or column["category"] == "A":
        return FieldType.TEXT
    return _TYPES.get(column["type"])


def _field(column: _Row, kind: FieldType) -> Field:
    field = draft_field(column["name"], kind, description=column["description"] or "")
    modifier = column["modifier"]
    if column["type"] != "numeric" or modifier < 4:
        return field
    return replace(field, scale=max(((modifier - 4) & 0x7FF ^ 1024) - 1024, 0))


def _named(schema: str, default_schema: str) -> str | None:
    return None if schema == default_schema else schema
