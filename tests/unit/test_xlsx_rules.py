"""XLSX: conditional formatting as a spreadsheet's own rules."""

import re
from datetime import date, datetime

import pyarrow as pa
import pytest

from core.domain.appearance import FormatRule, RuleKind, Tone
from core.domain.branding import Branding
from core.domain.field import FieldType
from core.domain.filter import Operator
from core.domain.result import ColumnRole, Result, ResultColumn
from core.render.xlsx.marks import MOST_CHARACTERS, mark_formula, quoted
from core.render.xlsx.rules import SHEET_SCALES
from core.render.xlsx_renderer import XlsxRenderer
from tests.render_results import ZONE, column, result_of
from tests.xlsx_parts import cover_texts, part, wished, workbook, written

COLUMNS = (column("name", FieldType.TEXT), column("amount", FieldType.INTEGER), column("share", FieldType.DECIMAL))
TABLE = pa.table({"name": ["a", "b", None], "amount": [5, -5, None], "share": [0.1, 0.2, 0.3]})
LOW = FormatRule(key="amount", operator=Operator.LESS, values=(0,), tone=Tone.BAD)
SHADES = FormatRule(key="amount", kind=RuleKind.SCALE, tone=Tone.GOOD)
BARS = FormatRule(key="amount", kind=RuleKind.BAR, tone=Tone.ACCENT)


def marked(*rules: FormatRule, **more: object) -> Result:
    return result_of(TABLE, COLUMNS, rules=rules, **more)


def rules_in(content: bytes, sheet: str = "Rows") -> list[tuple[str, str, int, list[str]]]:
    return [
        (str(area.sqref), rule.type, rule.priority, rule.formula)
        for area in workbook(content)[sheet].conditional_formatting
        for rule in area.rules
    ]


def test_a_mark_is_a_rule_over_its_column_and_wins_over_later_ones():
    content, _ = written(marked(LOW, FormatRule(key="amount", operator=Operator.IS_EMPTY, tone=Tone.WARNING)))
    assert rules_in(content) == [
        ("B2:B4", "expression", 1, ["AND(ISNUMBER($B2),$B2<0)"]),
        ("B2:B4", "expression", 2, ["LEN($B2)=0"]),
    ]
    rules = [rule for area in workbook(content)["Rows"].conditional_formatting for rule in area.rules]
    assert all(rule.stopIfTrue for rule in rules)
    assert rules[0].dxf.fill.bgColor.rgb == "FFF8DEDC"
    assert rules[0].dxf.font.color.rgb == "FF8A1C20"
    assert rules[1].dxf.fill.bgColor.rgb != rules[0].dxf.fill.bgColor.rgb


def test_a_mark_of_whole_rows_reaches_every_column():
    rule = FormatRule(key="amount", operator=Operator.LESS, values=(0,), tone=Tone.BAD, whole_row=True)
    assert rules_in(written(marked(rule))[0]) == [("A2:C4", "expression", 1, ["AND(ISNUMBER($B2),$B2<0)"])]


def test_shades_go_from_pale_to_the_tone():
    content, _ = written(marked(SHADES))
    assert rules_in(content) == [("B2:B4", "colorScale", 1, [])]
    colours = re.findall(r'<color rgb="FF(\w+)"/>', part(content, "xl/worksheets/sheet2.xml"))
    lightness = [sum(bytes.fromhex(colour)) for colour in colours]
    assert len(colours) == 2
    assert lightness[0] > lightness[1]


def test_bars_begin_at_zero_and_have_the_organizations_colour():
    branded = XlsxRenderer().fitted(wished(Branding(accent="#0000ff")))
    sheet = part(written(marked(BARS), branded)[0], "xl/worksheets/sheet2.xml")
    assert '<x14:cfvo type="autoMin"/>' in sheet
    ids = re.findall(r'<x14:id>(.*?)</x14:id>|<x14:cfRule type="dataBar" id="(.*?)"', sheet)
    assert len({one or other for one, other in ids}) == 1
    assert len(ids) == 2
    colour = re.search(r'<color rgb="FF(\w\w)(\w\w)(\w\w)"/></dataBar>', sheet)
    assert colour is not None
    assert int(colour[3], 16) > int(colour[1], 16)


def test_a_mark_after_shades_is_left_for_cells_without_a_number():
    content, _ = written(marked(SHADES, LOW))
    assert rules_in(content)[1][3] == ["AND(NOT(ISNUMBER($B2)),AND(ISNUMBER($B2),$B2<0))"]


def test_totals_are_not_marked_and_sheets_without_rows_have_no_rules():
    assert rules_in(written(result_of(TABLE.slice(0, 0), COLUMNS, rules=(LOW, BARS)))[0]) == []


def test_each_sheet_has_the_rules_and_shades_of_several_sheets_are_told():
    content, rendering = written(marked(LOW, SHADES), XlsxRenderer(rows_per_sheet=2))
    assert [area for area, *_ in rules_in(content, "Rows")] == ["B2:B3", "B2:B3"]
    assert [area for area, *_ in rules_in(content, "Rows 2")] == ["B2", "B2"]
    assert SHEET_SCALES in rendering.notes
    assert SHEET_SCALES not in written(marked(LOW), XlsxRenderer(rows_per_sheet=2))[1].notes
    assert SHEET_SCALES not in written(marked(SHADES))[1].notes


def test_a_spread_measure_is_marked_in_each_column_but_its_totals():
    def spread(key: str, *spans: str) -> ResultColumn:
        return ResultColumn(key=key, label="n", type=FieldType.INTEGER, role=ColumnRole.MEASURE, spans=spans)

    columns = (column("name", FieldType.TEXT), spread("n|DE", "DE"), spread("n|FR", "FR"), spread("n", "Total"))
    table = pa.table({"name": ["a"], "n|DE": [1], "n|FR": [2], "n": [3]})
    low = FormatRule(key="n", operator=Operator.LESS, values=(0,))
    shades = FormatRule(key="n", kind=RuleKind.SCALE)
    areas = [area for area, *_ in rules_in(written(result_of(table, columns, rules=(low, shades)))[0])]
    assert areas == ["B2", "C2", "B2 C2"]


def test_a_rule_too_long_for_a_spreadsheet_is_said():
    rule = FormatRule(key="name", operator=Operator.IS, values=tuple(f"{number:060d}" for number in range(200)))
    content, rendering = written(marked(rule))
    assert rules_in(content) == []
    assert rendering.notes == ("The rule that marks Name is too long for a spreadsheet; its marks are missing.",)
    assert "its marks are missing" in cover_texts(content)


def test_the_cover_says_what_marks_mean():
    assert "Amount is less than 0" in cover_texts(written(marked(LOW))[0])


@pytest.mark.parametrize(
    ("kind", "operator", "values", "formula"),
    [
        ("integer", Operator.IS, (5, 7), "AND(ISNUMBER($A2),OR($A2=5,$A2=7))"),
        ("integer", Operator.IS_NOT, (5,), "NOT(AND(ISNUMBER($A2),$A2=5))"),
        ("decimal", Operator.AT_LEAST, (1e-7,), "AND(ISNUMBER($A2),$A2>=0.0000001)"),
        ("decimal", Operator.BETWEEN, (-1.5, 2), "AND(ISNUMBER($A2),AND($A2>=-1.5,$A2<=2))"),
        ("date", Operator.GREATER, ("2026-11-23",), "AND(ISNUMBER($A2),$A2>46349)"),
        ("datetime", Operator.AT_MOST, (date(2026, 11, 23),), "AND(ISNUMBER($A2),INT($A2)<=46349)"),
        ("datetime", Operator.LESS, ("2026-11-23T05:00:00+00:00",), "AND(ISNUMBER($A2),$A2<46349.25)"),
        ("datetime", Operator.IS, (datetime.fromisoformat("2026-11-23T12:00"),), "AND(ISNUMBER($A2),$A2=46349.5)"),
        ("boolean", Operator.IS, (False,), "AND(ISLOGICAL($A2),$A2=FALSE)"),
        ("text", Operator.IS, ('say "hi"',), 'AND(ISTEXT($A2),EXACT($A2,"say ""hi"""))'),
        ("text", Operator.CONTAINS, ("50%*?~",), 'AND(ISTEXT($A2),ISNUMBER(SEARCH("50%~*~?~~",$A2)))'),
        ("text", Operator.NOT_STARTS_WITH, ("a",), 'NOT(AND(ISTEXT($A2),LEFT($A2,LEN("a"))="a"))'),
        ("text", Operator.ENDS_WITH, ("a", "b"),
         'AND(ISTEXT($A2),OR(RIGHT($A2,LEN("a"))="a",RIGHT($A2,LEN("b"))="b"))'),
        ("text", Operator.IS_NOT_EMPTY, (), "NOT(LEN($A2)=0)"),
    ],
)  # fmt: skip
def test_formulas_mean_what_rules_mean(kind, operator, values, formula):
    rule = FormatRule(key="a", operator=operator, values=values)
    assert mark_formula(rule, column("a", FieldType(kind)), "$A2", ZONE) == formula


def test_long_texts_are_put_together_of_pieces():
    assert quoted("x" * 300) == f'"{"x" * 255}"&"{"x" * 45}"'
    rule = FormatRule(key="a", operator=Operator.IS, values=("x" * MOST_CHARACTERS,))
    assert mark_formula(rule, column("a", FieldType.TEXT), "$A2", ZONE) is None
