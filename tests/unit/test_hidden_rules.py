"""Rules that look at hidden columns mark rows in every format; totals by hidden groupings are named as they should."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from core.domain.appearance import FormatRule, RuleKind, Tone
from core.domain.field import DateStyle, FieldType
from core.domain.filter import Operator
from core.domain.result import Preview, Result, Total
from core.domain.shown import shown_result
from core.render import RENDERERS
from core.render.rules import Look
from core.runs.mail_look import mail_legend, shown_looks
from core.services.looks import page_looks
from tests.contract.test_renderers import READERS
from tests.render_results import ZONE, column, result_of
from tests.unit.test_html_rules import classes
from tests.unit.test_xlsx_rules import rules_in
from tests.xlsx_parts import workbook

BAD = Look(kind=RuleKind.MARK, tone=Tone.BAD)
COLUMNS = (
    replace(column("month", FieldType.DATE, date_style=DateStyle.MONTH), is_hidden=True),
    column("name", FieldType.TEXT),
    replace(column("margin", FieldType.INTEGER), is_hidden=True),
    column("amount", FieldType.INTEGER),
)
TABLE = pa.table(
    {
        "month": [date(2026, 10, 1), date(2026, 10, 1), date(2026, 11, 1)],
        "name": ["a", "b", "c"],
        "margin": [777001, -777002, -777003],
        "amount": [10, 20, 30],
    }
)
LOW = FormatRule(key="margin", operator=Operator.LESS, values=(0,), tone=Tone.BAD)
GOOD_C = FormatRule(key="name", operator=Operator.IS, values=("c",), tone=Tone.GOOD)
RULES = (GOOD_C, LOW, FormatRule(key="margin", kind=RuleKind.SCALE), replace(GOOD_C, values=("b",)))
LEGEND = ('✓ good: Name is "c"', "✕ bad, whole row: Margin is less than 0", '✓ good: Name is "b"')


def result(**changes: object) -> Result:
    return result_of(TABLE, COLUMNS, **({"batch_rows": 2, "rules": RULES} | changes))


def content_of(name: str, what: Result) -> bytes:
    target = io.BytesIO()
    RENDERERS[name].render(shown_result(what), target)
    return target.getvalue()


def test_a_page_marks_the_rows_and_says_why() -> None:
    text = content_of("html", result()).decode()
    first, second, third = classes(text)
    bad = second[0]
    assert first == ["", "n"]
    assert second == [bad, f"n {bad}"]
    assert third[1] == f"n {bad}"
    assert third[0] not in ("", bad), "the first rule that fits wins"
    assert "777" not in text
    assert "bad, whole row: Margin is less than 0" in text


def test_paper_shows_their_signs() -> None:
    text = READERS["pdf"](content_of("pdf", result()))
    assert "✕ b" in text
    assert "✓ c" in text
    assert "777" not in text


def test_a_workbook_has_rules_of_its_own_that_tell_nothing_of_the_values() -> None:
    content = content_of("xlsx", result())
    assert sorted(rules_in(content), key=lambda rule: rule[2]) == [
        ("A2:A4", "expression", 1, ['AND(ISTEXT($A2),EXACT($A2,"c"))']),
        ("A2:B4", "expression", 2, ["AND(ISNUMBER($C2),$C2=1)"]),
        ("A2:A4", "expression", 3, ['AND(ISTEXT($A2),EXACT($A2,"b"))']),
    ]
    sheet = workbook(content)["Rows"]
    assert sheet.column_dimensions["C"].hidden
    assert [cell.value for cell in sheet["C"]] == ["Mark of the row", None, 1, 1]
    assert sheet.auto_filter.ref == "A1:C4", "sorting moves the marks along"


def test_a_mail_marks_the_rows() -> None:
    good = Look(kind=RuleKind.MARK, tone=Tone.GOOD)
    assert shown_looks(result(), 3) == ((None, None), (BAD, BAD), (good, BAD))
    assert mail_legend(result().head) == LEGEND


def test_the_screen_marks_the_rows() -> None:
    preview = Preview(
        columns=COLUMNS, table=TABLE, rows_matched=3, page=1, page_size=3, sql=None, period=None, sentence="",
        filters_in_words=(), as_of=datetime(2026, 11, 23, tzinfo=UTC), elapsed_s=0.0, rules=RULES,
    )  # fmt: skip
    looks = page_looks(preview, ZONE, dark=False)
    assert looks is not None
    assert sorted(looks.styles) == ["amount", "name"]
    assert [bool(style) for style in looks.styles["amount"]] == [False, True, True]
    assert looks.legend == LEGEND


@pytest.mark.parametrize("name", ["html", "pdf", "xlsx"])
def test_a_total_by_a_hidden_grouping_is_named_in_its_format(name: str) -> None:
    totals = (
        Total(level=0, keys=(), values=(None, None, None, 60)),
        Total(level=1, keys=(date(2026, 10, 1),), values=(None, None, None, 30)),
        Total(level=2, keys=(date(2026, 11, 1), "c"), values=(None, None, None, Decimal(30))),
    )
    text = READERS[name](content_of(name, result(totals=totals, rules=())))
    assert "Total Oct 2026" in text
    assert "Total Nov 2026, c" in text
