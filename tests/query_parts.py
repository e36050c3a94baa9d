"""A small DuckDB file with every type, nulls and awkward texts, and its dataset: what the query tests ask."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from core.catalog.sources.connector import Connector
from core.catalog.sources.duckdb_source import DuckDbConnector
from core.clock import FixedClock
from core.domain.dataset import Source
from core.query.executor import QueryExecutor
from tests.definition_parts import (
    DATASET_ID,
    NOW,
    ORGANIZATION_ID,
    SOURCE_ID,
    condition,
    definition,
    matching,
    orders_dataset,
)

__all__ = [
    "DATASET_ID",
    "NOW",
    "condition",
    "definition",
    "matching",
    "order_rows",
    "orders_dataset",
    "orders_executor",
    "orders_source",
    "write_orders",
]

_CREATE = (
    'CREATE TABLE orders ("at" TIMESTAMP, shipped_on DATE, country VARCHAR, "note ""x""" VARCHAR, is_paid BOOLEAN, '
    "items INTEGER, amount DECIMAL(12, 2), weight DOUBLE, order_id BIGINT)"
)


def orders_source(path: Path) -> Source:
    """The file as a source."""
    return Source(
        id=SOURCE_ID,
        organization_id=ORGANIZATION_ID,
        name="Shop",
        kind="duckdb",
        connection={"path": str(path)},
    )


def order_rows(count: int = 400) -> list[tuple[Any, ...]]:
    """Rows made from their number alone: nulls, empty texts, wildcards, decimals, both sides of every DST change."""
    texts = [None, "", "plain", "100%", "under_score", "back\\slash", "Straße", "ÉCOLE", "école", "o'clock", "a\nb"]
    countries = ["DE", "FR", "US", "", None, "de"]
    start = datetime(2026, 1, 1, 0, 30, tzinfo=UTC).timestamp()
    rows: list[tuple[Any, ...]] = []
    for number in range(count):
        at = datetime.fromtimestamp(start + number * 20 * 3600, UTC).replace(tzinfo=None)
        rows.append(
            (
                None if number % 37 == 0 else at,
                None if number % 11 == 0 else at.date(),
                countries[number % len(countries)],
                texts[number % len(texts)],
                (None, True, False)[number % 3],
                None if number % 13 == 0 else number % 17 - 5,
                None if number % 7 == 0 else Decimal(number * 37 % 10_000) / 100 - 20,
                None if number % 5 == 0 else number / 3,
                9_007_199_254_740_993 + number,
            )
        )
    return rows


def write_orders(path: Path, rows: list[tuple[Any, ...]] | None = None) -> Path:
    """Write the orders to a DuckDB file."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(_CREATE)
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows or order_rows())
    return path


def orders_executor(path: Path) -> QueryExecutor:
    """An executor whose clock stands at `NOW`."""
    clock = FixedClock(NOW)

    def open_connector(_source: Source) -> Connector:
        return DuckDbConnector(path, spill_dir=path.parent / "spill", clock=clock)

    return QueryExecutor(open_connector, clock)
