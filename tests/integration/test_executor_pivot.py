"""Values of groupings become columns, each cell the same figure that a plain summary gives."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from core.domain.result import Preview
from core.errors import InvalidDefinition
from tests.executor_parts import run
from tests.query_parts import (
    NOW,
    condition,
    definition,
    matching,
    orders_dataset,
    orders_executor,
    orders_source,
    write_orders,
)

COUNT = {"aggregation": "count"}
AVERAGE = {"aggregation": "average", "field": "weight"}
MEASURES = [COUNT, AVERAGE]
QUARTERS = {"field": "at", "grain": "quarter"}
COUNTRY = {"field": "country"}
Ask = Callable[..., Preview]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_orders(tmp_path_factory.mktemp("query") / "orders.duckdb")


@pytest.fixture(scope="module")
def ask(path: Path) -> Ask:
    executor = orders_executor(path)

    def preview(**parts: Any) -> Preview:
        asked = definition(**{"timezone": "America/New_York", "limit": None, **parts})
        return executor.preview(asked, orders_dataset(), orders_source(path), page=1, page_size=1000, logical_at=NOW)

    return preview


def cells(preview: Preview, *names: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The rows of a plain summary by the values of their groupings."""
    return {tuple(row[name] for name in names): row for row in preview.table.to_pylist()}


def test_cells_are_those_of_the_plain_summary(ask: Ask) -> None:
    groupings = [COUNTRY, QUARTERS]
    pivot = ask(groupings=groupings, measures=MEASURES, pivot={"groupings": ["at__quarter"], "with_totals": True})
    plain = cells(ask(groupings=groupings, measures=MEASURES), "country", "at__quarter")
    summed = cells(ask(groupings=[COUNTRY], measures=MEASURES), "country")
    quarters = [date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1), None]
    texts = ["Q1 2026", "Q2 2026", "Q3 2026", "Q4 2026", "(empty)", "Total"]
    assert [column.spans for column in pivot.columns] == [(), *((text,) for text in texts for _ in MEASURES)]
    assert [column.label for column in pivot.columns[1:3]] == ["Orders", "Average weight"]
    assert pivot.columns[1].key == "count|2026-01-01"
    assert pivot.columns[-4].key == "count|\\N"
    assert pivot.table.num_rows == pivot.rows_matched == 6
    for row in pivot.table.to_pylist():
        for quarter in quarters:
            cell = plain.get((row["country"], quarter), {})
            key = "\\N" if quarter is None else str(quarter)
            assert row[f"count|{key}"] == cell.get("count")
            assert row[f"average__weight|{key}"] == pytest.approx(cell.get("average__weight"))
        assert row["count"] == summed[row["country"],]["count"]
        assert row["average__weight"] == pytest.approx(summed[row["country"],]["average__weight"])


def test_totals_of_a_pivot_have_its_columns(ask: Ask) -> None:
    groupings = [COUNTRY, {"field": "items"}, {"field": "is_paid"}]
    pivot = {"groupings": ["is_paid"], "with_totals": True}
    preview = ask(groupings=groupings, measures=MEASURES, pivot=pivot, totals={"grand": True, "subtotals": 1}, limit=4)
    grand, *subtotals = preview.totals
    by_paid = cells(ask(groupings=[{"field": "is_paid"}], measures=MEASURES), "is_paid")
    whole = ask(measures=MEASURES).table.to_pylist()[0]
    wanted = [by_paid[flag,][key] for flag in (False, True, None) for key in ("count", "average__weight")]
    assert grand.values == (None, None, *map(pytest.approx, [*wanted, whole["count"], whole["average__weight"]]))
    by_country = cells(ask(groupings=[COUNTRY], measures=MEASURES), "country")
    assert subtotals[0].keys == ("",)
    for total in subtotals:
        assert total.values[-2:] == (
            by_country[total.keys]["count"],
            pytest.approx(by_country[total.keys]["average__weight"]),
        )


def test_a_pivot_over_two_groupings_and_calculations(ask: Ask) -> None:
    groupings = [COUNTRY, {"field": "is_paid"}, QUARTERS]
    calculations = [{"name": "share", "kind": "share", "of": "count", "within": ["is_paid"]}]
    parts = {"groupings": groupings, "measures": [COUNT], "calculations": calculations}
    pivot = ask(**parts, pivot={"groupings": ["is_paid", "at__quarter"]})
    plain = cells(ask(**parts), "country", "is_paid", "at__quarter")
    (row,) = (row for row in pivot.table.to_pylist() if row["country"] == "US")
    assert row["count|false|2026-01-01"] == plain["US", False, date(2026, 1, 1)]["count"]
    assert row["share|false|2026-01-01"] == pytest.approx(plain["US", False, date(2026, 1, 1)]["share"])
    assert row["count|true|2026-01-01"] is None
    assert next(column for column in pivot.columns if column.key.startswith("share|true")).spans[0] == "Yes"


def test_filters_on_measures_leave_cells_out_of_the_totals_too(ask: Ask) -> None:
    groupings = [COUNTRY, QUARTERS]
    filters = matching(condition("count", "at_least", 16))
    parts = {"groupings": groupings, "measures": [COUNT], "result_filters": filters}
    preview = ask(**parts, pivot={"groupings": ["at__quarter"], "with_totals": True}, totals={"grand": True})
    plain = ask(**parts).table.to_pylist()
    for row in preview.table.to_pylist():
        mine = [cell["count"] for cell in plain if cell["country"] == row["country"]]
        assert row["count"] == sum(mine)
        assert sum(row[key] or 0 for key in row if "|" in key) == sum(mine)
    assert preview.totals[0].values[-1] == sum(cell["count"] for cell in plain)
    assert len(plain) > 8
    kept = {str(cell["at__quarter"]) for cell in plain}
    assert {column.key.partition("|")[2] for column in preview.columns if "|" in column.key} == kept


def test_the_top_values_of_a_pivot_with_the_others(ask: Ask) -> None:
    top = {"n": 2, "by": "count", "grouping": "country", "with_others": True}
    preview = ask(groupings=[QUARTERS, COUNTRY], measures=[COUNT], top=top, pivot={"groupings": ["country"]})
    assert [column.spans for column in preview.columns[1:]] == [("(empty)",), ("DE",), ("Others",)]
    quarters = cells(ask(groupings=[QUARTERS], measures=[COUNT]), "at__quarter")
    for row in preview.table.to_pylist():
        values = [value for key, value in row.items() if "|" in key]
        assert sum(filter(None, values)) == quarters[row["at__quarter"],]["count"]


def test_nothing_but_spread_columns(ask: Ask) -> None:
    preview = ask(groupings=[{"field": "is_paid"}], measures=[COUNT], pivot={"groupings": ["is_paid"]})
    assert preview.table.to_pylist() == [{"count|false": 133, "count|true": 133, "count|\\N": 134}]
    nobody = matching(condition("items", "is", 99))
    empty = ask(groupings=[{"field": "is_paid"}], measures=[COUNT], pivot={"groupings": ["is_paid"]}, filters=nobody)
    assert [column.key for column in empty.columns] == ["count"]
    assert empty.table.to_pylist() == [{"count": 0}]


def test_an_empty_pivot_has_its_groupings(ask: Ask) -> None:
    nobody = matching(condition("items", "is", 99))
    pivot = {"groupings": ["is_paid"]}
    preview = ask(groupings=[COUNTRY, {"field": "is_paid"}], measures=[COUNT], pivot=pivot, filters=nobody)
    assert [column.key for column in preview.columns] == ["country"]
    assert (preview.table.num_rows, preview.rows_matched) == (0, 0)


def test_too_many_columns_are_refused_with_their_number(ask: Ask) -> None:
    with pytest.raises(InvalidDefinition, match=r"would make 800 columns; at most 100 fit") as caught:
        ask(groupings=[COUNTRY, {"field": "order_id"}], measures=MEASURES, pivot={"groupings": ["order_id"]})
    assert caught.value.place == "pivot.groupings"


def test_a_run_delivers_what_the_preview_showed(ask: Ask, path: Path) -> None:
    parts = {
        "groupings": [COUNTRY, QUARTERS],
        "measures": MEASURES,
        "pivot": {"groupings": ["at__quarter"], "with_totals": True},
        "totals": {"grand": True},
        "timezone": "America/New_York",
    }
    result, table = run(orders_executor(path), path, definition(**parts))
    preview = ask(**parts, limit=1000)
    assert table.to_pylist() == preview.table.to_pylist()
    assert result.head.columns == preview.columns
    assert result.head.totals == preview.totals
    assert table.column_names == [column.key for column in result.head.columns]


def test_no_value_of_the_source_becomes_an_identifier(ask: Ask) -> None:
    preview = ask(groupings=[COUNTRY, {"field": 'note "x"'}], measures=[COUNT], pivot={"groupings": ['note "x"']})
    assert any("%" in column.key for column in preview.columns)
    assert "100%" not in preview.sql.as_asked()
    assert "Straße" not in preview.sql.as_asked()
