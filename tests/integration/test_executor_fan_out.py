"""No figure counts a row once for each partner that another join gives it."""

import statistics
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from core.query.executor import QueryExecutor
from tests.query_parts import condition, definition, matching, orders_executor, orders_source
from tests.shop import CUSTOMERS, LINES, PAYMENTS, SALES, shop_dataset, write_shop

COUNT = {"aggregation": "count"}
SHIPPING = {"aggregation": "sum", "field": "shipping"}
AMOUNT = {"aggregation": "sum", "field": "amount"}
PAID = {"aggregation": "sum", "field": "paid"}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb")


@pytest.fixture(scope="module")
def executor(path: Path) -> QueryExecutor:
    return orders_executor(path)


def ask(executor: QueryExecutor, path: Path, **parts: Any) -> list[dict[str, Any]]:
    preview = executor.preview(
        definition(**parts, limit=None), shop_dataset(), orders_source(path), page=1, page_size=1000
    )
    assert preview.rows_matched == preview.table.num_rows
    return list(preview.table.to_pylist())


def grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """Sums by key; None where every value is."""
    sums: dict[Any, Any] = {}
    for key, value in pairs:
        sums[key] = value if sums.get(key) is None else sums[key] + (value or 0)
    return sums


def lines_of(sale: int) -> list[tuple[Any, ...]]:
    return [line for line in LINES if line[0] == sale]


def test_a_sum_of_sales_is_not_multiplied_by_their_lines(executor: QueryExecutor, path: Path) -> None:
    (row,) = ask(executor, path, measures=[COUNT, SHIPPING, AMOUNT])
    assert row == {
        "count": len(SALES),
        "sum__shipping": sum(sale[3] for sale in SALES),
        "sum__amount": sum(line[2] for line in LINES),
    }


def test_two_joins_that_multiply_each_other_give_each_its_own_sum(executor: QueryExecutor, path: Path) -> None:
    rows = ask(executor, path, groupings=[{"field": "day"}], measures=[COUNT, SHIPPING, AMOUNT, PAID])
    day = {sale[0]: sale[2] for sale in SALES}
    amounts = grouped((day[line[0]], line[2]) for line in LINES)
    paid = grouped((day[payment[0]], payment[1]) for payment in PAYMENTS)
    shipping = grouped((sale[2], sale[3]) for sale in SALES)
    assert len(rows) == 5
    for row in rows:
        assert row["sum__shipping"] == shipping[row["day"]]
        assert row["sum__amount"] == amounts[row["day"]]
        assert row["sum__paid"] == paid[row["day"]]
        assert row["count"] == 12


def test_a_sale_counts_in_every_group_that_one_of_its_lines_is_in(executor: QueryExecutor, path: Path) -> None:
    rows = ask(executor, path, groupings=[{"field": "product"}], measures=[COUNT, SHIPPING])
    sales = {(line[1], sale[0], sale[3]) for sale in SALES for line in lines_of(sale[0]) or [(sale[0], None, None)]}
    for row in rows:
        mine = [each for each in sales if each[0] == row["product"]]
        assert row["count"] == len(mine)
        assert row["sum__shipping"] == sum(shipping for _, _, shipping in mine)
    assert {row["product"] for row in rows} == {"tea", "cup", "jam", None}


def test_the_one_side_is_counted_once_for_all_its_many(executor: QueryExecutor, path: Path) -> None:
    measures = [
        {"aggregation": "sum", "field": "credit"},
        {"aggregation": "average", "field": "credit"},
        {"aggregation": "median", "field": "credit"},
        {"aggregation": "max", "field": "credit"},
        {"aggregation": "count_distinct", "field": "credit"},
    ]
    rows = ask(executor, path, groupings=[{"field": "country"}], measures=measures)
    known = {customer for _, customer, _, _ in SALES}
    for row in rows:
        credit = [c for id_, country, c in CUSTOMERS if id_ in known and country == row["country"] and c is not None]
        assert row["sum__credit"] == sum(credit)
        assert row["average__credit"] == pytest.approx(statistics.mean(credit))
        assert row["median__credit"] == pytest.approx(statistics.median(credit))
        assert row["max__credit"] == max(credit)
        assert row["count_distinct__credit"] == len(set(credit))
    assert len(rows) == 3


def test_a_filter_of_a_measure_on_another_join_keeps_each_row_once(executor: QueryExecutor, path: Path) -> None:
    filters = matching(condition("product", "is", "tea"))
    measures = [
        {"aggregation": "sum", "field": "shipping", "name": "with_tea", "filters": filters},
        {"aggregation": "count", "name": "sales_with_tea", "filters": filters},
        SHIPPING,
    ]
    (row,) = ask(executor, path, measures=measures)
    with_tea = {line[0] for line in LINES if line[1] == "tea"}
    assert row["sales_with_tea"] == len(with_tea) > 10
    assert row["with_tea"] == sum(sale[3] for sale in SALES if sale[0] in with_tea)
    assert row["sum__shipping"] == sum(sale[3] for sale in SALES)


def test_a_filter_of_the_report_on_another_join_keeps_each_row_once(executor: QueryExecutor, path: Path) -> None:
    filters = matching(condition("amount", "at_least", 6))
    (row,) = ask(executor, path, measures=[COUNT, SHIPPING], filters=filters)
    sales = {line[0] for line in LINES if line[2] >= 6}
    assert row["count"] == len(sales)
    assert row["sum__shipping"] == sum(sale[3] for sale in SALES if sale[0] in sales)


def test_joins_that_nothing_needs_are_left_out(executor: QueryExecutor, path: Path) -> None:
    preview = executor.preview(
        definition(groupings=[{"field": "country"}], measures=[SHIPPING]),
        shop_dataset(),
        orders_source(path),
        page=1,
        page_size=10,
    )
    assert "lines" not in preview.sql.as_asked()
    assert "row_number" not in preview.sql.as_asked()
    assert "customers" in preview.sql.as_asked()


def test_measures_of_the_dataset_and_expressions_of_them(executor: QueryExecutor, path: Path) -> None:
    measures = [
        {"dataset_measure": "revenue"},
        {"dataset_measure": "basket"},
        {"expression": "revenue - sum(shipping)", "name": "left_over"},
    ]
    rows = ask(executor, path, groupings=[{"field": "day"}], measures=measures)
    day = {sale[0]: sale[2] for sale in SALES}
    amounts = grouped((day[line[0]], line[2]) for line in LINES)
    shipping = grouped((sale[2], sale[3]) for sale in SALES)
    for row in rows:
        assert row["measure__revenue"] == amounts[row["day"]]
        assert row["measure__basket"] == pytest.approx(amounts[row["day"]] / 12)
        assert row["left_over"] == amounts[row["day"]] - shipping[row["day"]]


def test_totals_are_not_multiplied_either(executor: QueryExecutor, path: Path) -> None:
    preview = executor.preview(
        definition(groupings=[{"field": "product"}], measures=[COUNT, SHIPPING], totals={"grand": True}),
        shop_dataset(),
        orders_source(path),
        page=1,
        page_size=10,
    )
    (total,) = preview.totals
    assert total.values == (None, len(SALES), sum(sale[3] for sale in SALES))
