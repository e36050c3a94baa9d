"""HTML: conditional formatting and the organization's look, read back as the classes of cells and the style sheet."""

import io
import re
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa

from core.domain.appearance import FormatRule, RuleKind, Tone
from core.domain.branding import Branding, Logo
from core.domain.field import FieldType
from core.domain.filter import Operator
from core.domain.result import Result, Total
from core.render.html_renderer import HtmlRenderer
from core.render.renderer import Wishes
from core.render.rules import Look
from core.render.tones import paint
from tests.render_results import column, ordinary_result, result_of

COLUMNS = (column("name", FieldType.TEXT), column("amount", FieldType.INTEGER))
RULES = (
    FormatRule(key="amount", operator=Operator.LESS, values=(0,), tone=Tone.BAD),
    FormatRule(key="amount", kind=RuleKind.BAR, tone=Tone.GOOD),
    FormatRule(key="name", operator=Operator.IS, values=("<closed>",), tone=Tone.QUIET, whole_row=True),
)


def page(result: Result, branding: Branding = Branding()) -> str:
    target = io.BytesIO()
    HtmlRenderer().fitted(Wishes(branding=branding)).render(result, target)
    return target.getvalue().decode()


def small(**changes: object) -> Result:
    table = pa.table({"name": ["a", "<closed>", None, "b"], "amount": pa.array([-5, -5, 15, None], pa.int64())})
    return result_of(table, COLUMNS, batch_rows=2, rules=RULES, **changes)


def classes(text: str) -> list[list[str]]:
    rows = re.findall(r"<tr[^>]*>(<td.*?)</tr>", text)
    return [[match or "" for match in re.findall(r'<td(?: class="([^"]*)")?>', row)] for row in rows]


def style_of(text: str, name: str) -> str:
    light = text.partition("@media screen and (prefers-color-scheme: dark)")[0]
    found = re.search(rf"td\.{name} {{ ([^}}]*) }}", light)
    return found[1] if found else ""


def test_cells_have_the_look_of_the_first_rule_that_fits() -> None:
    text = page(small())
    (_, bad), (quiet, bad_too), (_, bar), (_, nothing) = classes(text)
    assert bad == bad_too != bar
    assert nothing == "n"
    red, grey = paint(Look(kind=RuleKind.MARK, tone=Tone.BAD)), paint(Look(kind=RuleKind.MARK, tone=Tone.QUIET))
    assert style_of(text, bad.split()[1]) == f"background: {red.fill}; color: {red.ink}; font-weight: 600;"
    assert style_of(text, quiet) == f"color: {grey.ink};"
    green = paint(Look(kind=RuleKind.BAR, tone=Tone.GOOD, starts=0.25, ends=1.0)).bar
    expected = f"background: linear-gradient(to right, transparent 25%, {green} 25% 100%, transparent 100%);"
    assert style_of(text, bar.split()[1]) == expected


def test_only_looks_that_occur_are_styled_and_in_both_modes() -> None:
    text = page(small())
    used = {name for row in classes(text) for cell in row for name in cell.split() if name.startswith("k")}
    assert set(re.findall(r"td\.(k\d+) \{", text)) == used
    dark = text.partition("@media screen and (prefers-color-scheme: dark)")[2]
    assert paint(Look(kind=RuleKind.MARK, tone=Tone.BAD), dark=True).fill in dark


def test_marks_are_said_in_words() -> None:
    text = page(small())
    assert "<li>✕ bad: Amount is less than 0</li><li>bars: Amount</li>" in text
    assert '<li>quiet, whole row: Name is "&lt;closed&gt;"</li>'.replace('"', "&quot;") in text
    assert 'content: "✕ " / "bad: "' in text
    assert "legend" not in page(ordinary_result(3)).partition("</style>")[2]


def test_totals_are_not_marked() -> None:
    total = Total(level=0, keys=(), values=(None, Decimal(-5)))
    text = page(small(totals=(total,)))
    assert classes(text)[-1] == ["", "n"]


def test_a_report_without_rows_or_rules_has_no_looks() -> None:
    assert "td.k" not in page(replace(small(), batches=[]))
    assert "td.k" not in page(ordinary_result(3))


def test_accent_and_logo_of_the_organization() -> None:
    branding = Branding(accent="#0b6e4f", logo=Logo(png=b"\x89PNG", width=90, height=30))
    text = page(ordinary_result(3, organization='North & "Wind"'), branding)
    assert ":root { --accent: #0B6E4F; }" in text
    picture = 'width="90" height="30" alt="North &amp; &quot;Wind&quot;" src="data:image/png;base64,iVBORw=="'
    assert f'<img class="logo" {picture}>' in text
    assert page(ordinary_result(3), branding) == page(ordinary_result(3), branding)
    assert "<img" not in page(ordinary_result(3))
