"""A shop as a star of five tables with nulls, orphans and odd texts, and datasets over it, for tests of relations."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import duckdb
import pandas as pd
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.sql import quoted_name

from core.catalog.sources.duckdb_sql import DIALECT, DuckDbFunctions
from core.catalog.sources.statement import compile_statement
from core.domain.dataset import Dataset
from core.domain.field import Field, FieldType
from core.domain.relation import Cardinality, Join, JoinKey, Origin, SourceColumn, Step, TableOrigin
from core.query.relation import build_relation

FUNCTIONS = DuckDbFunctions()
_NOBODY = UUID(int=0)
_TYPES = {
    "t": FieldType.TEXT,
    "i": FieldType.INTEGER,
    "d": FieldType.DECIMAL,
    "b": FieldType.BOOLEAN,
    "D": FieldType.DATE,
    "T": FieldType.DATETIME,
}

_SHOP = """
CREATE TABLE regions (region_id INTEGER, region VARCHAR);
INSERT INTO regions VALUES (1, 'North'), (2, 'South'), (3, NULL);
CREATE TABLE customers (customer_id INTEGER, "full name" VARCHAR, region_id INTEGER, credit DECIMAL(10, 2));
INSERT INTO customers VALUES (1, 'Ann', 1, 100), (2, 'Bob', 1, 50.5), (3, 'Cid', 2, NULL), (4, 'Dee', NULL, 7),
  (5, 'Eve', 9, 1);
CREATE TABLE orders (order_id INTEGER, customer_id INTEGER, "at" TIMESTAMP, shipping DECIMAL(10, 2));
INSERT INTO orders VALUES (10, 1, '2026-01-31 23:30:00', 5),
  (11, 1, '2026-02-01 00:00:00', 5), (12, 2, '2026-02-02', NULL),
  (13, 3, NULL, 2.25), (14, 4, '2026-03-29 01:00:00', 1), (15, NULL, '2026-05-05', 9), (16, 77, '2026-06-06', 4);
CREATE TABLE products (sku VARCHAR, product VARCHAR, price DECIMAL(10, 2));
INSERT INTO products VALUES ('a', 'Apple', 1.10), ('A', 'Avocado', 2.20), ('', 'Nameless', 3.30), (NULL, 'Nothing', 9);
CREATE TABLE order_lines (line_id INTEGER, order_id INTEGER, sku VARCHAR, quantity INTEGER);
INSERT INTO order_lines VALUES (1, 10, 'a', 2), (2, 10, 'A', 1), (3, 11, '', NULL), (4, 12, 'a', 5), (5, 12, 'x', 1),
  (6, 12, NULL, 3), (7, 13, 'A', 1), (8, 14, 'a', 1), (9, NULL, 'a', 4), (10, 15, 'A', 2), (11, 10, 'a', 1);
CREATE TABLE visits (visit_id INTEGER, customer_id INTEGER, seconds INTEGER);
INSERT INTO visits VALUES (1, 1, 10), (2, 1, 20), (3, 1, 30), (4, 2, NULL), (5, 4, 7), (6, 99, 1);
"""

#: Columns of the shop's tables: name and type.
TABLES = {
    "regions": "region_id:i region:t",
    "customers": "customer_id:i full_name:t region_id:i credit:d2",
    "orders": "order_id:i customer_id:i at:T shipping:d2",
    "products": "sku:t product:t price:d2",
    "order_lines": "line_id:i order_id:i sku:t quantity:i",
    "visits": "visit_id:i customer_id:i seconds:i",
}


def shop() -> duckdb.DuckDBPyConnection:
    """The shop in memory."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(_SHOP)
    return connection


def columns(words: str) -> tuple[SourceColumn, ...]:
    """Columns from `name:type`, where exact numbers have their digits behind the type: `amount:d2`."""
    found = []
    for word in words.split():
        name, kind = word.split(":")
        scale = int(kind[1:]) if kind[1:] else None
        found.append(SourceColumn(name=name.replace("full_name", "full name"), type=_TYPES[kind[0]], scale=scale))
    return tuple(found)


def table(name: str, words: str | None = None) -> TableOrigin:
    """A table of the shop, or one of a test's own."""
    return TableOrigin(table_name=name, columns=columns(words or TABLES[name]))


def fields_of(origin: Origin, join: str | None = None) -> tuple[Field, ...]:
    """A field for each column; those of a join are called `join.column`."""
    return tuple(
        Field(
            name=f"{join}.{column.name}" if join else column.name,
            label=column.name,
            type=column.type,
            table=join,
            column=column.name,
            scale=column.scale,
        )
        for column in origin.columns
    )


def dataset(
    origin: Origin,
    *joins: Join,
    steps: Sequence[Step] = (),
    fields: Sequence[Field] | None = None,
    row_key: tuple[str, ...] = (),
) -> Dataset:
    """A dataset with a field for each column, or with `fields`."""
    every = fields_of(origin) + tuple(field for join in joins for field in fields_of(join.table, join.name))
    return Dataset(
        id=_NOBODY,
        organization_id=_NOBODY,
        source_id=_NOBODY,
        name="shop",
        label="Shop",
        origin=origin,
        steps=tuple(steps),
        joins=joins,
        row_key=row_key,
        fields=every if fields is None else tuple(fields),
    )


def join(name: str, *keys: str, left: str | None = None, **rest: Any) -> Join:
    """A join of a table of the shop; `left=right` or one name for both."""
    pairs = [key.split("=") if "=" in key else (key, key) for key in keys]
    return Join(
        name=name,
        table=rest.pop("table", None) or table(name),
        keys=tuple(JoinKey(left=one, right=other) for one, other in pairs),
        left=left,
        **rest,
    )


def lines_dataset() -> Dataset:
    """Order lines with their orders, customers, regions and products."""
    return dataset(
        table("order_lines"),
        join("orders", "order_id"),
        join("customers", "customer_id", left="orders"),
        join("regions", "region_id", left="customers"),
        join("products", "sku"),
        row_key=("line_id",),
    )


def customers_dataset() -> Dataset:
    """Customers with what belongs to them: orders with their lines, and visits, which multiply each other."""
    return dataset(
        table("customers"),
        join("orders", "customer_id", cardinality=Cardinality.ONE_TO_MANY, row_key=("order_id",)),
        join("order_lines", "order_id", left="orders", cardinality=Cardinality.ONE_TO_MANY, row_key=("line_id",)),
        join("visits", "customer_id", cardinality=Cardinality.ONE_TO_MANY, row_key=("visit_id",)),
        join("regions", "region_id"),
        row_key=("customer_id",),
    )


def named(element: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """A column in a select list."""
    return element.label(quoted_name(name, quote=True))


def statement_of(subject: Dataset, *names: str, timezone: str = "UTC") -> Select[Any]:
    """A select of the fields `names`; of all by default."""
    names = names or tuple(field.name for field in subject.fields)
    relation = build_relation(subject, FUNCTIONS, used=names, timezone=timezone)
    return select(*(named(relation.column(name), name) for name in names)).select_from(relation.source)


def run(connection: duckdb.DuckDBPyConnection, statement: Select[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement, in a fixed order."""
    compiled = compile_statement(statement, DIALECT)
    return in_order(connection.execute(compiled.sql, list(compiled.parameters)).fetchall())


def in_order(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Rows with pandas' several kinds of nothing made None, sorted."""
    plain = [tuple(None if pd.isna(cell) else cell for cell in row) for row in rows]
    return sorted(plain, key=repr)


def frame(connection: duckdb.DuckDBPyConnection, name: str) -> pd.DataFrame:
    """A table of the shop, for pandas to work out the answer; every column holds plain objects."""
    found = connection.execute(f'SELECT * FROM "{name}"')
    names = [column[0] for column in found.description or ()]
    return pd.DataFrame(found.fetchall(), columns=names, dtype=object)
