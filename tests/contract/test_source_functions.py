"""What an engine's own SQL answers is the same on every engine, and what Python says it is."""

import math
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import ColumnElement, TableClause, column, func, select, table

from core.catalog.sources.connector import Connector
from core.catalog.sources.sql_functions import Bucketing, SqlFunctions
from core.domain.data_policy import Treatment
from core.domain.definition import Aggregation
from core.domain.field import FieldType
from core.domain.filter import Calendar, Grain
from core.domain.relation import SourceColumn
from core.query.relation.masks import masked
from tests.source_parts import KINDS, SourceBench, bench_of

T, I, D, B, DAY, AT = (  # noqa: E741
    FieldType.TEXT,
    FieldType.INTEGER,
    FieldType.DECIMAL,
    FieldType.BOOLEAN,
    FieldType.DATE,
    FieldType.DATETIME,
)
ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca")
CALENDARS = (Calendar(), Calendar(week_start=7, fiscal_year_start=4), Calendar(week_start=3, fiscal_year_start=12))
INSTANTS = [
    datetime(2026, 3, 29, 0, 30, tzinfo=UTC) + timedelta(hours=step * 371, minutes=step * 7) for step in range(-60, 60)
] + [
    datetime(2026, 3, 8, 6, 59, 59, 999999, tzinfo=UTC),
    datetime(2026, 3, 8, 7, 0, tzinfo=UTC),
    datetime(2026, 11, 1, 5, 59, 59, tzinfo=UTC),
    datetime(2026, 11, 1, 6, 0, tzinfo=UTC),
    datetime(2024, 12, 30, tzinfo=UTC),
    datetime(2020, 2, 29, 23, 59, tzinfo=UTC),
    datetime(1995, 7, 1, 12, 0, tzinfo=UTC),
    datetime(2041, 1, 1, 3, 0, tzinfo=UTC),
]


@pytest.fixture(scope="module", params=KINDS)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SourceBench]:
    with bench_of(request.param)(request, tmp_path_factory.mktemp(request.param)) as opened:
        yield opened
        _CONNECTORS.clear()


_CONNECTORS: dict[int, Connector] = {}


def connector_of(bench: SourceBench) -> Connector:
    """One for all tests of a bench."""
    if id(bench) not in _CONNECTORS:
        _CONNECTORS[id(bench)] = bench.connector()
    return _CONNECTORS[id(bench)]


def rows_of(bench: SourceBench, statement: Any) -> list[dict[str, Any]]:
    with connector_of(bench).snapshot(deadline_s=30) as snapshot:
        found: list[dict[str, Any]] = snapshot.fetch(statement).to_pylist()
    return found


def column_of(
    bench: SourceBench, expression: ColumnElement[Any], source: TableClause, kind: FieldType, scale: int | None = None
) -> list[Any]:
    """The expression over the rows of a table, in the order of `id`."""
    (found,) = columns_of(bench, {"x": connector_of(bench).functions.output(expression, kind, scale)}, source).values()
    return found


def columns_of(bench: SourceBench, outputs: dict[str, ColumnElement[Any]], source: TableClause) -> dict[str, list[Any]]:
    """Several expressions over the rows of a table by one query, in the order of `id`."""
    named = [output.label(name) for name, output in outputs.items()]
    rows = rows_of(bench, select(source.c.id, *named).order_by(source.c.id))
    return {name: [row[name] for row in rows] for name in outputs}


def buckets_of(bench: SourceBench, source: TableClause, grains: Iterable[Grain], **how: Any) -> dict[str, list[Any]]:
    """The spans of every grain that `v` falls into."""
    functions = connector_of(bench).functions
    outputs = {}
    for grain in grains:
        kind = DAY if grain.unit else T if grain is Grain.ISO_WEEK else I
        outputs[grain.value] = functions.output(functions.bucket(source.c.v, Bucketing(grain=grain, **how)), kind, None)
    return columns_of(bench, outputs, source)


def made(bench: SourceBench, name: str, values: list[Any], kind: FieldType, scale: int | None = None) -> TableClause:
    columns = (SourceColumn(name="id", type=I), SourceColumn(name="v", type=kind, scale=scale))
    bench.make_table(name, columns, list(enumerate(values)))
    return table(name, column("id"), column("v"))


def span_of(grain: Grain, day: date, calendar: Calendar) -> Any:
    since_year = (day.month - calendar.fiscal_year_start) % 12
    match grain:
        case Grain.DAY:
            return day
        case Grain.WEEK:
            return day - timedelta(days=(day.isoweekday() - calendar.week_start) % 7)
        case Grain.MONTH:
            return day.replace(day=1)
        case Grain.QUARTER | Grain.YEAR:
            back = since_year % 3 if grain is Grain.QUARTER else since_year
            month = day.year * 12 + day.month - 1 - back
            return date(month // 12, month % 12 + 1, 1)
        case Grain.ISO_WEEK:
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02}"
        case Grain.DAY_OF_WEEK:
            return day.isoweekday()
        case Grain.DAY_OF_MONTH:
            return day.day
        case Grain.MONTH_OF_YEAR:
            return day.month
        case Grain.QUARTER_OF_YEAR:
            return since_year // 3 + 1
    raise AssertionError(grain)


@pytest.mark.parametrize("zone", ZONES)
def test_instants_fall_into_the_spans_of_the_timezone(bench: SourceBench, zone: str) -> None:
    source = made(bench, "instants", [*INSTANTS, None], AT)
    local = [instant.astimezone(ZoneInfo(zone)) for instant in INSTANTS]
    spans = ((min(INSTANTS), max(INSTANTS) + timedelta(seconds=1)), None)
    for between in spans:
        for calendar in CALENDARS:
            found = buckets_of(bench, source, Grain, timezone=zone, calendar=calendar, between=between)
            for grain in Grain:
                wanted = [
                    at.hour if grain is Grain.HOUR_OF_DAY else span_of(grain, at.date(), calendar) for at in local
                ]
                assert found[grain] == [*wanted, None], (grain, calendar, between)


def test_days_fall_into_spans_without_a_timezone(bench: SourceBench) -> None:
    days = [date(2023, 12, 25) + timedelta(days=step * 5) for step in range(160)]
    source = made(bench, "days", [*days, None], DAY)
    grains = [grain for grain in Grain if grain is not Grain.HOUR_OF_DAY]
    for calendar in CALENDARS:
        found = buckets_of(bench, source, grains, timezone=None, calendar=calendar)
        for grain in grains:
            assert found[grain] == [*(span_of(grain, day, calendar) for day in days), None], (grain, calendar)


def percentile(values: list[float], percent: float) -> float:
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


@pytest.mark.parametrize("kind", [I, D, "double"])
def test_aggregates_are_what_they_are_called(bench: SourceBench, kind: Any) -> None:
    numbers = [None if step % 7 == 0 else step * 37 % 101 - 50 for step in range(200)]
    scale = 2 if kind is D else None
    values: list[Any] = {
        I: numbers,
        D: [None if n is None else Decimal(n) / 4 for n in numbers],
        "double": [None if n is None else n / 7 for n in numbers],
    }[kind]
    type_ = D if kind == "double" else kind
    source = made(bench, "numbers", values, type_, scale)
    functions = connector_of(bench).functions
    present = [value for value in values if value is not None]
    floats = [float(value) for value in present]
    wanted = {
        (Aggregation.COUNT, None): len(present),
        (Aggregation.COUNT_DISTINCT, None): len(set(present)),
        (Aggregation.SUM, None): sum(present),
        (Aggregation.AVERAGE, None): sum(floats) / len(floats),
        (Aggregation.MIN, None): min(present),
        (Aggregation.MAX, None): max(present),
        (Aggregation.MEDIAN, None): percentile(floats, 50),
        **{(Aggregation.PERCENTILE, p): percentile(floats, p) for p in (0, 12.5, 90, 99.9, 100)},
    }
    outputs = []
    for aggregation, percent in wanted:
        figure = functions.aggregate(aggregation, source.c.v, type_, percent=percent)
        kind_of = I if "count" in aggregation else type_
        exact = scale if aggregation in (Aggregation.SUM, Aggregation.MIN, Aggregation.MAX) else None
        outputs.append(functions.output(figure, kind_of, exact).label(f"x{len(outputs)}"))
    (row,) = rows_of(bench, select(*outputs))
    (empty,) = rows_of(bench, select(*outputs).where(source.c.id < 0))
    for place, ((aggregation, percent), value) in enumerate(wanted.items()):
        expected = pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
        assert row[f"x{place}"] == expected, (aggregation, percent)
        assert empty[f"x{place}"] == (0 if "count" in aggregation else None), (aggregation, percent)


def test_texts_compare_group_and_sort_by_code_point(bench: SourceBench) -> None:
    texts = ["b", "B", "a", "a ", "ä", "Z", "z", "", "é", "e\u0301", "ß", "ss", "😀", "\uffee", "_", "A"]
    source = made(bench, "texts", [*texts, None, "a"], T)
    functions = connector_of(bench).functions
    text = functions.text(source.c.v)
    for descending in (False, True):
        statement = select(text.label("t"), func.count().label("n")).group_by(text)
        statement = statement.order_by(*functions.order(text, descending=descending))
        found = [(row["t"], row["n"]) for row in rows_of(bench, statement)]
        ordered = sorted(texts, reverse=descending)
        assert found == [*((t, 2 if t == "a" else 1) for t in ordered), (None, 1)]
    for aggregation, value in ((Aggregation.MIN, ""), (Aggregation.MAX, "😀"), (Aggregation.COUNT_DISTINCT, 16)):
        (row,) = rows_of(bench, select(functions.aggregate(aggregation, source.c.v, T).label("x")))
        assert row["x"] == value
    (row,) = rows_of(bench, select(func.count().label("n")).select_from(source).where(text == "A"))
    assert row["n"] == 1


def test_matching_ignores_case_beyond_ascii_and_takes_wildcards_as_told(bench: SourceBench) -> None:
    texts = ["Straße", "ÉCOLE", "école", "50%", "50x", "a_b", "axb", "back\\slash", "ΑΒΓ", "Ж", "", "O'Clock", None]
    source = made(bench, "matched", texts, T)
    functions = connector_of(bench).functions
    for pattern, ignore_case, wanted in (
        ("%école%", True, {"ÉCOLE", "école"}),
        ("%école%", False, {"école"}),
        ("%50\\%%", True, {"50%"}),
        ("a\\_b", True, {"a_b"}),
        ("%\\\\%", True, {"back\\slash"}),
        ("αβγ", True, {"ΑΒΓ"}),
        ("ж", True, {"Ж"}),
        ("STRA%", True, {"Straße"}),
        ("STRA%", False, set()),
        ("o'c%", True, {"O'Clock"}),
    ):
        statement = select(source.c.v).where(functions.matches(source.c.v, pattern, ignore_case=ignore_case))
        assert {row["v"] for row in rows_of(bench, statement)} == wanted, pattern


CONVERTED: list[tuple[FieldType, FieldType, int | None, list[Any], list[Any]]] = [
    (
        T,
        I,
        None,
        ["12", " -7 ", "+3", "3.9", "-3.9", "x", "", "1e3", "9223372036854775807", "9223372036854775808", "1 2", None],
        [12, -7, 3, 3, -3, None, None, None, 2**63 - 1, None, None, None],
    ),
    (
        T,
        D,
        2,
        ["12.345", "-0.005", " 7 ", ".5", "1e3", "abc", "", "0x1F", "NaN", "1" * 40, None],
        [Decimal("12.35"), Decimal("-0.01"), 7, Decimal("0.5"), 1000, None, None, None, None, None, None],
    ),
    (T, D, None, ["1.5", "-2e2", "x", "inf", "1e999", None], [1.5, -200.0, None, None, None, None]),
    (T, B, None, ["true", "FALSE", " True ", "yes", "1", "", None], [True, False, True, None, None, None, None]),
    (
        T,
        DAY,
        None,
        ["2026-02-28", "2026-02-29", "2024-02-29", " 1999-12-31 ", "1900-02-29", "28.02.2026", "2026-13-01", "", None],
        [date(2026, 2, 28), None, date(2024, 2, 29), date(1999, 12, 31), None, None, None, None, None],
    ),
    (
        T,
        AT,
        None,
        [
            "2026-02-28T10:30:00Z",
            "2026-02-28 10:30",
            "2026-02-28T10:30:00.123456+05:30",
            "2026-02-28T10:30:00-0500",
            "2026-02-28",
            "2026-02-28T25:00",
            "2026-02-30T10:00",
            "soon",
            None,
        ],
        [
            datetime(2026, 2, 28, 10, 30, tzinfo=UTC),
            datetime(2026, 2, 28, 10, 30, tzinfo=UTC),
            datetime(2026, 2, 28, 5, 0, 0, 123456, tzinfo=UTC),
            datetime(2026, 2, 28, 15, 30, tzinfo=UTC),
            datetime(2026, 2, 28, tzinfo=UTC),
            None,
            None,
            None,
            None,
        ],
    ),
    (I, T, None, [0, -5, 2**63 - 1, None], ["0", "-5", str(2**63 - 1), None]),
    (I, D, 2, [3, None], [Decimal("3.00"), None]),
    (I, D, None, [3, None], [3.0, None]),
    (I, B, None, [0, 1, -2, None], [False, True, True, None]),
    (B, T, None, [True, False, None], ["true", "false", None]),
    (B, I, None, [True, False, None], [1, 0, None]),
    (DAY, T, None, [date(2026, 2, 28), None], ["2026-02-28", None]),
    (DAY, AT, None, [date(2026, 2, 28), None], [datetime(2026, 2, 28, tzinfo=UTC), None]),
    (
        AT,
        T,
        None,
        [datetime(2026, 2, 28, 10, 0, tzinfo=UTC), datetime(2026, 2, 28, 10, 0, 0, 120000, tzinfo=UTC), None],
        ["2026-02-28T10:00:00Z", "2026-02-28T10:00:00.12Z", None],
    ),
    (AT, DAY, None, [datetime(2026, 2, 28, 23, 59, tzinfo=UTC), None], [date(2026, 2, 28), None]),
    (AT, I, None, [datetime(2026, 2, 28, tzinfo=UTC), None], [None, None]),
]


@pytest.mark.parametrize("case", range(len(CONVERTED)))
def test_values_are_read_as_another_type_or_empty_never_an_error(bench: SourceBench, case: int) -> None:
    given, wanted, scale, values, results = CONVERTED[case]
    source = made(bench, "converted", values, given)
    converted = connector_of(bench).functions.converted(source.c.v, given, wanted, scale=scale)
    found = column_of(bench, converted, source, wanted, scale)
    if wanted is B:
        found = [None if value is None else bool(value) for value in found]
    if wanted is AT:
        found = [value if value is None or value.tzinfo else value.replace(tzinfo=UTC) for value in found]
    assert found == results


def test_exact_numbers_become_whole_ones_and_texts(bench: SourceBench) -> None:
    values = [Decimal("12.30"), Decimal("-12.70"), Decimal("100.00"), Decimal("0.00"), None]
    source = made(bench, "exact", values, D, 2)
    functions = connector_of(bench).functions
    whole = column_of(bench, functions.converted(source.c.v, D, I), source, I)
    assert whole == [12, -12, 100, 0, None]
    assert column_of(bench, functions.converted(source.c.v, D, T), source, T) == ["12.3", "-12.7", "100", "0", None]
    rounded = column_of(bench, functions.rounded(source.c.v, 1, D), source, D, 1)
    assert rounded == [Decimal("12.3"), Decimal("-12.7"), 100, 0, None]


def test_halves_round_away_from_zero(bench: SourceBench) -> None:
    source = made(bench, "halves", [0.5, 1.5, 2.5, -2.5, 1e300, None], D)
    functions = connector_of(bench).functions
    found = column_of(bench, functions.rounded(source.c.v, 0, D), source, D)
    assert [None if value is None else float(value) for value in found] == [1.0, 2.0, 3.0, -3.0, 1e300, None]


def test_parts_of_a_text(bench: SourceBench) -> None:
    source = made(bench, "parts", ["a-b-c", "a", "", "-x", "a--b", None], T)
    functions = connector_of(bench).functions
    for number, wanted in (
        (1, ["a", "a", "", "", "a", None]),
        (2, ["b", None, None, "x", "", None]),
        (3, ["c", None, None, None, "b", None]),
    ):
        part = functions.part(source.c.v, "-", number)
        assert column_of(bench, part, source, T) == wanted, number


def test_days_and_months_are_counted_and_added(bench: SourceBench) -> None:
    source = made(bench, "added", [date(2024, 1, 31), date(2024, 2, 29), None], DAY)
    functions = connector_of(bench).functions
    number = functions.literal(-1, I)
    day = functions.literal("2024-03-01", DAY)
    assert column_of(bench, functions.days_added(source.c.v, number), source, DAY) == [
        date(2024, 1, 30),
        date(2024, 2, 28),
        None,
    ]
    assert column_of(bench, functions.months_added(source.c.v, functions.literal(13, I)), source, DAY) == [
        date(2025, 2, 28),
        date(2025, 3, 29),
        None,
    ]
    assert column_of(bench, functions.days_between(source.c.v, day), source, I) == [30, 1, None]


def test_divisions_are_doubles_and_empty_for_a_zero_divisor(bench: SourceBench) -> None:
    source = made(bench, "divided", [1, 2, 0, None], I)
    functions: SqlFunctions = connector_of(bench).functions
    found = column_of(bench, functions.divided(functions.literal(1, I), source.c.v), source, D)
    assert found == [1.0, 0.5, None, None]


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        (T, "it's", "it's"),
        (I, 2**53 + 1, 2**53 + 1),
        (B, True, True),
        (DAY, "2026-02-28", date(2026, 2, 28)),
        (AT, "2026-02-28T10:30:00.000001+02:00", datetime(2026, 2, 28, 8, 30, 0, 1, tzinfo=UTC)),
    ],
)
def test_literals_and_nulls_have_the_type_they_are_asked_for(
    bench: SourceBench, kind: FieldType, value: Any, wanted: Any
) -> None:
    functions = connector_of(bench).functions
    literal = functions.output(functions.literal(value, kind), kind, None).label("x")
    null = functions.output(functions.empty(kind), kind, None).label("y")
    (row,) = rows_of(bench, select(literal, null))
    found = bool(row["x"]) if kind is B else row["x"]
    found = found.replace(tzinfo=UTC) if isinstance(found, datetime) and found.tzinfo is None else found
    assert (found, row["y"]) == (wanted, None)


def test_masks_and_digests_are_the_same_everywhere(bench: SourceBench) -> None:
    functions = connector_of(bench).functions

    def of(text: str, treatment: Treatment) -> ColumnElement[Any]:
        value = functions.literal(text, T)
        return functions.output(masked(value, T, treatment, functions=functions, hash_key="key"), T, None)

    texts = ["", "abcd", "Straße 日本", "anna@example.com"]
    asked = [of(text, treatment) for treatment in Treatment for text in texts]
    (row,) = rows_of(bench, select(*(each.label(f"c{at}") for at, each in enumerate(asked))))
    stars = ["****"] * 4
    last, domain = ["****", "****", "****e 日本", "****.com"], ["****", "****", "****", "****@example.com"]
    hashed = [sha256(f"key{text}key".encode()).hexdigest()[:24] for text in texts]
    assert list(row.values()) == [*stars, *last, *domain, *stars, *hashed]
