"""The executor against an oracle in pandas and plain Python, over a table with nulls, decimals, zones and DST."""

from datetime import UTC, date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from core.errors import InvalidDefinition
from core.query.executor import QueryExecutor
from tests.executor_parts import NAMES, NOTE, ROWS, frame, instant, run
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


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_orders(tmp_path_factory.mktemp("query") / "orders.duckdb")


@pytest.fixture(scope="module")
def executor(path: Path) -> QueryExecutor:
    return orders_executor(path)


@pytest.mark.parametrize("timezone", ["UTC", "America/New_York", "Africa/Cairo", "America/Santiago", "Asia/Kathmandu"])
@pytest.mark.parametrize("grain", ["day", "week", "month", "quarter", "year"])
def test_dates_group_in_the_timezone_of_the_report(
    executor: QueryExecutor, path: Path, timezone: str, grain: str
) -> None:
    asked = definition(
        groupings=[{"field": "at", "grain": grain}],
        measures=[{"aggregation": "count"}, {"aggregation": "sum", "field": "amount"}],
        timezone=timezone,
        limit=None,
    )
    _, table = run(executor, path, asked)
    assert table.schema.field(0).type == pa.date32()
    local = frame()["at"].dt.tz_convert(timezone).dt.tz_localize(None)
    period = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}[grain]
    data = frame().assign(bucket=local.dt.to_period(period).dt.start_time.dt.date)
    want = data.dropna(subset=["at"]).groupby("bucket").agg(rows=("order_id", "size"))
    got = {row[f"at__{grain}"]: row["count"] for row in table.to_pylist()}
    assert got.pop(None) == data["at"].isna().sum()
    assert got == want["rows"].to_dict()
    assert table.column(0).to_pylist()[-1] is None


@pytest.mark.parametrize("timezone", ["America/New_York", "Africa/Cairo", "America/Santiago"])
def test_a_period_groups_the_same_way_as_the_whole(executor: QueryExecutor, path: Path, timezone: str) -> None:
    """Inside a period the day is found by another route; both must agree on every instant."""
    parts: dict[str, Any] = {
        "groupings": [{"field": "at", "grain": "day"}],
        "measures": [{"aggregation": "count"}],
        "timezone": timezone,
        "limit": None,
    }
    _, whole = run(executor, path, definition(**parts))
    period = {"field": "at", "window": {"kind": "between", "first_on": "2026-02-01", "last_on": "2026-10-31"}}
    _, part = run(executor, path, definition(**parts, period=period))
    inside = [
        row for row in whole.to_pylist() if row["at__day"] and date(2026, 2, 1) <= row["at__day"] <= date(2026, 10, 31)
    ]
    assert part.to_pylist() == inside
    assert len(inside) > 200


def test_measures_are_exact_and_have_the_promised_types(executor: QueryExecutor, path: Path) -> None:
    measures = [
        ("count", None), ("count_distinct", "country"), ("sum", "items"), ("sum", "amount"), ("average", "amount"),
        ("median", "amount"), ("min", "at"), ("max", "shipped_on"), ("sum", "weight"), ("min", "country"),
    ]  # fmt: skip
    asked = definition(
        groupings=[{"field": "country"}],
        measures=[{"aggregation": kind, **({"field": field} if field else {})} for kind, field in measures],
        timezone="America/New_York",
    )
    result, table = run(executor, path, asked)
    assert [str(kind) for kind in table.schema.types] == [
        "string", "int64", "int64", "int64", "decimal128(38, 2)", "double", "double",
        "timestamp[us, tz=America/New_York]", "date32[day]", "double", "string",
    ]  # fmt: skip
    assert table.column_names == [column.key for column in result.head.columns]
    for row in table.to_pylist():
        mine = [order for order in ROWS if order["country"] == row["country"]]
        amounts = [order["amount"] for order in mine if order["amount"] is not None]
        assert row["count"] == len(mine)
        assert row["count_distinct__country"] == (0 if row["country"] is None else 1)
        assert row["sum__items"] == sum(order["items"] for order in mine if order["items"] is not None)
        assert row["sum__amount"] == sum(amounts)
        assert row["average__amount"] == pytest.approx(float(sum(amounts)) / len(amounts))
        assert row["median__amount"] == pytest.approx(pd.Series([float(amount) for amount in amounts]).median())
        assert row["min__at"] == min(order["at"] for order in mine if order["at"]).replace(tzinfo=UTC)
        assert row["max__shipped_on"] == max(order["shipped_on"] for order in mine if order["shipped_on"])
    assert sum(row["count"] for row in table.to_pylist()) == len(ROWS) == 400


def test_rows_keep_every_value_and_type(executor: QueryExecutor, path: Path) -> None:
    _, table = run(executor, path, definition(columns=NAMES, limit=None, timezone="Africa/Cairo"))
    assert [str(kind) for kind in table.schema.types] == [
        "timestamp[us, tz=Africa/Cairo]", "date32[day]", "string", "string", "bool",
        "int64", "decimal128(12, 2)", "double", "int64",
    ]  # fmt: skip
    got = sorted(table.to_pylist(), key=lambda row: row["order_id"])
    assert [{**row, "at": row["at"] and row["at"].astimezone(UTC).replace(tzinfo=None)} for row in got] == ROWS


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("key", ["country", "amount", "at"])
def test_empty_values_come_last_either_way(executor: QueryExecutor, path: Path, key: str, descending: bool) -> None:
    asked = definition(columns=[key, "order_id"], sort=[{"key": key, "descending": descending}], limit=None)
    _, table = run(executor, path, asked)
    values = table.column(key).to_pylist()
    filled = [value for value in values if value is not None]
    assert values == filled + [None] * (len(values) - len(filled))
    assert filled == sorted(filled, reverse=descending)
    assert len(filled) < len(values)


@pytest.mark.parametrize(
    "parts",
    [
        {"columns": ["country", "items"], "sort": [{"key": "country", "descending": True}]},
        {"groupings": [{"field": "country"}, {"field": "items"}], "measures": [{"aggregation": "count"}]},
        {"groupings": [{"field": "items"}]},
        {"measures": [{"aggregation": "count"}]},
        {"columns": ["items"], "filters": matching(condition("items", "is", 99))},
        {"groupings": [{"field": "items"}], "filters": matching(condition("items", "is", 99))},
        {"measures": [{"aggregation": "sum", "field": "items"}], "filters": matching(condition("items", "is", 99))},
    ],
)
@pytest.mark.parametrize(("limit", "page_size"), [(None, 7), (20, 7), (1000, 50), (3, 10)])
def test_pages_are_the_run_in_pieces(
    executor: QueryExecutor, path: Path, parts: dict[str, Any], limit: int | None, page_size: int
) -> None:
    asked = definition(**parts, limit=limit)
    result, table = run(executor, path, asked)
    assert table.num_rows == result.head.rows_delivered
    pages = []
    for number in range(1, table.num_rows // page_size + 3):
        page = executor.preview(
            asked, orders_dataset(), orders_source(path), page=number, page_size=page_size, logical_at=NOW
        )
        assert page.rows_matched == result.head.rows_matched
        assert page.table.schema == table.schema
        pages.append(page.table)
    assert pa.concat_tables(pages).to_pylist() == table.to_pylist()


@pytest.mark.parametrize("kind", ["TABLE", "VIEW"])
def test_ties_fall_the_same_way_on_every_page(tmp_path: Path, kind: str) -> None:
    """Tables keep the order of their rows among equals, views are ordered by all of their columns."""
    path = tmp_path / "o.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"CREATE {kind} orders AS "
            "SELECT range % 3 AS items, (7919 * range % 5000)::BIGINT AS order_id FROM range(5000)"
        )
    asked = definition(columns=["items", "order_id"], sort=[{"key": "items", "descending": True}], limit=None)
    _, table = run(orders_executor(path), path, asked)
    given = [(number % 3, 7919 * number % 5000) for number in range(5000)]
    ordered = sorted(given, key=lambda row: -row[0]) if kind == "TABLE" else sorted(given, key=lambda r: (-r[0], r[1]))
    assert [(row["items"], row["order_id"]) for row in table.to_pylist()] == ordered
    plain = definition(columns=["items", "order_id"], limit=None)
    _, table = run(orders_executor(path), path, plain)
    rows = [(row["items"], row["order_id"]) for row in table.to_pylist()]
    assert rows == (given if kind == "TABLE" else sorted(given))


def test_headline_figures_compare_with_the_span_before(executor: QueryExecutor, path: Path) -> None:
    period = {"field": "at", "window": {"kind": "last", "n": 1, "unit": "month"}}
    kpis = [
        {"aggregation": "count"},
        {"aggregation": "sum", "field": "amount"},
        {"aggregation": "average", "field": "items"},
    ]
    result, _ = run(
        executor, path, definition(columns=["country"], period=period, kpis=kpis, timezone="America/New_York")
    )
    zone = ZoneInfo("America/New_York")

    def inside(first: date, last: date) -> list[dict[str, Any]]:
        return [row for row in ROWS if row["at"] and first <= instant(row).astimezone(zone).date() <= last]

    october, september = inside(date(2026, 10, 1), date(2026, 10, 31)), inside(date(2026, 9, 1), date(2026, 9, 30))
    count, revenue, items = result.head.kpis
    assert (count.value, count.previous) == (len(october), len(september))
    assert revenue.value == sum(row["amount"] for row in october if row["amount"] is not None)
    assert revenue.previous == sum(row["amount"] for row in september if row["amount"] is not None)
    numbers = [row["items"] for row in october if row["items"] is not None]
    assert items.value == pytest.approx(sum(numbers) / len(numbers))
    assert len(count.trend) == 31
    assert sum(count.trend) == len(october)
    assert result.head.previous_period is not None
    assert str(result.head.previous_period.first_on) == "2026-09-01"


def test_headline_figures_without_rows_are_zero_or_nothing(executor: QueryExecutor, path: Path) -> None:
    kpis = [{"aggregation": "sum", "field": "amount"}, {"aggregation": "average", "field": "amount"}]
    result, _ = run(
        executor,
        path,
        definition(columns=["country"], kpis=kpis, filters=matching(condition("items", "is", 99))),
    )
    assert [kpi.value for kpi in result.head.kpis] == [0, None]
    assert [(kpi.previous, kpi.trend) for kpi in result.head.kpis] == [(None, ()), (None, ())]


def test_values_come_with_their_counts_most_frequent_first(executor: QueryExecutor, path: Path) -> None:
    dataset, source = orders_dataset(), orders_source(path)
    got = executor.values(dataset, source, "country")
    counts = pd.Series([row["country"] for row in ROWS]).value_counts(dropna=False)
    assert dict(got) == {(None if pd.isna(value) else value): rows for value, rows in counts.items()}
    assert [rows for _, rows in got] == sorted((rows for _, rows in got), reverse=True)
    assert {value for value, _ in executor.values(dataset, source, "country", search="d")} == {"DE", "de"}
    assert executor.values(dataset, source, NOTE, search="%") == (("100%", 37),)
    assert executor.values(dataset, source, "items", search="-5")[0][0] == -5
    assert executor.values(dataset, source, "at", limit=1)[0] == (None, 11)


def test_an_invalid_definition_never_reaches_the_source(executor: QueryExecutor, tmp_path: Path) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        run(executor, tmp_path / "gone.duckdb", definition(columns=["nope"]))
    assert caught.value.place == "columns[0]"
