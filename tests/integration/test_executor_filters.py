"""Filters leave the rows that the same condition in Python does."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.query.executor import QueryExecutor
from tests.executor_parts import NOTE, expected, ids, instant
from tests.query_parts import (
    condition,
    matching,
    orders_executor,
    write_orders,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_orders(tmp_path_factory.mktemp("query") / "orders.duckdb")


@pytest.fixture(scope="module")
def executor(path: Path) -> QueryExecutor:
    return orders_executor(path)


BERLIN = ZoneInfo("Europe/Berlin")


MIDNIGHT = datetime(2026, 3, 29, tzinfo=BERLIN)


NEXT_MIDNIGHT = datetime(2026, 3, 30, tzinfo=BERLIN)


CASES: list[tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]] = [
    (condition("country", "is", "DE"), lambda row: row["country"] == "DE"),
    (condition("country", "is", "DE", ""), lambda row: row["country"] in ("DE", "")),
    (condition("country", "is_not", "DE"), lambda row: row["country"] != "DE"),
    (condition("country", "is_not", "DE", "FR"), lambda row: row["country"] not in ("DE", "FR")),
    (condition("country", "is_empty"), lambda row: not row["country"]),
    (condition("country", "is_not_empty"), lambda row: bool(row["country"])),
    (condition(NOTE, "contains", "%"), lambda row: "%" in (row[NOTE] or "")),
    (condition(NOTE, "contains", "_"), lambda row: "_" in (row[NOTE] or "")),
    (condition(NOTE, "contains", "\\"), lambda row: "\\" in (row[NOTE] or "")),
    (condition(NOTE, "contains", "'; DROP TABLE orders; --"), lambda _row: False),
    (condition(NOTE, "contains", "éCOLE"), lambda row: (row[NOTE] or "").lower() == "école"),
    (condition(NOTE, "contains", "PLAIN", "slash"), lambda row: row[NOTE] in ("plain", "back\\slash")),
    (condition(NOTE, "not_contains", "a"), lambda row: row[NOTE] is None or "a" not in row[NOTE].lower()),
    (condition(NOTE, "starts_with", "UNDER_"), lambda row: row[NOTE] == "under_score"),
    (condition(NOTE, "ends_with", "%"), lambda row: (row[NOTE] or "").endswith("%")),
    (condition("is_paid", "is", True), lambda row: row["is_paid"] is True),
    (condition("is_paid", "is_not", True), lambda row: row["is_paid"] is not True),
    (condition("is_paid", "is_empty"), lambda row: row["is_paid"] is None),
    (condition("items", "greater", 3), lambda row: row["items"] is not None and row["items"] > 3),
    (condition("items", "between", -2, 3), lambda row: row["items"] is not None and -2 <= row["items"] <= 3),
    (condition("items", "is_not", 3), lambda row: row["items"] != 3),
    (condition("amount", "is", 17.0), lambda row: row["amount"] == 17),
    (
        condition("amount", "at_most", -19.63),
        lambda row: row["amount"] is not None and row["amount"] <= Decimal("-19.63"),
    ),
    (condition("amount", "less", 0.1), lambda row: row["amount"] is not None and row["amount"] < Decimal("0.1")),
    (condition("weight", "at_least", 100), lambda row: row["weight"] is not None and row["weight"] >= 100),
    (condition("order_id", "is", 9_007_199_254_740_994), lambda row: row["order_id"] == 9_007_199_254_740_994),
    (condition("shipped_on", "is", "2026-03-29"), lambda row: row["shipped_on"] == date(2026, 3, 29)),
    (condition("shipped_on", "greater", "2026-10-01"), lambda row: (row["shipped_on"] or date.min) > date(2026, 10, 1)),
    (
        condition("shipped_on", "in_window", window={"kind": "last", "n": 2, "unit": "month"}),
        lambda row: date(2026, 9, 1) <= (row["shipped_on"] or date.min) <= date(2026, 10, 31),
    ),
    (condition("at", "is", "2026-03-29"), lambda row: bool(row["at"]) and MIDNIGHT <= instant(row) < NEXT_MIDNIGHT),
    (
        condition("at", "is_not", "2026-03-29"),
        lambda row: not row["at"] or not MIDNIGHT <= instant(row) < NEXT_MIDNIGHT,
    ),
    (condition("at", "greater", "2026-03-29"), lambda row: bool(row["at"]) and instant(row) >= NEXT_MIDNIGHT),
    (condition("at", "at_least", "2026-03-29"), lambda row: bool(row["at"]) and instant(row) >= MIDNIGHT),
    (condition("at", "less", "2026-03-29"), lambda row: bool(row["at"]) and instant(row) < MIDNIGHT),
    (condition("at", "at_most", "2026-03-29"), lambda row: bool(row["at"]) and instant(row) < NEXT_MIDNIGHT),
    (
        condition("at", "between", "2026-03-29", "2026-03-29"),
        lambda row: bool(row["at"]) and MIDNIGHT <= instant(row) < NEXT_MIDNIGHT,
    ),
    (
        condition("at", "greater", "2026-03-29T04:00"),
        lambda row: bool(row["at"]) and instant(row) > datetime(2026, 3, 29, 4, tzinfo=BERLIN),
    ),
    (
        condition("at", "at_most", "2026-03-29T04:00+00:00"),
        lambda row: bool(row["at"]) and instant(row) <= datetime(2026, 3, 29, 4, tzinfo=UTC),
    ),
    (condition("at", "is_empty"), lambda row: row["at"] is None),
]


@pytest.mark.parametrize(("item", "holds"), CASES, ids=[f"{n}-{item}"[:70] for n, (item, _) in enumerate(CASES)])
def test_an_operator_leaves_the_rows_it_should(
    executor: QueryExecutor, path: Path, item: dict[str, Any], holds: Callable[[dict[str, Any]], bool]
) -> None:
    assert ids(executor, path, item, timezone="Europe/Berlin") == expected(holds)


COMBINE: dict[str, Callable[[list[bool]], bool]] = {
    "all": all,
    "any": any,
    "none": lambda truths: not any(truths),
}


@pytest.mark.parametrize("inner", COMBINE)
@pytest.mark.parametrize("outer", COMBINE)
def test_groups_of_filters_combine_as_they_say(executor: QueryExecutor, path: Path, outer: str, inner: str) -> None:
    for seed in range(6):
        chosen = random.Random(seed).sample(CASES, 3)
        (first, one), (second, two), (third, three) = chosen

        def holds(row: dict[str, Any], one: Any = one, two: Any = two, three: Any = three) -> bool:
            return COMBINE[outer]([one(row), COMBINE[inner]([two(row), three(row)])])

        got = ids(executor, path, first, matching(second, third, match=inner), match=outer, timezone="Europe/Berlin")
        assert got == expected(holds), [item for item, _ in chosen]
