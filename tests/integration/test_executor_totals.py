"""Top values, the others, and totals, against plain Python."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.domain.result import Preview
from core.query.executor import QueryExecutor
from tests.executor_parts import NOTE
from tests.query_parts import (
    definition,
    order_rows,
    orders_dataset,
    orders_executor,
    orders_source,
    write_orders,
)
from tests.two_years import (
    AMOUNT,
    AVERAGE,
    BY_COUNTRY,
    BY_COUNTRY_AND_ITEMS,
    COUNT,
    NOW,
    ROWS,
    amount_of,
    country,
    groups,
    rows_of,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_orders(tmp_path_factory.mktemp("query") / "orders.duckdb", order_rows(800))


@pytest.fixture(scope="module")
def executor(path: Path) -> QueryExecutor:
    return orders_executor(path)


@pytest.fixture(scope="module")
def ask(executor: QueryExecutor, path: Path) -> Callable[..., Preview]:
    def preview(**parts: Any) -> Preview:
        asked = definition(**{"timezone": "America/New_York", "limit": None, **parts})
        return executor.preview(asked, orders_dataset(), orders_source(path), page=1, page_size=1000, logical_at=NOW)

    return preview


def test_shares_ranks_and_running_totals(ask: Callable[..., Preview]) -> None:
    calculations = [
        {"name": "share", "kind": "share", "of": "sum__amount"},
        {"name": "rank", "kind": "rank", "of": "count"},
        {"name": "so far", "kind": "running_total", "of": "sum__amount"},
        {"name": "Share", "kind": "expression", "expression": "share * 100"},
    ]
    sort = [{"key": "sum__amount", "descending": True}]
    rows = rows_of(ask(**BY_COUNTRY, measures=[COUNT, AMOUNT], calculations=calculations, sort=sort))
    total = amount_of(ROWS)
    assert total is not None
    so_far = Decimal(0)
    for row in rows:
        mine = groups(country)[row["country"],]
        so_far += amount_of(mine) or 0
        assert row["so far"] == so_far
        assert row["share"] == pytest.approx(float(amount_of(mine) or 0) / float(total))
        assert row["Share"] == pytest.approx(row["share"] * 100)
        assert row["rank"] == 1 + sum(len(other) > len(mine) for other in groups(country).values())
    assert so_far == total
    assert len(rows) == 6


@pytest.mark.parametrize("lowest", [False, True])
@pytest.mark.parametrize("with_others", [False, True])
def test_only_the_top_values_of_a_grouping(ask: Callable[..., Preview], lowest: bool, with_others: bool) -> None:
    preview = ask(
        **BY_COUNTRY,
        measures=[COUNT, AMOUNT, AVERAGE],
        top={"n": 3, "by": "sum__amount", "lowest": lowest, "with_others": with_others},
        sort=[{"key": "sum__amount", "descending": True}],
        totals={"grand": True},
    )
    rows = rows_of(preview)
    by_name = sorted(groups(country).items(), key=lambda pair: (pair[0][0] is None, pair[0][0] or ""))
    ranked = sorted(by_name, key=lambda pair: (amount_of(pair[1]) or 0) * (1 if lowest else -1))
    top = {key for (key,), _ in ranked[:3]}
    rest = [row for row in ROWS if row["country"] not in top]
    assert {row["country"] for row in rows[:3]} == top
    for row in rows[:3]:
        assert row["sum__amount"] == amount_of(groups(country)[row["country"],])
    if with_others:
        weights = [row["weight"] for row in rest if row["weight"] is not None]
        assert rows[3] == {
            "country": "Others",
            "count": len(rest),
            "sum__amount": amount_of(rest),
            "average__weight": pytest.approx(sum(weights) / len(weights)),
        }
    assert len(rows) == 3 + with_others
    assert preview.totals[0].values[1] == (len(ROWS) if with_others else len(ROWS) - len(rest))


def test_the_top_values_stand_in_every_group(ask: Callable[..., Preview]) -> None:
    rows = rows_of(
        ask(
            groupings=[{"field": "is_paid"}, {"field": NOTE}],
            measures=[COUNT],
            top={"n": 2, "by": "count", "grouping": NOTE, "with_others": True},
        )
    )
    most = sorted(groups(lambda row: row[NOTE]), key=lambda key: -len(groups(lambda row: row[NOTE])[key]))
    counts = {key: len(mine) for key, mine in groups(lambda row: row[NOTE]).items()}
    shown = {row[NOTE] for row in rows} - {"Others"}
    assert len(shown) == 2
    assert {counts[key,] for key in shown} <= {counts[key] for key in most[:2]}
    assert [row["is_paid"] for row in rows] == [False] * 3 + [True] * 3 + [None] * 3
    assert [row[NOTE] for row in rows][2::3] == ["Others"] * 3
    assert sum(row["count"] for row in rows) == len(ROWS)


def test_others_are_told_from_a_value_of_that_name(tmp_path: Path) -> None:
    rows = [(None, None, name, None, None, 1, None, None, n) for n, name in enumerate(["Others"] * 3 + ["a", "b"])]
    path = write_orders(tmp_path / "o.duckdb", rows)
    asked = definition(**BY_COUNTRY, measures=[COUNT], top={"n": 1, "by": "count", "with_others": True})
    preview = orders_executor(path).preview(asked, orders_dataset(), orders_source(path), page=1, page_size=9)
    assert preview.table.to_pylist() == [{"country": "Others", "count": 3}, {"country": "All others", "count": 2}]


def test_totals_count_what_lies_beyond_the_limit(ask: Callable[..., Preview], executor: QueryExecutor) -> None:
    preview = ask(
        **BY_COUNTRY_AND_ITEMS,
        measures=[AMOUNT, {"aggregation": "count_distinct", "field": "order_id"}, AVERAGE],
        totals={"grand": True, "subtotals": 1},
        sort=[{"key": "country", "descending": True}, {"key": "sum__amount", "descending": True}],
        limit=30,
    )
    assert preview.table.num_rows == 30
    grand, *subtotals = preview.totals
    weights = [row["weight"] for row in ROWS if row["weight"] is not None]
    assert grand.values == (None, None, amount_of(ROWS), 800, pytest.approx(sum(weights) / len(weights)))
    assert [total.keys[0] for total in subtotals] == ["de", "US", "FR", "DE", "", None]
    for subtotal in subtotals:
        mine = groups(country)[subtotal.keys[0],]
        assert subtotal.values[2:4] == (amount_of(mine), len(mine))
    rows = preview.table.to_pylist()
    assert [row["country"] for row in rows] == sorted((row["country"] for row in rows), reverse=True)


def test_rows_keep_together_where_they_have_subtotals(ask: Callable[..., Preview]) -> None:
    rows = rows_of(
        ask(
            **BY_COUNTRY_AND_ITEMS,
            measures=[COUNT],
            totals={"subtotals": 1},
            sort=[{"key": "count", "descending": True}],
        )
    )
    order = [row["country"] for row in rows]
    assert order == sorted(each for each in order if each is not None) + [each for each in order if each is None]
