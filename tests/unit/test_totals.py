"""Totals below the rows of what people read, and columns that are not shown, in every format."""

import io
from datetime import date
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pytest

from core.artifacts.manifest import build_manifest
from core.domain.artifact import Rendering
from core.domain.field import DateStyle, FieldType, NumberStyle
from core.domain.manifest_json import dump_manifest, load_manifest
from core.domain.result import ColumnRole, Result, ResultColumn, Total
from core.domain.shown import shown_result
from core.domain.word_forms import day_words, duration_words
from core.render import RENDERERS
from core.render.cells import display_strings, display_value, header_label
from core.render.xlsx_renderer import XlsxRenderer
from tests.contract.test_renderers import READERS
from tests.render_results import ZONE, column, result_of

FOR_PEOPLE = ("html", "markdown", "pdf", "xlsx")


def measure(key: str, kind: FieldType, **format_fields: object) -> ResultColumn:
    made = column(key, kind, **format_fields)
    return ResultColumn(key=key, label=made.label, type=kind, role=ColumnRole.MEASURE, format=made.format)


COLUMNS = (
    column("country", FieldType.TEXT),
    column("month", FieldType.DATE, date_style=DateStyle.MONTH),
    measure("secret", FieldType.INTEGER),
    measure("amount", FieldType.DECIMAL, style=NumberStyle.CURRENCY, unit="EUR"),
    measure("waiting", FieldType.DECIMAL, style=NumberStyle.DURATION),
)
TOTALS = (
    Total(level=0, keys=(), values=(None, None, 987654, Decimal("60.75"), 90061.0)),
    Total(level=1, keys=("Germany",), values=(None, None, 987654, Decimal("50.50"), 3900.0)),
    Total(level=1, keys=(None,), values=(None, None, 987654, Decimal("10.25"), None)),
)


def result(**changes: object) -> Result:
    table = pa.table(
        {
            "country": ["Germany", "Germany", None],
            "month": [date(2026, 10, 1), date(2026, 11, 1), date(2026, 11, 1)],
            "secret": [987654, 987654, 987654],
            "amount": pa.array([Decimal("20.25"), Decimal("30.25"), Decimal("10.25")], pa.decimal128(12, 2)),
            "waiting": [3900.0, 59.0, 90061.0],
        }
    )
    columns = tuple(
        one if one.key != "secret" else ResultColumn(**{**_fields(one), "is_hidden": True}) for one in COLUMNS
    )
    return result_of(table, columns, totals=TOTALS, **changes)


def _fields(one: ResultColumn) -> dict[str, object]:
    return {name: getattr(one, name) for name in ResultColumn.__dataclass_fields__}


def content_of(name: str, what: Result) -> bytes:
    target = io.BytesIO()
    RENDERERS[name].render(shown_result(what), target)
    return target.getvalue()


@pytest.mark.parametrize("name", sorted(RENDERERS))
def test_hidden_columns_are_in_no_format(name: str):
    text = READERS[name](content_of(name, result()))
    assert "Germany" in text
    assert "987654" not in text.replace(",", "")
    assert "Secret" not in text


@pytest.mark.parametrize("name", sorted(RENDERERS))
def test_totals_stand_below_the_rows_of_what_people_read_and_nowhere_else(name: str):
    text = READERS[name](content_of(name, result()))
    for label in ("Total Germany", "Total (empty)"):
        assert (label in text) is (name in FOR_PEOPLE)
    if name in ("html", "markdown", "pdf"):
        assert text.index("Total Germany") < text.index("Total (empty)") < text.rindex("60.75")
        assert "60.75" in text
        assert "1 h 05 min" in text
        assert "25 h 01 min" in text


def test_totals_in_a_workbook_are_numbers_in_bold_below_their_groups():
    sheet = openpyxl.load_workbook(io.BytesIO(content_of("xlsx", result())))["Rows"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("Country", "Month", "Amount (EUR)", "Waiting (s)")
    assert rows[-1] == ("Total", None, 60.75, 90061)
    assert rows[3] == ("Total Germany", None, 50.5, 3900)
    assert sheet.auto_filter.ref is None, "sorting would tear subtotals from their groups"
    assert sheet.cell(row=7, column=3).font.b
    assert not sheet.cell(row=2, column=3).font.b
    assert sheet.cell(row=2, column=2).number_format == "mmm yyyy"


@pytest.mark.parametrize("rows_per_sheet", [1, 2, 3, 4, 6, 50])
def test_totals_that_no_sheet_has_room_for_go_on_the_next(rows_per_sheet: int):
    target = io.BytesIO()
    XlsxRenderer(rows_per_sheet=rows_per_sheet).render(shown_result(result()), target)
    book = openpyxl.load_workbook(target)
    rows = [row for sheet in book.worksheets[1:] for row in sheet.iter_rows(min_row=2, values_only=True)]
    firsts = [row[0] for row in rows if any(cell is not None for cell in row)]
    below = ["Germany", "Germany", None, "Total Germany", "Total (empty)", "Total"]
    among = ["Germany", "Germany", "Total Germany", None, "Total (empty)", "Total"]
    assert firsts == (among if rows_per_sheet >= len(among) else below)


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_a_result_without_rows_has_no_totals(name: str):
    empty = result()
    empty = Result(head=empty.head, batches=[batch.slice(0, 0) for batch in empty.batches])
    assert "Total Germany" not in READERS[name](content_of(name, empty))


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_totals_beyond_the_limit_say_so(name: str):
    text = READERS[name](content_of(name, result(rows_matched=5231, row_limit=3)))
    assert "Totals count all 5,231 rows." in text.replace("\n", " ")


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_what_a_result_says_of_itself_is_in_the_file(name: str):
    said = "Subtotals are given for the first 10,000 groups."
    assert said in READERS[name](content_of(name, result(notes=(said,)))).replace("\n", " ")


def test_the_manifest_has_the_totals_and_old_ones_are_read():
    manifest = build_manifest(result().head, Rendering(rows=3), "ab" * 32, 10)
    assert manifest.totals[0].values == {"amount": "60.75", "waiting": "90061.0"}
    assert load_manifest(dump_manifest(manifest)) == manifest
    old = dump_manifest(manifest)
    del old["totals"]
    assert load_manifest(old).totals == ()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (4.25, "4.2 s"),
        (42, "42 s"),
        (59.7, "1 min 00 s"),
        (303, "5 min 03 s"),
        (3599.6, "1 h 00 min"),
        (3900, "1 h 05 min"),
        (-3900, "-1 h 05 min"),
        (Decimal(4334400), "1,204 h 00 min"),
    ],
)
def test_durations_in_words(seconds: float, words: str):
    assert duration_words(seconds) == words


def test_a_duration_says_its_unit_in_the_cell_or_in_the_header():
    waiting = COLUMNS[4]
    assert header_label(waiting) == "Waiting (s)"
    assert display_strings(pa.array([3900.0, None, float("nan")]), waiting, timezone=ZONE) == ["1 h 05 min", "", "NaN"]


@pytest.mark.parametrize(
    ("style", "words"),
    [
        (None, "5 Nov 2026"),
        (DateStyle.LONG, "Thursday 5 November 2026"),
        (DateStyle.ISO, "2026-11-05"),
        (DateStyle.WEEKDAY, "Thu 5 Nov 2026"),
        (DateStyle.MONTH, "Nov 2026"),
        (DateStyle.QUARTER, "Q4 2026"),
        (DateStyle.YEAR, "2026"),
    ],
)
def test_days_in_their_style(style: DateStyle | None, words: str):
    day = date(2026, 11, 5)
    one = column("day", FieldType.DATE, date_style=style)
    assert day_words(day, style) == words
    assert display_strings(pa.array([day, None]), one, timezone=ZONE) == [words, ""]
    assert display_value(day, FieldType.DATE, one.format, ZONE) == words
