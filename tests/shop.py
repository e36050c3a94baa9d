"""A shop's tables with joins that multiply rows, its dataset, and the same rows as plain Python has them."""

from pathlib import Path
from typing import Any

import duckdb

from core.domain.dataset import Dataset, DatasetMeasure
from core.domain.definition import Aggregation, Measure
from core.domain.field import Field, FieldType
from core.domain.relation import Cardinality, Join, JoinKey, SourceColumn, TableOrigin
from tests.query_parts import DATASET_ID, ORGANIZATION_ID, SOURCE_ID

_I, _T = FieldType.INTEGER, FieldType.TEXT

#: sale: id, customer, day number, shipping
SALES = [(number, number % 4 if number % 9 else None, number % 5, number * 3 % 11) for number in range(60)]
#: line: sale, product, amount; sales 0, 7, 14 … have none
LINES = [
    (sale, ("tea", "cup", "jam")[(sale + part) % 3], (sale + part) * 7 % 13)
    for sale in range(60)
    if sale % 7
    for part in range(sale % 4 + 1)
]
#: payment: sale, paid
PAYMENTS = [(sale, sale % 6 + part) for sale in range(60) for part in range(sale % 3)]
#: customer: id, country, credit
CUSTOMERS = [(0, "DE", 100), (1, "FR", 50), (2, "DE", None), (3, None, 10)]


def shop_dataset() -> Dataset:
    """Sales joined to their customer (many to one), lines and payments (one to many)."""

    def columns(**kinds: FieldType) -> tuple[SourceColumn, ...]:
        return tuple(SourceColumn(name=name, type=kind) for name, kind in kinds.items())

    def join(table: str, left: str, right: str, cardinality: Cardinality, **kinds: FieldType) -> Join:
        row_key = ("line_id",) if table == "lines" else ("payment_id",) if table == "payments" else ()
        return Join(
            name=table,
            table=TableOrigin(table_name=table, columns=columns(**kinds)),
            keys=(JoinKey(left=left, right=right),),
            cardinality=cardinality,
            row_key=row_key,
        )

    def field(name: str, kind: FieldType, table: str | None = None, **rest: Any) -> Field:
        return Field(name=name, label=name.title(), type=kind, table=table, **rest)

    return Dataset(
        id=DATASET_ID,
        organization_id=ORGANIZATION_ID,
        source_id=SOURCE_ID,
        name="sales",
        label="Sales",
        origin=TableOrigin(table_name="sales", columns=columns(sale_id=_I, customer_id=_I, day=_I, shipping=_I)),
        joins=(
            join("customers", "customer_id", "id", Cardinality.MANY_TO_ONE, id=_I, country=_T, credit=_I),
            join("lines", "sale_id", "sale_id", Cardinality.ONE_TO_MANY, line_id=_I, sale_id=_I, product=_T, amount=_I),
            join("payments", "sale_id", "sale_id", Cardinality.ONE_TO_MANY, payment_id=_I, sale_id=_I, paid=_I),
        ),
        row_key=("sale_id",),
        fields=(
            field("sale_id", _I),
            field("day", _I),
            field("shipping", _I),
            field("country", _T, "customers"),
            field("credit", _I, "customers"),
            field("product", _T, "lines"),
            field("amount", _I, "lines"),
            field("paid", _I, "payments"),
        ),
        measures=(
            DatasetMeasure(
                name="revenue", label="Revenue", measure=Measure(aggregation=Aggregation.SUM, field="amount")
            ),
            DatasetMeasure(
                name="basket", label="Basket", measure=Measure(expression="revenue / count_distinct(sale_id)")
            ),
        ),
        row_noun="sales",
    )


def shop_tables() -> dict[str, tuple[tuple[SourceColumn, ...], list[tuple[Any, ...]]]]:
    """The columns and rows of each table."""
    dataset = shop_dataset()
    origins = [join.table for join in dataset.joins]
    if isinstance(dataset.origin, TableOrigin):
        origins.append(dataset.origin)
    rows: dict[str, list[tuple[Any, ...]]] = {
        "sales": list(SALES),
        "lines": [(number, *line) for number, line in enumerate(LINES)],
        "payments": [(number, *payment) for number, payment in enumerate(PAYMENTS)],
        "customers": list(CUSTOMERS),
    }
    return {origin.table_name: (origin.columns, rows[origin.table_name]) for origin in origins}


def write_shop(path: Path) -> Path:
    """Write the tables to a DuckDB file."""
    types = {FieldType.INTEGER: "BIGINT", FieldType.TEXT: "VARCHAR"}
    with duckdb.connect(str(path)) as connection:
        for name, (columns, rows) in shop_tables().items():
            shapes = ", ".join(f"{column.name} {types[column.type]}" for column in columns)
            connection.execute(f"CREATE TABLE {name} ({shapes})")
            connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", rows)
    return path
