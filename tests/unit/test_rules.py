"""Conditional formatting: operators against a plain reading of each cell, looks, precedence, colours and words."""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from core.domain.appearance import FormatRule, RuleKind, Tone
from core.domain.field import FieldType, NumberStyle
from core.domain.filter import Operator, Scalar
from core.domain.result import ResultColumn
from core.render.palette import chart_colours, contrast, ink_on, inks, mixed
from core.render.rule_words import rules_in_words
from core.render.rules import Look, Marker, make_marker
from core.render.tones import paint
from tests.render_results import ZONE, column

NUMBERS = [None, -3, 0, 7, 8, 2**63 - 1]
EXACT = [None, Decimal("-0.01"), Decimal("0.10"), Decimal("0.30"), Decimal("99999999999999999999999999.99")]
FLOATS = [None, math.nan, math.inf, -math.inf, -0.5, 0.3, 7.0]
TEXTS = [None, "", "Ärger", "ärger", "Zoë", "a%b", "a_b", "aXb", "."]
DAYS = [None, date(1969, 12, 31), date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30)]
INSTANTS = [
    None,
    datetime(1969, 12, 31, 23, 30, tzinfo=UTC),
    datetime(2026, 3, 28, 22, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 3, 28, 23, tzinfo=UTC),  # midnight in Berlin: the 29th begins
    datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC),
    datetime(2026, 3, 29, 22, tzinfo=UTC),  # and it ends an hour early
]


def number(*, exact: bool = True) -> ResultColumn:
    return column("amount", FieldType.DECIMAL if exact else FieldType.INTEGER)


def marked(rule: FormatRule, values: list[object], kind: pa.DataType, field: ResultColumn) -> list[object]:
    """The values that the rule marks."""
    batch = pa.record_batch([pa.array(values, kind)], names=[field.key])
    marker = make_marker([rule], [field], ZONE, [batch])
    assert marker is not None
    codes = marker.codes(batch)[0]
    return [value for value, code in zip(values, codes, strict=True) if code]


Case = tuple[Operator, tuple[Scalar, ...], Callable[[float], bool]]
NUMBER_CASES: list[Case] = [
    (Operator.IS, (7, 0), lambda n: n in (7, 0)),
    (Operator.GREATER, (0,), lambda n: n > 0),
    (Operator.AT_LEAST, (7,), lambda n: n >= 7),
    (Operator.LESS, (7,), lambda n: n < 7),
    (Operator.AT_MOST, (0,), lambda n: n <= 0),
    (Operator.BETWEEN, (0, 7), lambda n: 0 <= n <= 7),
]
OPPOSITES = [(Operator.IS, Operator.IS_NOT), (Operator.BETWEEN, Operator.NOT_BETWEEN)]


@pytest.mark.parametrize(("operator", "values", "holds"), NUMBER_CASES)
@pytest.mark.parametrize(
    ("cells", "kind"), [(NUMBERS, pa.int64()), (EXACT, pa.decimal128(38, 2)), (FLOATS, pa.float64())]
)
def test_numbers(
    operator: Operator, values: tuple[Scalar, ...], holds: Callable[[float], bool], cells: list, kind: pa.DataType
) -> None:
    rule = FormatRule(key="amount", operator=operator, values=values)
    expected = [cell for cell in cells if cell is not None and holds(cell)]
    assert marked(rule, cells, kind, number()) == expected
    for plain, opposite in OPPOSITES:
        if plain is operator:
            rule = FormatRule(key="amount", operator=opposite, values=values)
            found = marked(rule, cells, kind, number())
            assert [str(cell) for cell in found] == [str(cell) for cell in cells if cell not in expected]


def test_exact_numbers_compare_exactly() -> None:
    cells = [Decimal("0.10"), Decimal("0.30")]
    rule = FormatRule(key="amount", operator=Operator.IS, values=(0.3,))
    assert marked(rule, cells, pa.decimal128(38, 2), number()) == [Decimal("0.30")]
    rule = FormatRule(key="amount", operator=Operator.GREATER, values=(2**63 - 2,))
    assert marked(rule, [2**63 - 2, 2**63 - 1], pa.int64(), number(exact=False)) == [2**63 - 1]
    rule = FormatRule(key="amount", operator=Operator.GREATER, values=(0.2999,))
    assert marked(rule, cells, pa.decimal128(38, 2), number()) == [Decimal("0.30")]
    rule = FormatRule(key="amount", operator=Operator.GREATER, values=(1e-300,))
    assert marked(rule, cells, pa.decimal128(38, 2), number()) == cells


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        (Operator.IS, ("Ärger",), ["Ärger"]),
        (Operator.IS_NOT, ("Ärger", ""), [None, *TEXTS[3:]]),
        (Operator.CONTAINS, ("ÄRG", "zo"), ["Ärger", "ärger", "Zoë"]),
        (Operator.CONTAINS, ("%",), ["a%b"]),
        (Operator.CONTAINS, (".",), ["."]),
        (Operator.STARTS_WITH, ("A_",), ["a_b"]),
        (Operator.ENDS_WITH, ("B",), ["a%b", "a_b", "aXb"]),
        (Operator.NOT_CONTAINS, ("a", "ä", "."), [None, "", "Zoë"]),
        (Operator.NOT_STARTS_WITH, ("a", "ä", "z"), [None, "", "."]),
        (Operator.NOT_ENDS_WITH, ("b", "r"), [None, "", "Zoë", "."]),
        (Operator.IS_EMPTY, (), [None, ""]),
        (Operator.IS_NOT_EMPTY, (), TEXTS[2:]),
    ],
)
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_texts(operator: Operator, values: tuple[str, ...], expected: list[object], kind: pa.DataType) -> None:
    rule = FormatRule(key="name", operator=operator, values=values)
    assert marked(rule, TEXTS, kind, column("name", FieldType.TEXT)) == expected


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        (Operator.IS, ("2026-03-29",), [3]),
        (Operator.IS_NOT, (date(2026, 3, 29),), [0, 1, 2, 4]),
        (Operator.GREATER, ("2026-03-28",), [3, 4]),
        (Operator.AT_LEAST, ("2026-03-28",), [2, 3, 4]),
        (Operator.LESS, ("2026-03-29",), [1, 2]),
        (Operator.AT_MOST, (date(1969, 12, 31),), [1]),
        (Operator.BETWEEN, ("2026-03-28", "2026-03-29"), [2, 3]),
        (Operator.NOT_BETWEEN, ("2026-03-28", "2026-03-29"), [0, 1, 4]),
        (Operator.IS_EMPTY, (), [0]),
    ],
)
def test_days(operator: Operator, values: tuple[Scalar, ...], expected: list[int]) -> None:
    rule = FormatRule(key="day", operator=operator, values=values)
    found = marked(rule, DAYS, pa.date32(), column("day", FieldType.DATE))
    assert found == [DAYS[place] for place in expected]


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        (Operator.IS, ("2026-03-29",), [3, 4]),
        (Operator.IS, ("2026-03-29T00:00",), [3]),
        (Operator.IS, ("1970-01-01", "2026-03-30"), [1, 5]),
        (Operator.GREATER, ("2026-03-29",), [5]),
        (Operator.GREATER, ("2026-03-29T00:00:00",), [4, 5]),
        (Operator.AT_LEAST, ("2026-03-29",), [3, 4, 5]),
        (Operator.LESS, (date(2026, 3, 29),), [1, 2]),
        (Operator.AT_MOST, (datetime(2026, 3, 29, tzinfo=ZoneInfo(ZONE)),), [1, 2, 3]),
        (Operator.BETWEEN, ("2026-03-29", "2026-03-29"), [3, 4]),
        (Operator.NOT_BETWEEN, ("2026-03-29", "2026-03-29"), [0, 1, 2, 5]),
    ],
)
@pytest.mark.parametrize("zone", [ZONE, "UTC"])
def test_instants_by_the_days_of_the_report(
    operator: Operator, values: tuple[Scalar, ...], expected: list[int], zone: str
) -> None:
    rule = FormatRule(key="at", operator=operator, values=values)
    found = marked(rule, INSTANTS, pa.timestamp("us", tz=zone), column("at", FieldType.DATETIME))
    assert found == [INSTANTS[place] for place in expected]


def test_truth_values() -> None:
    rule = FormatRule(key="paid", operator=Operator.IS_NOT, values=(True,))
    assert marked(rule, [True, False, None], pa.bool_(), column("paid", FieldType.BOOLEAN)) == [False, None]


COLUMNS = (column("name", FieldType.TEXT), column("amount", FieldType.INTEGER))


def looks_of(marker: Marker, batch: pa.RecordBatch) -> list[list[Look | None]]:
    codes = marker.codes(batch)
    places = range(batch.num_columns)
    return [
        [marker.looks[codes[place][row]] if place in codes else None for place in places] for row in range(len(batch))
    ]


def rows_of(*rows: tuple[str | None, int | None]) -> pa.RecordBatch:
    return pa.record_batch(
        [pa.array([name for name, _ in rows], pa.string()), pa.array([amount for _, amount in rows], pa.int64())],
        names=["name", "amount"],
    )


def test_the_first_rule_that_fits_wins_and_whole_rows_reach_every_column() -> None:
    rules = (
        FormatRule(key="amount", operator=Operator.GREATER, values=(90,), tone=Tone.GOOD),
        FormatRule(key="name", operator=Operator.IS, values=("x",), tone=Tone.QUIET, whole_row=True),
        FormatRule(key="amount", kind=RuleKind.SCALE, tone=Tone.BAD),
        FormatRule(key="name", operator=Operator.IS_NOT_EMPTY, tone=Tone.WARNING),
    )
    batch = rows_of(("x", 100), ("x", 50), ("y", 0), (None, None))
    marker = make_marker(rules, COLUMNS, ZONE, [batch])
    assert marker is not None
    mark = {tone: Look(kind=RuleKind.MARK, tone=tone) for tone in Tone}
    assert looks_of(marker, batch) == [
        [mark[Tone.QUIET], mark[Tone.GOOD]],
        [mark[Tone.QUIET], mark[Tone.QUIET]],
        [mark[Tone.WARNING], Look(kind=RuleKind.SCALE, tone=Tone.BAD, level=0.0)],
        [None, None],
    ]


def test_shades_compare_over_all_batches() -> None:
    batches = [rows_of(("a", -10), ("b", None)), rows_of(("c", 0), ("d", 10))]
    marker = make_marker([FormatRule(key="amount", kind=RuleKind.SCALE)], COLUMNS, ZONE, batches)
    assert marker is not None
    levels = [look and look.level for batch in batches for _, look in looks_of(marker, batch)]
    assert levels == [0.0, None, 0.5, 1.0]
    assert 0 not in marker.codes(batches[0])


@pytest.mark.parametrize(
    ("values", "spans"),
    [
        ([0, 5, 20], [(0.0, 0.0), (0.0, 0.25), (0.0, 1.0)]),
        ([20, 10], [(0.0, 1.0), (0.0, 0.5)]),
        ([-10, 0, 30], [(0.0, 0.25), (0.25, 0.25), (0.25, 1.0)]),
        ([-8, -4], [(0.0, 1.0), (0.5, 1.0)]),
        ([0, 0], [(0.0, 0.0), (0.0, 0.0)]),
    ],
)
def test_bars_begin_at_zero(values: list[int], spans: list[tuple[float, float]]) -> None:
    batch = rows_of(*(("a", value) for value in values))
    marker = make_marker([FormatRule(key="amount", kind=RuleKind.BAR)], COLUMNS, ZONE, [batch])
    assert marker is not None
    assert [(look.starts, look.ends) for _, look in looks_of(marker, batch) if look] == spans


def test_odd_numbers_have_the_ends_of_a_scale_or_nothing() -> None:
    field, huge = column("amount", FieldType.DECIMAL), 1.7976931348623157e308
    batch = pa.record_batch([pa.array([None, math.nan, math.inf, -math.inf, -huge, huge, 0.0])], names=["amount"])
    marker = make_marker([FormatRule(key="amount", kind=RuleKind.SCALE)], [field], ZONE, [batch])
    assert marker is not None
    assert [look and look.level for (look,) in looks_of(marker, batch)] == [None, None, 1.0, 0.0, 0.0, 1.0, 0.5]
    flat = pa.record_batch([pa.array([3.0, 3.0])], names=["amount"])
    marker = make_marker([FormatRule(key="amount", kind=RuleKind.SCALE)], [field], ZONE, [flat])
    assert marker is not None
    assert [look and look.level for (look,) in looks_of(marker, flat)] == [0.5, 0.5]


def test_spread_columns_share_a_scale_and_totals_stay_plain() -> None:
    spread = tuple(
        ResultColumn(key=key, label="Amount", type=FieldType.INTEGER, role=COLUMNS[1].role, spans=(span,))
        for key, span in (("amount|DE", "DE"), ("amount|FR", "FR"), ("amount", "Total"))
    )
    batch = pa.record_batch([pa.array([1]), pa.array([5]), pa.array([6])], names=[one.key for one in spread])
    marker = make_marker([FormatRule(key="amount", kind=RuleKind.SCALE)], spread, ZONE, [batch])
    assert marker is not None
    assert [look and look.level for look in looks_of(marker, batch)[0]] == [0.0, 1.0, None]


def test_a_rule_without_its_column_does_nothing() -> None:
    assert make_marker([FormatRule(key="gone", kind=RuleKind.BAR)], COLUMNS, ZONE, []) is None
    assert make_marker([], COLUMNS, ZONE, []) is None


ACCENTS = (None, "#A4262C", "#FFDD00", "#000000", "#FFFFFF", "#0A7D38", "#1F3A5F")
LOOKS = (
    *(Look(kind=RuleKind.MARK, tone=tone) for tone in Tone),
    *(Look(kind=RuleKind.SCALE, tone=tone, level=level / 4) for tone in Tone for level in range(5)),
    *(Look(kind=RuleKind.BAR, tone=tone, ends=1.0) for tone in Tone),
)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("accent", ACCENTS)
def test_every_look_can_be_read(dark: bool, accent: str | None) -> None:
    colours = inks(dark=dark, accent=accent)
    for look in LOOKS:
        painted = paint(look, dark=dark, accent=accent)
        behind = painted.fill or painted.bar or colours.card
        assert contrast(painted.ink or colours.ink, behind) >= 4.5, look
    assert contrast(colours.accent_ink, colours.card) >= 4.5
    assert contrast(ink_on(colours.accent), colours.accent) >= 4.5
    series = chart_colours(dark=dark, accent=accent)
    assert len(set(series)) == len(series) >= 5
    assert all(contrast(series[0], colours.card) >= (3 if accent else 1) for _ in series)


def test_good_and_bad_differ_without_colour() -> None:
    signs = [paint(Look(kind=RuleKind.MARK, tone=tone)).sign for tone in (Tone.GOOD, Tone.WARNING, Tone.BAD)]
    assert len({*signs, ""}) == 4


def test_mixing() -> None:
    assert (mixed("#000000", "#FFFFFF", 0), mixed("#000000", "#FFFFFF", 1)) == ("#000000", "#FFFFFF")
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


def test_words() -> None:
    share = column("share", FieldType.DECIMAL, style=NumberStyle.PERCENT)
    columns = (*COLUMNS, share, column("at", FieldType.DATETIME), column("day", FieldType.DATE))
    rules = (
        FormatRule(key="share", operator=Operator.LESS, values=(0.05,), tone=Tone.BAD),
        FormatRule(key="name", operator=Operator.IS, values=("a", "b"), tone=Tone.QUIET, whole_row=True),
        FormatRule(key="amount", operator=Operator.BETWEEN, values=(1000, 2000), tone=Tone.GOOD),
        FormatRule(key="day", operator=Operator.GREATER, values=("2026-11-23",)),
        FormatRule(key="at", operator=Operator.AT_MOST, values=("2026-11-23T09:00",), tone=Tone.WARNING),
        FormatRule(key="name", operator=Operator.IS_EMPTY),
        FormatRule(key="name", operator=Operator.IS_NOT, values=tuple("abcdef")),
        FormatRule(key="amount", kind=RuleKind.SCALE),
        FormatRule(key="amount", kind=RuleKind.BAR),
        FormatRule(key="gone", kind=RuleKind.BAR),
    )
    assert rules_in_words(rules, columns, ZONE) == (
        "✕ bad: Share is less than 5.0%",
        'quiet, whole row: Name is "a" or "b"',
        "✓ good: Amount is between 1,000 and 2,000",
        "marked: Day is after 23 Nov 2026",
        "! warning: At is on or before 23 Nov 2026, 09:00",
        "marked: Name is empty",
        'marked: Name is not "a", "b", "c", "d" or one of 2 more',
        "shaded: Amount",
        "bars: Amount",
    )
