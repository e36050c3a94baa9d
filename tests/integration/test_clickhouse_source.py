import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Numeric,
    Select,
    Text,
    case,
    column,
    func,
    not_,
    select,
    table,
)

from core.catalog.sources import SOURCES
from core.catalog.sources.chdb_source import CHDB, ENGINE
from core.catalog.sources.clickhouse_http import HttpLink
from core.catalog.sources.clickhouse_source import CLICKHOUSE, ready_connection
from core.catalog.sources.clickhouse_sql import ClickHouseFunctions, field_type
from core.catalog.sources.connector import CompiledQuery, Connector
from core.catalog.sources.sql_functions import Bucketing
from core.clock import FixedClock
from core.domain.definition import Aggregation
from core.domain.field import FieldType
from core.domain.filter import Calendar, Grain
from core.errors import InvalidInput, QueryFailed, SourceBusy, SourceUnavailable
from core.settings import Settings
from tests.clickhouse_server import CAREFUL, running_server
from tests.source_benches.chdb_bench import ChdbBench
from tests.source_benches.clickhouse_bench import ClickHouseBench
from tests.source_benches.clickhouse_tables import quoted
from tests.source_parts import NOW

F = ClickHouseFunctions()
INTEGER, DECIMAL, TEXT = FieldType.INTEGER, FieldType.DECIMAL, FieldType.TEXT
BOOLEAN, DATE, DATETIME = FieldType.BOOLEAN, FieldType.DATE, FieldType.DATETIME

_CREATE = """
CREATE TABLE things (
    id Int64, note Nullable(String), mood Enum8('z' = 1, 'a' = 2), token UUID, code FixedString(4),
    tag LowCardinality(Nullable(String)), n Nullable(Int64), u64 UInt64, i128 Int128, i256 Int256,
    amount Nullable(Decimal(12, 2)) COMMENT 'Net of VAT', wide Decimal(60, 2), weight Nullable(Float64), f32 Float32,
    is_paid Nullable(Bool), day Nullable(Date), far Date32, at Nullable(DateTime64(9)), dt DateTime('America/New_York'),
    tags Array(String), pairs Map(String, Int8), ip IPv4, sums SimpleAggregateFunction(sum, Int64),
    state AggregateFunction(sum, Int64)
) ENGINE = MergeTree ORDER BY id COMMENT 'All types'
"""
_ROWS = """
INSERT INTO things (id, note, mood, token, code, tag, n, u64, i128, i256, amount, wide, weight, f32, is_paid, day, far,
    at, dt, tags, ip) VALUES
(1, 'Éa,b', 'z', '61f0c404-5cb3-11e7-907b-a6006ad3dba0', 'ab', 'q', 5, 18446744073709551615, 7, 8, 12.30, 1.25, 2.5,
 0.5, true, '2026-02-28', '1900-02-28', '2026-03-29 01:30:00.123456789', '2026-03-08 04:30:00', ['x'], '1.2.3.4'),
(2, NULL, 'a', '61f0c404-5cb3-11e7-907b-a6006ad3dba0', 'abcd', NULL, NULL, 1, 7, 8, NULL, 1.25, NULL, 0.5, NULL, NULL,
 '2199-12-31', NULL, '2026-03-08 04:30:00', [], '1.2.3.4'),
(3, '', 'a', '61f0c404-5cb3-11e7-907b-a6006ad3dba0', '', '', -7, 1, 7, 8, -2.35, 1.25, -2.5, 0.5, false, '2026-12-31',
 '2199-12-31', '2199-12-31 23:00:00.000001', '2026-03-08 04:30:00', [], '1.2.3.4')
"""
_SHAPES = {
    "id": INTEGER, "note": TEXT, "mood": TEXT, "token": TEXT, "code": TEXT, "tag": TEXT, "n": INTEGER, "u64": DECIMAL,
    "i128": DECIMAL, "i256": DECIMAL, "amount": DECIMAL, "wide": DECIMAL, "weight": DECIMAL, "f32": DECIMAL,
    "is_paid": BOOLEAN, "day": DATE, "far": DATE, "at": DATETIME, "dt": DATETIME, "ip": TEXT, "sums": INTEGER,
}  # fmt: skip
_SQL_TYPES: dict[FieldType, Any] = {
    TEXT: Text, INTEGER: BigInteger, DECIMAL: Numeric, BOOLEAN: Boolean, DATE: Date, DATETIME: DateTime
}  # fmt: skip
THINGS = table("things", *(column(name, _SQL_TYPES[kind]) for name, kind in _SHAPES.items()))
C = THINGS.c


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> ChdbBench:
    bench = ChdbBench(tmp_path_factory.mktemp("chdb"))
    bench.execute(_CREATE)
    bench.execute(_ROWS)
    return bench


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseBench]:
    folder = tmp_path_factory.mktemp("clickhouse")
    with running_server(folder / "server") as port:
        bench = ClickHouseBench(folder, port)
        bench.execute(_CREATE)
        bench.execute(_ROWS)
        yield bench


def fetched(connector: Connector, statement: CompiledQuery | Select[Any]) -> Any:
    with connector.snapshot(deadline_s=30) as snapshot:
        return snapshot.fetch(statement)


def values(bench: ChdbBench, *columns: ColumnElement[Any], where: Any = None) -> list[Any]:
    """What the columns hold in the three rows; tuples where there are several."""
    labelled = [each.label(f"c{place}") for place, each in enumerate(columns)]
    statement = select(*labelled).select_from(THINGS).order_by(C.id)
    found = fetched(bench.connector(), statement if where is None else statement.where(where)).to_pylist()
    rows = [tuple(row.values()) for row in found]
    return [row[0] for row in rows] if len(columns) == 1 else rows


def alone(bench: ChdbBench, column: ColumnElement[Any], *, where: Any = None) -> Any:
    statement = select(column.label("c")).select_from(THINGS)
    (row,) = fetched(bench.connector(), statement if where is None else statement.where(where)).to_pylist()
    return row["c"]


@pytest.mark.parametrize("kind", ["embedded", "server"])
def test_every_type_is_handed_out_as_results_have_it(kind: str, request: pytest.FixtureRequest) -> None:
    bench = request.getfixturevalue(kind)
    scales = {"u64": 0, "i128": 0, "i256": 0}
    outputs = [F.output(C[name], each, scales.get(name)).label(name) for name, each in _SHAPES.items()]
    found = fetched(bench.connector(), select(*outputs).select_from(THINGS).order_by(C.id))
    assert [str(each) for each in found.schema.types] == [
        "int64", "string", "string", "string", "string", "string", "int64",
        "decimal128(38, 0)", "decimal128(38, 0)", "decimal128(38, 0)", "decimal128(38, 2)", "decimal128(38, 2)",
        "double", "double", "bool", "date32[day]", "date32[day]",
        "timestamp[us, tz=UTC]", "timestamp[us, tz=UTC]", "string", "int64",
    ]  # fmt: skip
    first, empty, _ = found.to_pylist()
    assert first["at"] == datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)
    assert first["dt"] == datetime(2026, 3, 8, 8, 30, tzinfo=UTC)
    assert (first["u64"], first["i128"], first["i256"]) == (18446744073709551615, 7, 8)
    assert (first["mood"], first["code"], first["ip"]) == ("z", "ab", "1.2.3.4")
    assert first["token"] == "61f0c404-5cb3-11e7-907b-a6006ad3dba0"
    assert first["far"] == date(1900, 2, 28)
    assert [name for name, value in empty.items() if value is None] == [
        "note", "tag", "n", "amount", "weight", "is_paid", "day", "at",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["embedded", "server"])
def test_introspection_reads_types_scales_and_comments(kind: str, request: pytest.FixtureRequest) -> None:
    bench = request.getfixturevalue(kind)
    draft = next(draft for draft in bench.connector().introspect() if draft.table_name == "things")
    assert {field.name: field.type for field in draft.fields} == _SHAPES
    assert draft.skipped == ("tags", "pairs", "state")
    assert (draft.description, draft.row_estimate, draft.is_view, draft.primary_key) == ("All types", 3, False, ())
    scales = {field.name: field.scale for field in draft.fields if field.type is DECIMAL}
    assert scales == {"u64": 0, "i128": 0, "i256": 0, "amount": 2, "wide": 2, "weight": None, "f32": None}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("Nullable(Decimal(12, 2))", (DECIMAL, 2)),
        ("LowCardinality(Nullable(String))", (TEXT, None)),
        ("DateTime64(3, 'Asia/Tokyo')", (DATETIME, None)),
        ("Enum8('a)' = 1)", (TEXT, None)),
        ("Array(Int8)", None),
        ("Tuple(a Int8)", None),
        ("JSON", None),
        ("AggregateFunction(sum, Int64)", None),
    ],
)
def test_types_are_told_apart(given: str, wanted: tuple[FieldType, int | None] | None) -> None:
    assert field_type(given) == wanted


@pytest.mark.parametrize(
    ("aggregation", "name", "wanted"),
    [
        (Aggregation.COUNT, "n", 2),
        (Aggregation.COUNT_DISTINCT, "mood", 2),
        (Aggregation.SUM, "n", -2),
        (Aggregation.SUM, "amount", Decimal("9.95")),
        (Aggregation.SUM, "u64", Decimal(18446744073709551617)),
        (Aggregation.SUM, "weight", 0.0),
        (Aggregation.AVERAGE, "amount", pytest.approx(4.975)),
        (Aggregation.MEDIAN, "n", -1.0),
        (Aggregation.PERCENTILE, "amount", pytest.approx(10.835)),
        (Aggregation.MIN, "mood", "a"),
        (Aggregation.MAX, "mood", "z"),
        (Aggregation.MAX, "n", 5),
    ],
)
def test_aggregates_ignore_nulls_and_are_null_over_nothing(
    embedded: ChdbBench, aggregation: Aggregation, name: str, wanted: object
) -> None:
    figure = F.aggregate(aggregation, C[name], _SHAPES[name], percent=90)
    assert alone(embedded, figure) == wanted
    counts = aggregation in (Aggregation.COUNT, Aggregation.COUNT_DISTINCT)
    assert alone(embedded, figure, where=C.id > 100) == (0 if counts else None)


def test_numbers_never_wrap(embedded: ChdbBench) -> None:
    huge = F.literal(2**62, INTEGER)
    for sum_ in (huge + huge, huge * huge, F.literal(-(2**62), INTEGER) - huge - huge):
        with pytest.raises(QueryFailed, match="does not fit"):
            values(embedded, sum_)
    wide = F.literal(Decimal("9" * 36 + ".99"), DECIMAL)
    with pytest.raises(QueryFailed, match="digits than 38"):
        alone(embedded, F.aggregate(Aggregation.SUM, wide * 1, DECIMAL))
    # Of a column of 12 digits, which ClickHouse multiplies to 18.
    assert values(embedded, C.amount * Decimal("1000000000.0000"))[0] == Decimal(12300000000)


def test_arithmetic_is_exact_where_the_source_is_and_heeds_zero(embedded: ChdbBench) -> None:
    first, empty, _ = values(
        embedded, C.n + 1, C.amount * C.amount, C.amount - C.weight, F.divided(C.n, C.n - 5), C.n % 3,
        C.amount % Decimal("0.7"), C.weight % 2, C.n % func.nullif(C.n, C.n),
    )  # fmt: skip
    assert first == (6, Decimal("151.29"), pytest.approx(9.8), None, 2, Decimal("0.40"), 0.5, None)
    assert set(empty) == {None}


def test_exact_and_floating_numbers_meet(embedded: ChdbBench) -> None:
    zero, half = F.literal(0, DECIMAL), F.literal(Decimal("0.5"), DECIMAL)
    rows = values(
        embedded,
        func.coalesce(C.weight, zero),
        func.coalesce(C.amount, half),
        case((C.id == 1, C.weight), else_=half),
        case((C.id == 1, C.amount), else_=F.empty(DECIMAL)),
        func.greatest(func.coalesce(C.weight, zero), half),
        C.weight == Decimal("2.5"),
    )
    assert rows[0] == (2.5, Decimal("12.30"), 2.5, Decimal("12.30"), 2.5, 1)
    assert rows[1] == (0.0, Decimal("0.50"), 0.5, None, 0.5, None)


@pytest.mark.parametrize(
    ("digits", "amounts", "weights"),
    [
        (0, ["12", "-2"], [3.0, -3.0]),
        (1, ["12.3", "-2.4"], [2.5, -2.5]),
        (2, ["12.3", "-2.35"], [2.5, -2.5]),
        (-1, ["10", "0"], [0.0, 0.0]),
    ],
)
def test_rounding_goes_half_away_from_zero(
    embedded: ChdbBench, digits: int, amounts: list[str], weights: list[float]
) -> None:
    rows = values(embedded, F.rounded(C.amount, digits, DECIMAL), F.rounded(C.weight, digits, DECIMAL))
    assert rows == [(Decimal(amounts[0]), weights[0]), (None, None), (Decimal(amounts[1]), weights[1])]
    assert values(embedded, F.rounded(C.n, digits, INTEGER))[0] == (5 if digits >= 0 else 10)


FISCAL = Calendar(week_start=7, fiscal_year_start=4)


@pytest.mark.parametrize(
    ("grain", "wanted"),
    [
        (Grain.DAY, [date(2026, 3, 28), None, date(2199, 12, 31)]),
        (Grain.WEEK, [date(2026, 3, 22), None, date(2199, 12, 29)]),
        (Grain.MONTH, [date(2026, 3, 1), None, date(2199, 12, 1)]),
        (Grain.QUARTER, [date(2026, 1, 1), None, date(2199, 10, 1)]),
        (Grain.YEAR, [date(2025, 4, 1), None, date(2199, 4, 1)]),
        (Grain.ISO_WEEK, ["2026-W13", None, "2200-W01"]),
        (Grain.HOUR_OF_DAY, [21, None, 18]),
        (Grain.DAY_OF_WEEK, [6, None, 2]),
        (Grain.DAY_OF_MONTH, [28, None, 31]),
        (Grain.MONTH_OF_YEAR, [3, None, 12]),
        (Grain.QUARTER_OF_YEAR, [4, None, 3]),
    ],
)
def test_instants_are_grouped_by_the_calendar_of_a_place(
    embedded: ChdbBench, grain: Grain, wanted: list[object]
) -> None:
    assert (
        values(embedded, F.bucket(C.at, Bucketing(grain=grain, timezone="America/New_York", calendar=FISCAL))) == wanted
    )


def test_days_before_1970_are_grouped_too(embedded: ChdbBench) -> None:
    for grain, wanted in ((Grain.MONTH, date(1900, 2, 1)), (Grain.YEAR, date(1900, 1, 1))):
        assert values(embedded, F.bucket(C.far, Bucketing(grain=grain, timezone=None)))[0] == wanted
    # A column with a zone of its own is grouped by UTC's days where the report says so.
    utc = Bucketing(grain=Grain.HOUR_OF_DAY, timezone="UTC")
    assert values(embedded, F.bucket(C.dt, utc))[0] == 8


def text(value: str | None) -> ColumnElement[Any]:
    return F.empty(TEXT) if value is None else F.literal(value, TEXT)


@pytest.mark.parametrize(
    ("given", "kind", "wanted"),
    [
        (" +12.9 ", INTEGER, 12), ("9223372036854775808", INTEGER, None), ("0x1F", INTEGER, None), ("", INTEGER, None),
        ("1.005", DECIMAL, Decimal("1.01")), ("-1.005", DECIMAL, Decimal("-1.01")), ("1e3", DECIMAL, Decimal(1000)),
        ("1e60", DECIMAL, None), ("1_000", DECIMAL, None), ("inf", DECIMAL, None),
        ("TRUE", BOOLEAN, True), (" false", BOOLEAN, False), ("1", BOOLEAN, None),
        ("2026-02-28", DATE, date(2026, 2, 28)), ("2026-02-30", DATE, None), ("28.02.2026", DATE, None),
        ("2026-03-29T01:30:00.5+02:00", DATETIME, datetime(2026, 3, 28, 23, 30, 0, 500000, tzinfo=UTC)),
        ("2026-03-29 01:30", DATETIME, datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("2026-02-30 01:30", DATETIME, None), ("2026-02-28 25:30", DATETIME, None), ("now", DATETIME, None),
        (None, INTEGER, None), (None, DECIMAL, None), (None, DATETIME, None),
    ],
)  # fmt: skip
def test_texts_are_read_as_what_they_say_or_not_at_all(
    embedded: ChdbBench, given: str | None, kind: FieldType, wanted: object
) -> None:
    read = F.converted(text(given), TEXT, kind, scale=2 if kind is DECIMAL else None)
    assert values(embedded, F.output(read, kind, None))[0] == wanted


@pytest.mark.parametrize(
    ("name", "kind", "wanted"),
    [
        ("n", TEXT, ["5", None, "-7"]),
        ("amount", TEXT, ["12.3", None, "-2.35"]),
        ("weight", TEXT, ["2.5", None, "-2.5"]),
        ("is_paid", TEXT, ["true", None, "false"]),
        ("day", TEXT, ["2026-02-28", None, "2026-12-31"]),
        ("at", TEXT, ["2026-03-29T01:30:00.123456Z", None, "2199-12-31T23:00:00.000001Z"]),
        ("amount", INTEGER, [12, None, -2]),
        ("u64", INTEGER, [None, 1, 1]),
        ("is_paid", INTEGER, [1, None, 0]),
        ("n", BOOLEAN, [True, None, True]),
        ("dt", DATE, [date(2026, 3, 8)] * 3),
        ("day", DATETIME, [datetime(2026, 2, 28, tzinfo=UTC), None, datetime(2026, 12, 31, tzinfo=UTC)]),
    ],
)
def test_columns_are_read_as_other_types(embedded: ChdbBench, name: str, kind: FieldType, wanted: list[object]) -> None:
    assert values(embedded, F.output(F.converted(C[name], _SHAPES[name], kind), kind, None)) == wanted


def ids(bench: ChdbBench, where: Any) -> list[int]:
    return [int(each) for each in values(bench, C.id, where=where)]


def test_texts_compare_fold_and_sort_by_character(embedded: ChdbBench) -> None:
    assert ids(embedded, F.matches(C.note, "%éA%")) == [1]
    assert ids(embedded, F.matches(C.note, "%éA%", ignore_case=False)) == []
    assert ids(embedded, C.note.like("É\\_%", escape="\\")) == []
    assert ids(embedded, F.text(C.mood) == "a") == [2, 3]
    assert ids(embedded, F.text(C.note).in_(["it's", "Éa,b", "\\"])) == [1]
    assert ids(embedded, F.text(C.note).not_in(["x"])) == [1, 3]
    assert ids(embedded, F.text(C.note) == "") == [3]
    order = F.order(C.mood, descending=False)
    found = fetched(embedded.connector(), select(F.text(C.mood).label("m")).order_by(*order).limit(2).offset(1))
    assert found.column("m").to_pylist() == ["a", "z"]
    assert values(embedded, func.length(C.note), func.left(C.note, 1))[0] == (4, "É")
    assert values(embedded, F.concatenated([C.note, C.tag])) == ["Éa,bq", None, ""]
    assert values(embedded, F.part(C.note, ",", 2), F.part(C.note, ",", 1)) == [("b", "Éa"), (None, None), (None, "")]


def test_lists_of_numbers_match_exact_and_floating_columns(embedded: ChdbBench) -> None:
    assert ids(embedded, C.amount.in_([1, Decimal("12.3")])) == [1]
    assert ids(embedded, C.weight.in_([2.5, 7])) == [1]
    assert ids(embedded, C.weight.not_in([2.5])) == [3]
    assert ids(embedded, C.n.in_([5, -7])) == [1, 3]
    assert ids(embedded, C.day.in_([date(2026, 2, 28)])) == [1]
    assert ids(embedded, not_(func.coalesce(C.weight.in_([2.5]), False))) == [2, 3]


def test_nulls_meet_where_they_are_the_same_and_sort_last(embedded: ChdbBench) -> None:
    assert ids(embedded, F.same(C.note, C.tag)) == [2, 3]
    for descending, wanted in ((False, [3, 1, 2]), (True, [1, 3, 2])):
        statement = select(C.id).order_by(*F.order(C.n, descending=descending))
        assert fetched(embedded.connector(), statement).column(0).to_pylist() == wanted


def test_a_name_means_the_column_before_the_alias(embedded: ChdbBench) -> None:
    """ClickHouse by itself would filter and group by what is selected under the name."""
    country = func.coalesce(C.note, "none")
    statement = (
        select(country.label("note"), func.sum(C.n).label("n"))
        .where(C.note.is_not(None), C.n > 0)
        .group_by(country.label("note"))
        .having(func.sum(C.n) > 0)
        .order_by(country.label("note").desc().nulls_last())
    )
    assert fetched(embedded.connector(), statement).to_pylist() == [{"note": "Éa,b", "n": 5}]
    saved = CompiledQuery(sql="SELECT upperUTF8(note) AS note FROM things WHERE note = 'Éa,b'")
    assert fetched(embedded.connector(), saved).to_pylist() == [{"note": "ÉA,B"}]


def test_joins_unions_windows_and_common_tables(embedded: ChdbBench) -> None:
    other = select((C.id + 1).label("id"), C.n.label("n")).cte("other")
    joined = (
        select(C.id, other.c.id.label("x"))
        .select_from(THINGS.join(other, other.c.id == C.id, isouter=True))
        .order_by(C.id)
    )
    assert fetched(embedded.connector(), joined).column("x").to_pylist() == [None, 2, 3]
    both = select(C.id, C.amount).union_all(select(C.id, F.empty(DECIMAL))).subquery("both")
    assert fetched(embedded.connector(), select(func.count(), func.count(both.c.amount))).to_pylist() == [
        {"count_1": 6, "count_2": 2}
    ]
    number = func.row_number().over(partition_by=C.mood).label("number")
    inner = select(number, C.mood).subquery("inner")
    assert fetched(embedded.connector(), select(func.count()).where(inner.c.number == 1)).column(0).to_pylist() == [2]


def test_days_are_counted_and_added(embedded: ChdbBench) -> None:
    first, *_ = values(
        embedded,
        F.days_between(C.day, F.literal("2026-03-01", DATE)),
        F.days_added(C.day, C.n),
        F.months_added(F.literal("2024-01-31", DATE), F.literal(1, INTEGER)),
    )
    assert first == (1, date(2026, 3, 5), date(2024, 2, 29))


TRICKY = (
    "'",
    "\\",
    "\\'",
    "x' OR 1=1 --",
    "{p1:String}",
    "\\N",
    "%s",
    "?",
    "\0",
    "a\tb\nc\rd",
    "`",
    '"',
    "$$",
    "é😀",
    "",
)


@pytest.mark.parametrize("kind", ["embedded", "server"])
def test_values_stay_values(kind: str, request: pytest.FixtureRequest) -> None:
    bench = request.getfixturevalue(kind)
    literals = [F.literal(each, TEXT).label(f"c{place}") for place, each in enumerate(TRICKY)]
    assert list(fetched(bench.connector(), select(*literals)).to_pylist()[0].values()) == list(TRICKY)
    matching = [F.literal(each, TEXT).in_(TRICKY).label(f"c{place}") for place, each in enumerate(TRICKY)]
    assert set(fetched(bench.connector(), select(*matching)).to_pylist()[0].values()) == {1}
    others: Sequence[tuple[Any, FieldType]] = [
        (-(2**63), INTEGER), (Decimal("1234567890123456789012345678.12345678"), DECIMAL), (True, BOOLEAN),
        (date(2026, 2, 28), DATE), (datetime(2026, 2, 28, 10, 0, 0, 1, tzinfo=UTC), DATETIME),
    ]  # fmt: skip
    row = fetched(
        bench.connector(), select(*(F.literal(value, each).label(f"c{n}") for n, (value, each) in enumerate(others)))
    )
    assert list(row.to_pylist()[0].values()) == [value for value, _ in others]
    assert ids(bench, C.at >= F.instant(datetime(2026, 3, 29, 1, 30, tzinfo=UTC))) == [1, 3]


@pytest.mark.parametrize("kind", ["embedded", "server"])
def test_a_value_of_a_megabyte_is_a_value(kind: str, request: pytest.FixtureRequest) -> None:
    bench = request.getfixturevalue(kind)
    assert ids(bench, F.text(C.note) == "x" * 1_000_000) == []


ODD = "odd ' \\ \" `"


def test_a_name_may_hold_anything(embedded: ChdbBench) -> None:
    name = 'a "b" FROM `c` \\ {p1:Int64} %s ? é'
    embedded.execute(f"CREATE TABLE {quoted(ODD)} ({quoted(name)} Int8) ENGINE = Memory")
    odd = table(ODD, column(name, BigInteger))
    found = fetched(embedded.connector(), select(odd.c[name].label("x " + name)).where(odd.c[name] == 1))
    assert found.schema.names == ["x " + name]
    assert next(d for d in embedded.connector().introspect() if d.table_name == ODD).fields[0].name == name
    embedded.execute(f"DROP TABLE {quoted(ODD)}")


@pytest.mark.parametrize("kind", ["embedded", "server"])
def test_what_fails_in_the_middle_is_an_error_and_no_shorter_result(kind: str, request: pytest.FixtureRequest) -> None:
    bench = request.getfixturevalue(kind)
    late = CompiledQuery(sql="SELECT throwIf(number = 900000) AS x FROM numbers(1000000)")
    with bench.connector().snapshot(deadline_s=30) as snapshot:
        with closing(snapshot.stream(late)) as batches, pytest.raises(QueryFailed):
            for _ in batches:
                pass
        assert snapshot.fetch(CompiledQuery(sql="SELECT 1 AS x")).to_pylist() == [{"x": 1}]


@pytest.mark.parametrize("kind", ["embedded", "server"])
def test_bytes_that_are_no_text_are_an_error(kind: str, request: pytest.FixtureRequest) -> None:
    bench = request.getfixturevalue(kind)
    with pytest.raises(QueryFailed, match="not UTF-8"):
        fetched(bench.connector(), CompiledQuery(sql="SELECT unhex('ff') AS x"))


@pytest.mark.parametrize("kind", ["embedded", "server"])
def test_another_format_is_refused(kind: str, request: pytest.FixtureRequest) -> None:
    bench = request.getfixturevalue(kind)
    with pytest.raises(QueryFailed):
        fetched(bench.connector(), CompiledQuery(sql="SELECT 1 AS x FORMAT CSV"))


# --- the embedded engine ---


@pytest.mark.parametrize("folder", ["../x", "/etc", ".hidden", "a/b", ""])
def test_a_folder_outside_the_data_folder_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        CHDB.open({"folder": folder}, {}, Settings(data_dir=tmp_path), FixedClock(NOW))
    assert caught.value.place == "folder"
    with pytest.raises(InvalidInput):
        CHDB.open({"folder": "a", "database": 'x"'}, {}, Settings(data_dir=tmp_path), FixedClock(NOW))


def test_the_engine_goes_from_folder_to_folder(embedded: ChdbBench, tmp_path: Path) -> None:
    with (
        ENGINE.on(tmp_path / "other"),
        pytest.raises(SourceBusy, match="one folder at a time"),
        ENGINE.on(embedded.data, wait_s=0),
    ):
        pass
    embedded.connector().test()


def test_a_folder_open_in_another_process_is_said_to_be(tmp_path: Path) -> None:
    program = (
        "import sys; from chdb.state import connect; "
        f"c = connect({str(tmp_path / 'shop')!r}); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with (
            pytest.raises(SourceBusy, match="'shop' is open in another process"),
            ENGINE.on(tmp_path / "shop", wait_s=0),
        ):
            pass
    with ENGINE.on(tmp_path / "shop"):
        pass


def test_files_cannot_be_written_by_a_query(embedded: ChdbBench, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    for sql in (f"SELECT 1 AS x INTO OUTFILE '{out}'", f"SELECT $$'$$ AS x INTO/**/OUTFILE '{out}'"):
        with pytest.raises(QueryFailed, match="write files"):
            fetched(embedded.connector(), CompiledQuery(sql=sql))
    with pytest.raises(QueryFailed):
        fetched(embedded.connector(), CompiledQuery(sql="SELECT * FROM Python(embedded)"))
    assert not out.exists()


# --- the server ---

SEEN = CompiledQuery(
    sql="SELECT toInt64(getSetting('readonly')) AS r, toInt64(getSetting('join_use_nulls')) AS j, "
    "getSetting('session_timezone') AS z, toFloat64(getSetting('max_execution_time')) AS t"
)


def test_every_query_is_read_only_with_our_settings_and_a_deadline(server: ClickHouseBench) -> None:
    (row,) = fetched(server.connector(), SEEN).to_pylist()
    assert row == {"r": 1, "j": 1, "z": "UTC", "t": 35.0}
    (row,) = fetched(server.connector(user=CAREFUL, password=""), SEEN).to_pylist()
    assert row["r"] == 2


def test_a_replica_answers_the_reports_and_both_are_tested(server: ClickHouseBench, tmp_path: Path) -> None:
    with running_server(tmp_path / "replica") as port:
        replica = ClickHouseBench(tmp_path, port)
        replica.execute("CREATE TABLE only_here (n Int64) ENGINE = Memory")
        connector = server.connector(replica_host="127.0.0.1", replica_port=port)
        assert fetched(connector, CompiledQuery(sql="SELECT n FROM only_here")).num_rows == 0
        assert "only_here" not in {draft.table_name for draft in connector.introspect()}
        connector.test()
    with pytest.raises(SourceUnavailable, match=f"Nothing answers at 127.0.0.1:{port}"):
        connector.test()


def test_one_connector_serves_many_threads(server: ClickHouseBench) -> None:
    connector = server.connector()
    found: list[int] = []

    def ask(number: int) -> None:
        with connector.snapshot(deadline_s=30) as snapshot:
            found.append(snapshot.fetch(select(F.literal(number, INTEGER).label("n"))).column(0)[0].as_py())

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(found) == list(range(16))


def test_redirects_are_not_followed(tmp_path: Path) -> None:
    asked: list[str] = []

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_response(307)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_address[1]}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        bench = ClickHouseBench.__new__(ClickHouseBench)
        bench._folder, bench._opened, bench.port = tmp_path, [], httpd.server_port
        with pytest.raises(SourceUnavailable, match="is not the HTTP interface of ClickHouse"):
            bench.connector().test()
        httpd.shutdown()
        thread.join()
    assert asked
    assert not any(path.startswith("/elsewhere") for path in asked)


def test_the_host_of_the_environment_is_trusted_and_ready_made(server: ClickHouseBench, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, clickhouse_host="127.0.0.1", clickhouse_port=server.port)
    ready = ready_connection(settings)
    assert ready == {"host": "127.0.0.1", "port": server.port, "database": "default", "user": "default", "tls": "none"}
    opened = CLICKHOUSE.open({**ready, "user": CAREFUL}, {}, settings, FixedClock(NOW))
    opened.test()
    opened.close()
    other = Settings(data_dir=tmp_path, clickhouse_host="127.0.0.1", clickhouse_port=server.port + 1)
    with pytest.raises(SourceUnavailable, match="private network"):
        CLICKHOUSE.open(ready, {}, other, FixedClock(NOW)).test()
    assert ready_connection(Settings(data_dir=tmp_path)) is None


def test_tls_checks_the_name_while_the_checked_address_is_connected_to(tmp_path: Path) -> None:
    pem = _certificate(tmp_path, "localhost")
    authority = pem.read_text().partition("-----BEGIN PRIVATE")[0]
    with running_server(tmp_path / "server", certificate=pem) as port:
        right = {"host": "localhost", "port": port, "database": "system", "user": CAREFUL, "tls": "verify"}
        settings = Settings(data_dir=tmp_path, allow_private_hosts=("localhost", "127.0.0.1"))

        def connector(**given: str) -> Connector:
            return CLICKHOUSE.open({**right, **given}, {}, settings, FixedClock(NOW))

        assert fetched(connector(certificate=authority), CompiledQuery(sql="SELECT 1 AS x")).num_rows == 1
        assert fetched(connector(tls="encrypt"), CompiledQuery(sql="SELECT 1 AS x")).num_rows == 1
        for wrong in ({}, {"certificate": authority, "host": "127.0.0.1"}):
            with pytest.raises(SourceUnavailable, match="certificate is not the host's"):
                connector(**wrong).test()


def _certificate(folder: Path, host: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "clickhouse.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return file


def test_no_driver_is_loaded_before_a_source_of_its_kind_is_opened() -> None:
    program = "import sys, os, core.catalog.sources; print(*sys.modules, flush=True); os._exit(0)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"chdb", "clickhouse_connect", "duckdb", "pymysql"}.isdisjoint(loaded.stdout.split())
    assert {"clickhouse", "chdb"} <= set(SOURCES)
    assert HttpLink.__module__ == "core.catalog.sources.clickhouse_http"
