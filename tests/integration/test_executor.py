"""The executor against an oracle in pandas and plain Python, over a table with nulls, decimals, zones and DST."""

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from core.domain.definition import ReportDefinition
from core.domain.result import Result
from core.errors import ArtifactError, InvalidDefinition, QueryFailed, QueryTimedOut, RunCancelled
from core.query.executor import HeadFields, QueryExecutor
from core.query.head_json import dump_head, load_head
from core.query.spool import open_spool, write_spool
from tests.query_parts import (
    NOW,
    condition,
    definition,
    matching,
    order_rows,
    orders_dataset,
    orders_executor,
    orders_source,
    write_orders,
)

NAMES = [field.name for field in orders_dataset().fields]
NOTE = 'note "x"'
ROWS = [dict(zip(NAMES, row, strict=True)) for row in order_rows()]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_orders(tmp_path_factory.mktemp("query") / "orders.duckdb")


@pytest.fixture(scope="module")
def executor(path: Path) -> QueryExecutor:
    return orders_executor(path)


def run(executor: QueryExecutor, path: Path, asked: ReportDefinition, **rest: Any) -> tuple[Result, pa.Table]:
    """The result and its rows."""
    with executor.run(
        asked,
        orders_dataset(),
        orders_source(path),
        head_fields=HeadFields(title="Orders"),
        logical_at=NOW,
        deadline_s=30,
        **rest,
    ) as result:
        return result, pa.Table.from_batches(list(result.batches))


def ids(executor: QueryExecutor, path: Path, *items: dict[str, Any], match: str = "all", **parts: Any) -> set[int]:
    """The numbers of the rows that a filter leaves."""
    asked = definition(columns=["order_id"], limit=None, filters=matching(*items, match=match), **parts)
    _, table = run(executor, path, asked)
    return set(table.column("order_id").to_pylist())


def expected(holds: Callable[[dict[str, Any]], bool]) -> set[int]:
    return {row["order_id"] for row in ROWS if holds(row)}


def instant(row: dict[str, Any]) -> datetime | None:
    return row["at"] and row["at"].replace(tzinfo=UTC)


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


def frame() -> pd.DataFrame:
    data = pd.DataFrame(ROWS)
    data["at"] = pd.to_datetime(data["at"]).dt.tz_localize("UTC")
    return data


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


def test_the_spool_gives_the_rows_back_as_often_as_asked(executor: QueryExecutor, path: Path, tmp_path: Path) -> None:
    asked = definition(columns=NAMES, limit=None, kpis=[{"aggregation": "sum", "field": "amount"}])
    with executor.run(
        asked, orders_dataset(), orders_source(path), head_fields=HeadFields(title="T"), logical_at=NOW, deadline_s=30
    ) as result:
        assert write_spool(result, tmp_path / "runs" / "rows.arrow") == 400
    assert [file.name for file in (tmp_path / "runs").iterdir()] == ["rows.arrow"]
    head = load_head(dump_head(result.head))
    assert head == result.head
    spooled = open_spool(tmp_path / "runs" / "rows.arrow", head)
    first, second = (pa.Table.from_batches(list(spooled.batches)) for _ in range(2))
    assert first == second
    assert first.num_rows == 400
    other = replace(head, columns=head.columns[1:])
    with pytest.raises(ArtifactError, match="do not belong"):
        open_spool(tmp_path / "runs" / "rows.arrow", other)


def test_an_empty_result_is_spooled_with_its_types(executor: QueryExecutor, path: Path, tmp_path: Path) -> None:
    asked = definition(columns=["amount"], filters=matching(condition("items", "is", 99)))
    with executor.run(
        asked, orders_dataset(), orders_source(path), head_fields=HeadFields(title="T"), logical_at=NOW, deadline_s=30
    ) as result:
        assert write_spool(result, tmp_path / "rows.arrow") == 0
    (batch,) = open_spool(tmp_path / "rows.arrow", result.head).batches
    assert batch.schema.field("amount").type == pa.decimal128(12, 2)


@pytest.mark.parametrize("damage", [b"", b"not arrow"])
def test_a_damaged_spool_is_said_to_be_so(executor: QueryExecutor, path: Path, tmp_path: Path, damage: bytes) -> None:
    result, _ = run(executor, path, definition(columns=["country"]))
    (tmp_path / "rows.arrow").write_bytes(damage)
    with pytest.raises(ArtifactError, match="missing or damaged"):
        open_spool(tmp_path / "rows.arrow", result.head)
    with pytest.raises(ArtifactError, match="missing or damaged"):
        open_spool(tmp_path / "gone.arrow", result.head)


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


def test_a_column_called_rowid_is_a_column(tmp_path: Path) -> None:
    path = tmp_path / "o.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE orders AS SELECT 1 AS items, 5 - range AS RowID, range AS order_id FROM range(5)"
        )
    asked = definition(columns=["items", "order_id"], sort=[{"key": "items"}])
    _, table = run(orders_executor(path), path, asked)
    assert table.column("order_id").to_pylist() == [0, 1, 2, 3, 4]


@pytest.fixture
def odd_types(tmp_path: Path) -> Path:
    """The orders with types that are ours only after a cast: aware and coarse times, UUID, ENUM, small integers."""
    path = tmp_path / "odd.duckdb"
    quoted = '"note ""x"""'
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TYPE land AS ENUM ('DE', 'FR')")
        connection.execute(
            f"""
            CREATE TABLE orders AS SELECT * FROM (VALUES
                ('2026-03-08 04:59:59+00'::TIMESTAMPTZ, 'DE'::land, '6a0c1d52-8b1e-4b51-9d6b-0a3b5a7f0c11'::UUID,
                 1::UTINYINT, 2::HUGEINT, 1.5::FLOAT, '2026-01-02 03:04:05.123456789'::TIMESTAMP_NS),
                ('2026-03-08 05:00:00+00'::TIMESTAMPTZ, 'FR'::land, NULL, 255::UTINYINT,
                 170141183460469231731687303715884105727::HUGEINT / 10000, NULL, NULL)
            ) AS t("at", country, {quoted}, items, amount, weight, shipped_at)
            """
        )
    return path


def test_other_types_of_the_source_become_ours(odd_types: Path) -> None:
    executor = orders_executor(odd_types)
    zone = "America/New_York"
    asked = definition(columns=["at", "country", NOTE, "items", "weight"], timezone=zone, limit=None)
    _, table = run(executor, odd_types, asked)
    assert [str(kind) for kind in table.schema.types] == [
        "timestamp[us, tz=America/New_York]", "string", "string", "int64", "double",
    ]  # fmt: skip
    first, second = table.to_pylist()
    assert first["at"] == datetime(2026, 3, 8, 4, 59, 59, tzinfo=UTC)
    assert (first["country"], first["items"], second["items"], first["weight"]) == ("DE", 1, 255, 1.5)
    days = definition(
        groupings=[{"field": "at", "grain": "day"}], measures=[{"aggregation": "count"}], timezone=zone, limit=None
    )
    _, table = run(executor, odd_types, days)
    assert table.to_pylist() == [
        {"at__day": date(2026, 3, 7), "count": 1},
        {"at__day": date(2026, 3, 8), "count": 1},
    ]


@pytest.mark.parametrize(
    ("item", "rows"),
    [
        (condition("country", "is", "DE"), 1),
        (condition("country", "is", "Atlantis"), 0),
        (condition("country", "contains", "e"), 1),
        (condition("country", "is_not_empty"), 2),
        (condition(NOTE, "contains", "8B1E"), 1),
        (condition(NOTE, "is", "not a uuid"), 0),
        (condition(NOTE, "is_empty"), 1),
        (condition("at", "at_least", "2026-03-08"), 1),
    ],
)
def test_filters_work_on_other_types_of_the_source(odd_types: Path, item: dict[str, Any], rows: int) -> None:
    asked = definition(columns=["items"], filters=matching(item), timezone="America/New_York")
    _, table = run(orders_executor(odd_types), odd_types, asked)
    assert table.num_rows == rows


def test_an_endless_time_in_the_source_does_not_stop_the_grouping(tmp_path: Path) -> None:
    path = tmp_path / "o.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """CREATE TABLE orders AS SELECT unnest(['2026-03-08 04:00'::TIMESTAMP, 'infinity'::TIMESTAMP]) AS "at" """
        )
    period = {"field": "at", "window": {"kind": "this", "unit": "year"}}
    measures = [{"aggregation": "count"}]
    groupings = [{"field": "at", "grain": "day"}]
    asked = definition(groupings=groupings, measures=measures, timezone="America/New_York", period=period)
    _, table = run(orders_executor(path), path, asked)
    assert table.to_pylist() == [{"at__day": date(2026, 3, 7), "count": 1}]
    filters = matching(condition("at", "less", "2027-01-01"))
    asked = definition(groupings=groupings, measures=measures, timezone="America/New_York", filters=filters)
    _, table = run(orders_executor(path), path, asked)
    assert table.to_pylist() == [{"at__day": date(2026, 3, 7), "count": 1}]


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The orders as a view over a cross join that would run for hours."""
    path = tmp_path_factory.mktemp("endless") / "orders.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE VIEW orders AS SELECT a.range AS items, b.range AS order_id "
            "FROM range(10000000) AS a, range(10000000) AS b WHERE hash(a.range + b.range) % 1000003 = 7"
        )
    return path


def test_a_run_ends_at_its_deadline(endless: Path) -> None:
    asked = definition(measures=[{"aggregation": "sum", "field": "items"}])
    started = datetime.now(UTC)
    with (
        pytest.raises(QueryTimedOut, match=r"within 0\.3 seconds"),
        orders_executor(endless).run(
            asked,
            orders_dataset(),
            orders_source(endless),
            head_fields=HeadFields(title="T"),
            logical_at=NOW,
            deadline_s=0.3,
        ) as result,
    ):
        list(result.batches)
    assert datetime.now(UTC) - started < timedelta(seconds=5)


def test_a_cancelled_run_stops_in_the_middle_of_its_query(endless: Path) -> None:
    asked = definition(measures=[{"aggregation": "sum", "field": "items"}])
    stop = threading.Event()
    asked_times: list[bool] = []

    def should_stop() -> bool:
        asked_times.append(stop.is_set())
        was_set = stop.is_set()
        stop.set()
        return was_set

    with (
        pytest.raises(RunCancelled),
        orders_executor(endless).run(
            asked,
            orders_dataset(),
            orders_source(endless),
            head_fields=HeadFields(title="T"),
            logical_at=NOW,
            deadline_s=60,
            should_stop=should_stop,
        ) as result,
    ):
        list(result.batches)
    assert asked_times == [False, True]


def test_a_column_that_is_gone_from_the_source_is_said_so(endless: Path) -> None:
    with pytest.raises(QueryFailed, match="no such table or column any more"):
        orders_executor(endless).preview(
            definition(columns=["country"]), orders_dataset(), orders_source(endless), page=1, page_size=10
        )


def test_a_column_of_another_type_is_said_so(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "o.duckdb")) as connection:
        connection.execute("CREATE TABLE orders AS SELECT 'many' AS items")
    with pytest.raises(QueryFailed, match="'Items' are no longer of the type"):
        orders_executor(tmp_path / "o.duckdb").preview(
            definition(columns=["items"]), orders_dataset(), orders_source(tmp_path), page=1, page_size=10
        )


def test_a_sum_past_64_bits_fails_instead_of_wrapping(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "o.duckdb")) as connection:
        connection.execute("CREATE TABLE orders AS SELECT 9223372036854775807::BIGINT AS items FROM range(2)")
    with pytest.raises(QueryFailed, match="passes 64 bits"):
        orders_executor(tmp_path / "o.duckdb").preview(
            definition(measures=[{"aggregation": "sum", "field": "items"}]),
            orders_dataset(),
            orders_source(tmp_path),
            page=1,
            page_size=10,
        )


def test_an_invalid_definition_never_reaches_the_source(executor: QueryExecutor, tmp_path: Path) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        run(executor, tmp_path / "gone.duckdb", definition(columns=["nope"]))
    assert caught.value.place == "columns[0]"
