"""Two years of orders as plain Python has them, asked about near the end of the second."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from core.domain.result import Preview
from tests.executor_parts import NAMES
from tests.query_parts import (
    order_rows,
)

#: Two years of orders, asked about near the end of the second.
ROWS = [dict(zip(NAMES, row, strict=True)) for row in order_rows(800)]
NOW = datetime(2027, 10, 13, 14, 30, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
COUNT = {"aggregation": "count"}
AMOUNT = {"aggregation": "sum", "field": "amount"}
AVERAGE = {"aggregation": "average", "field": "weight"}
BY_COUNTRY = {"groupings": [{"field": "country"}]}
BY_COUNTRY_AND_ITEMS = {"groupings": [{"field": "country"}, {"field": "items"}]}


def rows_of(preview: Preview) -> list[dict[str, Any]]:
    assert preview.rows_matched == preview.table.num_rows
    return list(preview.table.to_pylist())


def amount_of(rows: Iterable[dict[str, Any]]) -> Decimal | None:
    values = [row["amount"] for row in rows if row["amount"] is not None]
    return sum(values, Decimal(0)) if values else None


def groups(*keys: Callable[[dict[str, Any]], Any], rows: Iterable[dict[str, Any]] = ROWS) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for row in rows:
        found.setdefault(tuple(key(row) for key in keys), []).append(row)
    return found


def local_day(row: dict[str, Any]) -> date | None:
    return row["at"] and row["at"].replace(tzinfo=UTC).astimezone(ZONE).date()


def within(first: date, last: date) -> list[dict[str, Any]]:
    return [row for row in ROWS if row["at"] and first <= local_day(row) <= last]  # type: ignore[operator]


def country(row: dict[str, Any]) -> Any:
    return row["country"]


def items(row: dict[str, Any]) -> Any:
    return row["items"]
