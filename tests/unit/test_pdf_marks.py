"""Conditional formatting in a PDF: signs, inks, fills and bars."""

import io
import re

import pyarrow as pa
import pypdf

from core.domain.appearance import FormatRule, RuleKind, Tone
from core.domain.field import FieldType
from core.domain.filter import Operator
from core.domain.result import Result
from core.render.palette import LIGHT, mixed
from core.render.pdf.page import rgb
from core.render.pdf.style import colour
from core.render.pdf_renderer import PdfRenderer
from core.render.rules import make_marker
from core.render.tones import Paint, paint
from tests.render_results import column, result_of
from tests.unit.test_pdf_groups import ROWS, grouped

COLUMNS = (column("name", FieldType.TEXT), column("change", FieldType.INTEGER))
VALUES = [5, -3, None, 40, -100]
BAD = FormatRule(key="change", operator=Operator.LESS, values=(0,), tone=Tone.BAD)


def marked(*rules: FormatRule, values: list[int | None] = VALUES) -> Result:
    table = pa.table({"name": [f"row {number}" for number in range(len(values))], "change": pa.array(values)})
    return result_of(table, COLUMNS, rules=rules, kpis=())


def drawn(result: Result) -> tuple[str, str]:
    """Text and operators of the first page."""
    target = io.BytesIO()
    PdfRenderer().render(result, target)
    page = pypdf.PdfReader(target).pages[0]
    return page.extract_text(), page.get_contents().get_data().decode("latin-1")


def rectangles(operators: str, shade: str) -> list[tuple[float, ...]]:
    """x, y, width and height of what is filled with a colour."""
    filled = re.findall(rf"{re.escape(rgb(colour(shade)))} rg ((?:[\d.]+ [\d.]+ [\d.]+ [\d.]+ re ?)+)f", operators)
    return [tuple(map(float, one.split()[:4])) for some in filled for one in re.findall(r"[\d. ]+ re", some)]


def test_marked_cells_have_a_sign_a_fill_and_an_ink() -> None:
    text, operators = drawn(marked(BAD))
    lines = [line for line in text.splitlines() if line.startswith("row ")]
    assert "Marks: ✕ bad: Change is less than 0" in text
    assert lines == ["row 0 5", "row 1 ✕ -3", "row 2", "row 3 40", "row 4 ✕ -100"]
    look = paint_of(BAD)
    assert len(rectangles(operators, look.fill)) == 2
    assert operators.count(f"{rgb(colour(look.ink))} rg") == 2
    assert not rectangles(drawn(marked())[1], look.fill)


def paint_of(rule: FormatRule, key: str = "change") -> Paint:
    marker = make_marker((rule,), (column(key, FieldType.INTEGER),), "UTC", ())
    assert marker is not None
    return paint(marker.looks[1])


def test_a_row_marked_as_a_whole_is_filled_from_edge_to_edge_and_bears_its_sign_once() -> None:
    rule = FormatRule(key="change", operator=Operator.LESS, values=(0,), tone=Tone.BAD, whole_row=True)
    text, operators = drawn(marked(rule))
    assert "✕ row 1 -3" in text
    assert text[text.index("Name Change") :].count("✕") == 2
    filled = sorted(rectangles(operators, paint_of(rule).fill), key=lambda one: (-one[1], one[0]))
    (left, y, width, _), (right, other, _, _) = filled[:2]
    assert y == other
    assert abs(left + width - right) < 0.02


def test_bars_are_as_long_as_their_values_and_end_at_zero() -> None:
    rule = FormatRule(key="change", kind=RuleKind.BAR, tone=Tone.QUIET)
    _, operators = drawn(marked(rule, values=[100, 50, -100]))
    bars = sorted(rectangles(operators, mixed(LIGHT.card, LIGHT.quiet, 0.32)), key=lambda one: -one[1])
    (full, half, below) = bars
    assert abs(full[2] - 2 * half[2]) < 0.1
    assert full[0] == half[0]
    assert abs(below[0] + below[2] - full[0]) < 0.1


def test_shades_come_from_all_rows_not_from_the_first_block() -> None:
    rule = FormatRule(key="change", kind=RuleKind.SCALE, tone=Tone.GOOD)
    _, alone = drawn(marked(rule, values=[0, 10]))
    _, among = drawn(marked(rule, values=[0, 10, *[5] * 2500, 1_000]))
    strongest = mixed("#FFFFFF", "#2E6B3F", 0.45)
    assert rectangles(alone, strongest)
    assert not rectangles(among, strongest)


def test_marks_stay_at_their_rows_when_subtotals_come_between() -> None:
    rule = FormatRule(key="orders", operator=Operator.GREATER, values=(10,), tone=Tone.WARNING)
    text, operators = drawn(grouped(ROWS, rules=(rule,)))
    signed = [line for line in text.splitlines() if re.search(r"! \d", line)]
    assert signed == ["Germany Feb 2026 North ! 16", "Feb 2026 West ! 32"]
    ink = re.escape(rgb(colour(paint_of(rule, "orders").ink or "")))
    baselines = [float(y) for y in re.findall(rf"{ink} rg\n1 0 0 1 [\d.]+ ([\d.]+) Tm", operators)]
    filled = rectangles(operators, paint_of(rule, "orders").fill or "")
    assert len(baselines) == len(filled) == 2
    assert all(y < baseline < y + height for baseline, (_, y, _, height) in zip(baselines, filled, strict=True))


def test_rows_that_are_read_once_keep_their_marks_and_go_without_shades() -> None:
    result = marked(BAD, FormatRule(key="change", kind=RuleKind.SCALE))
    text, _ = drawn(Result(head=result.head, batches=iter(list(result.batches))))
    assert "row 1 ✕ -3" in text
    assert "row 3 40" in text
