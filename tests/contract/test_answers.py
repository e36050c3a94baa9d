"""Every engine gives the answers that DuckDB gives, to one question of each kind."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.clock import FixedClock
from core.domain.dataset import Dataset
from core.domain.relation import SourceColumn, TableOrigin
from core.domain.result import CellValue, Preview
from core.query.executor import QueryExecutor
from tests.executor_parts import NOTE
from tests.query_parts import condition, definition, matching, order_rows, orders_dataset, orders_source
from tests.shop import shop_dataset, shop_tables
from tests.source_parts import SourceBench, bench_of

NOW = datetime(2027, 10, 13, 14, 30, tzinfo=UTC)
COUNT = {"aggregation": "count"}
AMOUNT = {"aggregation": "sum", "field": "amount"}
AVERAGE = {"aggregation": "average", "field": "weight"}
MEASURES = [COUNT, AMOUNT, AVERAGE]
COUNTRY = {"field": "country"}
PAID = matching(condition("is_paid", "is", True))
PERIOD = {"field": "at", "window": {"kind": "last", "n": 2, "unit": "month"}}
GRAINS = ("day", "week", "quarter", "iso_week", "hour_of_day", "day_of_week", "month_of_year", "quarter_of_year")

ORDERS: dict[str, dict[str, Any]] = {
    "rows": {
        "columns": ["order_id", "at", "country", NOTE, "is_paid", "amount", "weight", "shipped_on"],
        "sort": [{"key": NOTE, "descending": True}, {"key": "amount"}],
        "limit": 90,
    },
    "rows computed": {
        "columns": ["order_id"],
        "calculations": [
            {"name": "each", "kind": "expression", "expression": "amount / items"},
            {"name": "Land", "kind": "expression", "expression": "coalesce(lower(country), 'none')"},
            {"name": "due", "kind": "expression", "expression": "add_months(shipped_on, 1)"},
        ],
        "result_filters": matching(condition("each", "greater", 2), condition("Land", "is_not", "fr")),
        "sort": [{"key": "each", "descending": True}],
    },
    **{f"by {grain}": {"groupings": [{"field": "at", "grain": grain}], "measures": MEASURES} for grain in GRAINS},
    "fiscal": {
        "groupings": [{"field": "shipped_on", "grain": "year"}, {"field": "at", "grain": "week"}],
        "measures": [COUNT],
        "calendar": {"week_start": 7, "fiscal_year_start": 4},
    },
    "measures": {
        "groupings": [{"field": NOTE}],
        "measures": [
            {"aggregation": "percentile", "field": "weight", "percent": 90},
            {"aggregation": "median", "field": "amount"},
            {"aggregation": "sum", "field": "amount", "name": "Paid amount", "filters": PAID},
            {"aggregation": "count", "name": "paid", "filters": PAID},
            {"aggregation": "max", "field": "country"},
            {"aggregation": "min", "field": "at"},
            {"expression": "sum(amount * items) / count_distinct(country) + 1", "name": "x", "filters": PAID},
        ],
        "sort": [{"key": "max__country"}, {"key": "paid", "descending": True}],
    },
    "calculations": {
        "groupings": [COUNTRY, {"field": "at", "grain": "quarter"}],
        "measures": MEASURES,
        "calculations": [
            {"name": "share", "kind": "share", "of": "sum__amount", "within": ["at__quarter"]},
            {"name": "place", "kind": "rank", "of": "sum__amount"},
            {"name": "so far", "kind": "running_total", "of": "sum__amount"},
            {"name": "orders so far", "kind": "running_total", "of": "count", "within": ["country"]},
            {"name": "percent", "kind": "expression", "expression": "share * 100"},
        ],
        "sort": [{"key": "count", "descending": True}, {"key": "at__quarter", "descending": True}],
    },
    "result filters": {
        "groupings": [COUNTRY, {"field": "items"}],
        "measures": MEASURES,
        "calculations": [{"name": "place", "kind": "rank", "of": "count"}],
        "result_filters": matching(condition("count", "at_least", 8), condition("place", "at_most", 40)),
        "totals": {"grand": True, "subtotals": 1},
    },
    **{
        f"comparison with the {against}": {
            "groupings": [{"field": "at", "grain": grain}, COUNTRY],
            "measures": MEASURES,
            "period": PERIOD,
            "calculations": [
                {"name": kind, "kind": kind, "of": "sum__amount", "against": against}
                for kind in ("previous", "change", "change_percent")
            ]
            + [{"name": "orders before", "kind": "previous", "of": "count", "against": against}],
            "totals": {"grand": True},
        }
        for against, grain in (("previous_period", "month"), ("previous_year", "iso_week"))
    },
    "top": {"groupings": [COUNTRY, {"field": "is_paid"}], "measures": MEASURES, "top": {"n": 2, "by": "sum__amount"}},
    "top with others": {
        "groupings": [{"field": NOTE}],
        "measures": MEASURES,
        "top": {"n": 4, "by": "average__weight", "lowest": True, "with_others": True},
        "sort": [{"key": "average__weight", "descending": True}],
        "totals": {"grand": True},
    },
    "top of days": {
        "groupings": [{"field": "at", "grain": "day"}],
        "measures": [AMOUNT],
        "top": {"n": 5, "by": "sum__amount"},
    },
    "top of amounts": {"groupings": [{"field": "amount"}], "measures": [COUNT], "top": {"n": 5, "by": "count"}},
    "pivot": {
        "groupings": [COUNTRY, {"field": "is_paid"}, {"field": "at", "grain": "quarter"}],
        "measures": [*MEASURES, {"aggregation": "max", "field": "country"}, {"aggregation": "max", "field": "at"}],
        "pivot": {"groupings": ["at__quarter"], "with_totals": True},
        "totals": {"grand": True, "subtotals": 1},
    },
    "pivot of texts": {
        "groupings": [{"field": "is_paid"}, {"field": NOTE}],
        "measures": [COUNT, {"expression": "sum(items) > 40", "name": "many"}],
        "pivot": {"groupings": [NOTE], "with_totals": True},
        "result_filters": matching(condition("count", "at_least", 20)),
    },
}
SALES: dict[str, dict[str, Any]] = {
    "fan-out": {
        "groupings": [{"field": "product"}],
        "measures": [
            COUNT,
            {"aggregation": "sum", "field": "shipping"},
            {"aggregation": "average", "field": "credit"},
            {"aggregation": "sum", "field": "paid"},
            {"dataset_measure": "basket"},
            {
                "aggregation": "count",
                "name": "large",
                "filters": matching(condition("amount", "at_least", 6)),
            },
        ],
        "totals": {"grand": True},
    },
    "joined rows": {
        "columns": ["sale_id", "product", "amount", "country"],
        "filters": matching(condition("country", "is", "DE")),
        "sort": [{"key": "product"}],
    },
}


class Shop:
    """The same tables in one engine, and an executor that asks it."""

    def __init__(self, bench: SourceBench) -> None:
        columns = tuple(
            SourceColumn(name=field.name, type=field.type, scale=2 if field.name == "amount" else None)
            for field in orders_dataset().fields
        )
        rows = [(row[0] and row[0].replace(tzinfo=UTC), *row[1:]) for row in order_rows(800)]
        bench.make_table("orders", columns, rows)
        for name, (shapes, contents) in shop_tables().items():
            bench.make_table(name, shapes, contents)
        origin = TableOrigin(table_name="orders", columns=columns)
        scales = {column.name: column.scale for column in columns}
        fields = tuple(replace(field, scale=scales[field.name]) for field in orders_dataset().fields)
        self.orders = replace(orders_dataset(), origin=origin, fields=fields, row_key=("order_id",))
        self._executor = QueryExecutor(lambda _source: bench.connector(), FixedClock(NOW))

    def ask(self, dataset: Dataset, parts: dict[str, Any]) -> Preview:
        asked = definition(**{"timezone": "America/New_York", "limit": None, **parts})
        return self._executor.preview(
            asked, dataset, orders_source(Path("none")), page=1, page_size=1000, logical_at=NOW
        )


@pytest.fixture(scope="module")
def duckdb_shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with bench_of("duckdb")(request, tmp_path_factory.mktemp("duckdb")) as bench:
        yield Shop(bench)


@pytest.fixture(scope="module", params=["postgresql", "mysql", "chdb"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with bench_of(request.param)(request, tmp_path_factory.mktemp(request.param)) as bench:
        yield Shop(bench)


def comparable(value: CellValue) -> Any:
    if isinstance(value, Decimal):
        return value.normalize()
    return pytest.approx(value, rel=1e-9) if isinstance(value, float) and math.isfinite(value) else value


def assert_same(given: Preview, wanted: Preview) -> None:
    assert [column.key for column in given.columns] == [column.key for column in wanted.columns]
    rows, others = given.table.to_pylist(), wanted.table.to_pylist()
    for number, (row, other) in enumerate(zip(rows, others, strict=True)):
        assert row == {key: comparable(value) for key, value in other.items()}, number
    assert given.rows_matched == wanted.rows_matched
    for total, wanted_total in zip(given.totals, wanted.totals, strict=True):
        assert total.keys == wanted_total.keys
        assert total.values == tuple(map(comparable, wanted_total.values))
    assert len(rows) > 1


@pytest.mark.parametrize("case", ORDERS)
def test_orders_answer_as_they_do_in_duckdb(shop: Shop, duckdb_shop: Shop, case: str) -> None:
    assert_same(shop.ask(shop.orders, ORDERS[case]), duckdb_shop.ask(duckdb_shop.orders, ORDERS[case]))


@pytest.mark.parametrize("case", SALES)
def test_joined_sales_answer_as_they_do_in_duckdb(shop: Shop, duckdb_shop: Shop, case: str) -> None:
    assert_same(shop.ask(shop_dataset(), SALES[case]), duckdb_shop.ask(shop_dataset(), SALES[case]))
