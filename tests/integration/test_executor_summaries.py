"""What a summary says beyond its groups: calculations, comparisons and filters on both, against plain Python."""

from collections.abc import Callable
from datetime import UTC, date
from pathlib import Path
from typing import Any

import pytest

from core.domain.filter import DateUnit
from core.domain.result import Preview
from core.query.executor import QueryExecutor
from core.query.windows import add_units
from tests.executor_parts import NOTE
from tests.query_parts import (
    condition,
    definition,
    matching,
    order_rows,
    orders_dataset,
    orders_executor,
    orders_source,
    write_orders,
)
from tests.two_years import (
    AMOUNT,
    AVERAGE,
    BY_COUNTRY_AND_ITEMS,
    COUNT,
    NOW,
    ROWS,
    ZONE,
    amount_of,
    country,
    groups,
    items,
    local_day,
    rows_of,
    within,
)

MONTHS = {"field": "at", "window": {"kind": "last", "n": 2, "unit": "month"}}


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


def test_calculations_begin_anew_within_groups(ask: Callable[..., Preview]) -> None:
    calculations = [
        {"name": kind, "kind": kind, "of": "count", "within": ["country"]}
        for kind in ("share", "rank", "running_total")
    ]
    rows = rows_of(ask(**BY_COUNTRY_AND_ITEMS, measures=[COUNT], calculations=calculations))
    assert len(rows) > 80
    for key, orders in groups(country).items():
        mine = [row for row in rows if (row["country"],) == key]
        so_far = 0
        for row in mine:
            so_far += row["count"]
            assert row["running_total"] == so_far
            assert row["share"] == pytest.approx(row["count"] / len(orders))
            assert row["rank"] == 1 + sum(other["count"] > row["count"] for other in mine)
        assert so_far == len(orders)


def test_filters_on_measures_and_calculations(ask: Callable[..., Preview]) -> None:
    filters = matching(
        condition("sum__amount", "greater", 100), condition("rank", "at_most", 20), condition("count", "is_not", 8)
    )
    calculations = [{"name": "rank", "kind": "rank", "of": "sum__amount"}]
    preview = ask(
        **BY_COUNTRY_AND_ITEMS,
        measures=[COUNT, AMOUNT, AVERAGE],
        calculations=calculations,
        result_filters=filters,
        totals={"grand": True, "subtotals": 1},
    )
    amounts = {key: amount_of(mine) for key, mine in groups(country, items).items()}
    ranks = {
        key: 1 + sum(other is not None and other > value for other in amounts.values())
        for key, value in amounts.items()
        if value is not None
    }
    wanted = {
        key
        for key, mine in groups(country, items).items()
        if (amounts[key] or 0) > 100 and ranks.get(key, 99) <= 20 and len(mine) != 8
    }
    assert {(row["country"], row["items"]) for row in rows_of(preview)} == wanted
    assert 3 < len(wanted) < 20
    kept = [row for row in ROWS if (row["country"], row["items"]) in wanted]
    grand, *subtotals = preview.totals
    weights = [row["weight"] for row in kept if row["weight"] is not None]
    assert grand.values == (
        None,
        None,
        len(kept),
        amount_of(kept),
        pytest.approx(sum(weights) / len(weights)),
        None,
    )
    for subtotal in subtotals:
        mine = [row for row in kept if row["country"] == subtotal.keys[0]]
        assert subtotal.values[2:4] == (len(mine), amount_of(mine))
    assert len(subtotals) == len({key for key, _ in wanted})


@pytest.mark.parametrize("against", ["previous_period", "previous_year"])
def test_a_period_compares_with_another(ask: Callable[..., Preview], against: str) -> None:
    calculations = [
        {"name": f"{kind} {of}", "kind": kind, "of": of, "against": against}
        for kind in ("previous", "change", "change_percent")
        for of in ("count", "sum__amount")
    ]
    rows = rows_of(
        ask(
            groupings=[{"field": "at", "grain": "month"}, {"field": NOTE}],
            measures=[COUNT, AMOUNT],
            calculations=calculations,
            period=MONTHS,
        )
    )
    months = 2 if against == "previous_period" else 12
    first = add_units(date(2027, 8, 1), DateUnit.MONTH, -months)
    last = date(2027, 7, 31) if months == 2 else date(2026, 9, 30)

    def month(row: dict[str, Any]) -> date | None:
        day = local_day(row)
        return day and day.replace(day=1)

    def moved(row: dict[str, Any]) -> date | None:
        day = month(row)
        return day and add_units(day, DateUnit.MONTH, months)

    now = groups(month, lambda row: row[NOTE], rows=within(date(2027, 8, 1), date(2027, 9, 30)))
    before = groups(moved, lambda row: row[NOTE], rows=within(first, last))
    assert {(row["at__month"], row[NOTE]) for row in rows} == now.keys() | before.keys()
    for row in rows:
        key = (row["at__month"], row[NOTE])
        mine, then = now.get(key, []), before.get(key, [])
        assert (row["count"], row["previous count"]) == (len(mine), len(then))
        assert row["change count"] == len(mine) - len(then)
        assert row["sum__amount"] == amount_of(mine)
        assert row["previous sum__amount"] == amount_of(then)
        if amount_of(mine) is None or not amount_of(then):
            assert row["change_percent sum__amount"] is None
        else:
            change = float(amount_of(mine) - amount_of(then)) / abs(float(amount_of(then)))  # type: ignore[operator,arg-type]
            assert row["change_percent sum__amount"] == pytest.approx(change)


def test_groups_of_one_span_alone_stay_visible(ask: Callable[..., Preview]) -> None:
    period = {"field": "at", "window": {"kind": "last", "n": 3, "unit": "day"}}
    calculations = [{"name": "previous", "kind": "previous", "of": "count"}]
    asked = {"groupings": [{"field": "order_id"}], "measures": [COUNT, AMOUNT], "calculations": calculations}
    preview = ask(**asked, period=period, totals={"grand": True})
    rows = rows_of(preview)
    now = {row["order_id"] for row in within(date(2027, 10, 10), date(2027, 10, 12))}
    before = {row["order_id"] for row in within(date(2027, 10, 7), date(2027, 10, 9))}
    assert {row["order_id"]: (row["count"], row["previous"]) for row in rows} == {
        **dict.fromkeys(now, (1, 0)),
        **dict.fromkeys(before, (0, 1)),
    }
    assert now
    assert before
    assert preview.totals[0].values[1] == len(now)
    assert preview.totals[0].values[3] == len(before)


def test_parts_of_measures_and_percentiles(ask: Callable[..., Preview]) -> None:
    paid = matching(condition("is_paid", "is", True))
    measures = [
        {"aggregation": "count", "name": "paid", "filters": paid},
        {"aggregation": "sum", "field": "amount", "name": "paid amount", "filters": paid},
        {"aggregation": "percentile", "field": "weight", "percent": 90},
        {"expression": "sum(amount) / count()", "name": "each", "filters": paid},
        {"expression": "max(items) - min(items)", "name": "range"},
    ]
    for row in rows_of(ask(groupings=[{"field": NOTE}], measures=measures)):
        mine = groups(lambda each: each[NOTE])[row[NOTE],]
        settled = [each for each in mine if each["is_paid"]]
        weights = sorted(each["weight"] for each in mine if each["weight"] is not None)
        place = 0.9 * (len(weights) - 1)
        low = weights[int(place)]
        assert row["paid"] == len(settled) > 0
        assert row["paid amount"] == amount_of(settled)
        assert row["percentile_90__weight"] == pytest.approx(
            low + (weights[min(int(place) + 1, len(weights) - 1)] - low) * (place % 1)
        )
        assert row["each"] == pytest.approx(float(amount_of(settled) or 0) / len(settled))
        numbers = [each["items"] for each in mine if each["items"] is not None]
        assert row["range"] == max(numbers) - min(numbers)


def test_columns_computed_of_the_fields_of_a_row(ask: Callable[..., Preview]) -> None:
    calculations = [
        {"name": "each", "kind": "expression", "expression": "amount / items"},
        {"name": "Land", "kind": "expression", "expression": "coalesce(lower(country), 'none')"},
    ]
    preview = ask(
        columns=["order_id", "amount", "items"],
        calculations=calculations,
        result_filters=matching(condition("each", "greater", 10), condition("Land", "is_not", "fr")),
        sort=[{"key": "each", "descending": True}],
    )
    wanted = {
        row["order_id"]
        for row in ROWS
        if row["items"] and row["amount"] is not None and float(row["amount"]) / row["items"] > 10
        and (row["country"] or "").lower() != "fr"
    }  # fmt: skip
    rows = rows_of(preview)
    assert {row["order_id"] for row in rows} == wanted
    assert [row["each"] for row in rows] == sorted((row["each"] for row in rows), reverse=True)
    assert len(wanted) > 20
    assert [column.key for column in preview.columns] == ["order_id", "amount", "items", "each", "Land"]


def test_headline_figures_compare_with_what_the_period_says(executor: QueryExecutor, path: Path) -> None:
    asked = definition(
        columns=["country"],
        kpis=[COUNT, {"expression": "sum(amount) / count()", "name": "each"}],
        period={**MONTHS, "against": "previous_year"},
        timezone="America/New_York",
    )
    headline = executor.headline(asked, orders_dataset(), orders_source(path), logical_at=NOW)
    now, before = within(date(2027, 8, 1), date(2027, 9, 30)), within(date(2026, 8, 1), date(2026, 9, 30))
    count, each = headline.kpis
    assert (count.value, count.previous) == (len(now), len(before))
    assert each.value == pytest.approx(float(amount_of(now) or 0) / len(now))
    assert each.previous == pytest.approx(float(amount_of(before) or 0) / len(before))
    assert sum(count.trend) == len(now)
    assert headline.previous_period is not None
    assert headline.previous_period.first_on == date(2026, 8, 1)


def test_the_span_compared_with_has_its_own_clock(ask: Callable[..., Preview]) -> None:
    window = {"kind": "between", "first_on": "2027-04-01", "last_on": "2027-04-30"}
    rows = rows_of(
        ask(
            groupings=[{"field": "at", "grain": "hour_of_day"}],
            measures=[COUNT],
            calculations=[{"name": "previous", "kind": "previous", "of": "count"}],
            period={"field": "at", "window": window},
        )
    )

    def hour(row: dict[str, Any]) -> Any:
        return row["at"].replace(tzinfo=UTC).astimezone(ZONE).hour

    now = groups(hour, rows=within(date(2027, 4, 1), date(2027, 4, 30)))
    before = groups(hour, rows=within(date(2027, 3, 2), date(2027, 3, 31)))
    assert {(row["at__hour_of_day"],): (row["count"], row["previous"]) for row in rows} == {
        key: (len(now.get(key, [])), len(before.get(key, []))) for key in now.keys() | before.keys()
    }
