"""DuckDB's own SQL: calendars, aware and naive instants, conversions, and values that keep their type."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import ColumnElement, Date, DateTime, Text, column, literal_column, select, table

from core.catalog.sources.duckdb_source import DuckDbConnector
from core.catalog.sources.duckdb_sql import DuckDbFunctions
from core.catalog.sources.sql_functions import Bucketing
from core.clock import FixedClock
from core.domain.definition import Aggregation
from core.domain.field import FieldType
from core.domain.filter import Calendar, Grain
from tests.query_parts import NOW

FUNCTIONS = DuckDbFunctions()
FISCAL = Calendar(week_start=7, fiscal_year_start=4)
YEAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC))
Ask = Callable[..., list[Any]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """The values of an expression over three rows: one early, one at a year's end, one empty."""
    path = tmp_path / "t.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            "CREATE TABLE t AS SELECT * FROM (VALUES"
            " (1, TIMESTAMPTZ '2026-03-01 02:00:00.12+00', TIMESTAMP '2026-03-01 02:00:00.12', DATE '2026-03-01',"
            "  -12.50::DECIMAL(12, 2), 'b'::ENUM ('b', 'a')),"
            " (2, TIMESTAMPTZ '2026-12-31 23:30:00+00', TIMESTAMP '2026-12-31 23:30:00', DATE '2026-12-31',"
            "  13.00::DECIMAL(12, 2), 'a'::ENUM ('b', 'a')),"
            " (3, NULL, NULL, NULL, NULL, NULL)) AS v (id, aware, naive, day, n, e)"
        )
    source = DuckDbConnector(path, spill_dir=tmp_path / "spill", clock=FixedClock(NOW))

    def _ask(asked: ColumnElement[Any], *order: ColumnElement[Any]) -> list[Any]:
        statement = select(asked.label("v")).select_from(table("t")).order_by(*(order or (literal_column("rowid"),)))
        with source.snapshot(deadline_s=10) as snapshot:
            return list(snapshot.fetch(statement).column(0).to_pylist())

    return _ask


@pytest.mark.parametrize("name", ["aware", "naive"])
@pytest.mark.parametrize("between", [None, YEAR])
@pytest.mark.parametrize(
    ("grain", "calendar", "expected"),
    [
        (Grain.DAY, Calendar(), [date(2026, 3, 1), date(2027, 1, 1)]),
        (Grain.WEEK, Calendar(), [date(2026, 2, 23), date(2026, 12, 28)]),
        (Grain.WEEK, FISCAL, [date(2026, 3, 1), date(2026, 12, 27)]),
        (Grain.QUARTER, Calendar(fiscal_year_start=2), [date(2026, 2, 1), date(2026, 11, 1)]),
        (Grain.YEAR, FISCAL, [date(2025, 4, 1), date(2026, 4, 1)]),
        (Grain.ISO_WEEK, FISCAL, ["2026-W09", "2026-W53"]),
        (Grain.HOUR_OF_DAY, Calendar(), [3, 0]),
        (Grain.DAY_OF_WEEK, FISCAL, [7, 5]),
        (Grain.MONTH_OF_YEAR, FISCAL, [3, 1]),
        (Grain.QUARTER_OF_YEAR, FISCAL, [4, 4]),
    ],
)
def test_instants_are_grouped_by_the_wall_clock(
    ask: Ask, name: str, between: Any, grain: Grain, calendar: Calendar, expected: list[Any]
) -> None:
    how = Bucketing(grain=grain, timezone="Europe/Berlin", calendar=calendar, between=between)
    assert ask(FUNCTIONS.bucket(column(name, DateTime()), how)) == [*expected, None]


@pytest.mark.parametrize(
    ("text", "wanted", "value"),
    [
        ("12.99", FieldType.INTEGER, 12),
        ("-0.5", FieldType.INTEGER, 0),
        ("9007199254740993", FieldType.INTEGER, 9007199254740993),
        ("9223372036854775808", FieldType.INTEGER, None),
        ("0x1F", FieldType.INTEGER, None),
        ("1_000", FieldType.INTEGER, None),
        ("1e3", FieldType.DECIMAL, 1000.0),
        ("inf", FieldType.DECIMAL, None),
        ("TRUE", FieldType.BOOLEAN, True),
        ("1", FieldType.BOOLEAN, None),
        ("2026-02-30", FieldType.DATE, None),
        ("2026-02-28", FieldType.DATE, date(2026, 2, 28)),
        ("infinity", FieldType.DATE, None),
        ("2026-11-23T09:00:00+05:30", FieldType.DATETIME, datetime(2026, 11, 23, 3, 30, tzinfo=UTC)),
        ("now", FieldType.DATETIME, None),
    ],
)
def test_texts_are_read_in_their_forms_only(ask: Ask, text: str, wanted: FieldType, value: Any) -> None:
    given = FUNCTIONS.literal(text, FieldType.TEXT)
    expected = value.replace(tzinfo=None) if isinstance(value, datetime) else value
    assert ask(FUNCTIONS.converted(given, FieldType.TEXT, wanted)) == [expected] * 3


def test_values_are_written_without_needless_zeros_and_in_utc(ask: Ask) -> None:
    number = FUNCTIONS.converted(column("n"), FieldType.DECIMAL, FieldType.TEXT)
    assert ask(number) == ["-12.5", "13", None]
    instant = FUNCTIONS.converted(column("aware"), FieldType.DATETIME, FieldType.TEXT)
    assert ask(instant) == ["2026-03-01T02:00:00.12Z", "2026-12-31T23:30:00Z", None]
    assert ask(FUNCTIONS.converted(column("n"), FieldType.DECIMAL, FieldType.INTEGER)) == [-12, 13, None]


def test_days_months_and_parts(ask: Ask) -> None:
    day = column("day", Date())
    new_year = FUNCTIONS.literal("2027-01-01", FieldType.DATE)
    assert ask(FUNCTIONS.days_between(day, new_year)) == [306, 1, None]
    assert ask(FUNCTIONS.days_added(day, FUNCTIONS.literal(3, FieldType.INTEGER))) == [
        date(2026, 3, 4), date(2027, 1, 3), None,
    ]  # fmt: skip
    assert ask(FUNCTIONS.months_added(day, FUNCTIONS.literal(2, FieldType.INTEGER)))[1] == date(2027, 2, 28)
    assert ask(FUNCTIONS.rounded(column("n"), 0, FieldType.DECIMAL)) == [Decimal(-13), Decimal(13), None]
    text = FUNCTIONS.literal("a//b", FieldType.TEXT)
    assert [ask(FUNCTIONS.part(text, "/", number))[0] for number in (1, 2, 3, 4)] == ["a", "", "b", None]


def test_an_enum_sorts_and_compares_as_the_text_it_is(ask: Ask) -> None:
    key = column("e", Text())
    assert ask(FUNCTIONS.text(key), *FUNCTIONS.order(key, descending=False)) == ["a", "b", None]
    assert ask(FUNCTIONS.aggregate(Aggregation.MAX, key, FieldType.TEXT), literal_column("1")) == ["b"]


def test_percentiles_are_interpolated_and_exact_literals_stay_exact(ask: Ask) -> None:
    percentile = FUNCTIONS.aggregate(Aggregation.PERCENTILE, column("n"), FieldType.DECIMAL, percent=90)
    assert ask(percentile, literal_column("1")) == [pytest.approx(10.45)]
    assert ask(FUNCTIONS.literal(0.1, FieldType.DECIMAL)) == [Decimal("0.1")] * 3
    assert ask(FUNCTIONS.divided(column("n"), FUNCTIONS.literal(0, FieldType.INTEGER))) == [None] * 3
