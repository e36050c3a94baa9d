"""Sources that have odd types, lose columns, or take too long."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from core.errors import FieldMissing, QueryFailed, QueryTimedOut, RunCancelled
from core.query.executor import HeadFields
from tests.executor_parts import NOTE, run
from tests.query_parts import (
    NOW,
    condition,
    definition,
    matching,
    orders_dataset,
    orders_executor,
    orders_source,
)


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


@pytest.mark.parametrize(
    ("parts", "fields"),
    [
        ({"columns": ["items", "country", "amount"]}, ("country", "amount")),
        ({"measures": [{"expression": "sum(amount) / count()", "name": "x"}]}, ("amount",)),
        ({"columns": ["items"], "filters": matching(condition("is_paid", "is", True))}, ("is_paid",)),
        ({"columns": ["items"], "kpis": [{"aggregation": "sum", "field": "weight"}]}, ("weight",)),
    ],
)
def test_columns_that_are_gone_from_the_source_are_named(
    tmp_path: Path, parts: dict[str, Any], fields: tuple[str, ...]
) -> None:
    path = tmp_path / "o.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE orders AS SELECT range AS items, range AS order_id FROM range(10)")
    executor, asked = orders_executor(path), definition(**parts, limit=5)
    calls: list[Callable[[], object]] = [lambda: run(executor, path, asked)]
    if "kpis" not in parts:
        calls.append(lambda: executor.preview(asked, orders_dataset(), orders_source(path), page=1, page_size=5))
    for call in calls:
        with pytest.raises(FieldMissing) as caught:
            call()
        assert caught.value.fields == fields
        for field in fields:
            assert f"({field})" in caught.value.user_message


def test_a_table_that_is_gone_names_every_field_that_is_used(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "o.duckdb")) as connection:
        connection.execute("CREATE TABLE other AS SELECT 1 AS items")
    with pytest.raises(FieldMissing) as caught:
        run(orders_executor(tmp_path / "o.duckdb"), tmp_path, definition(columns=["items", "country"]))
    assert set(caught.value.fields) == {"items", "country"}


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
