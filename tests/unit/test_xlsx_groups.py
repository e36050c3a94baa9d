"""XLSX: subtotals among the rows, which fold; where they cannot stand there they stand below all rows."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import groupby

import pyarrow as pa
import pytest

from core.domain.appearance import Chart, ChartKind, FormatRule, RuleKind
from core.domain.field import FieldType
from core.domain.filter import Operator
from core.domain.result import Result, Total
from core.render.xlsx_renderer import XlsxRenderer
from tests.render_results import column, head_of
from tests.unit.test_xlsx_rules import rules_in
from tests.unit.test_xlsx_totals import measure
from tests.xlsx_parts import part, wished, workbook, written

COLUMNS = (column("country", FieldType.TEXT), column("month", FieldType.DATE), measure("sum__n", FieldType.DECIMAL))
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
ROWS = [
    ("DE", OCTOBER, 1),
    ("DE", OCTOBER, 2),
    ("DE", NOVEMBER, 4),
    ("FR", OCTOBER, 8),
    (None, None, 16),
    (None, None, None),
]


def total(keys: tuple[object, ...], rows: list[tuple[object, ...]]) -> Total:
    values = (None, None, Decimal(sum(row[2] or 0 for row in rows)))
    return Total(level=len(keys), keys=keys, values=values)


def totals(rows=ROWS) -> tuple[Total, ...]:
    countries = [total(key, list(group)) for key, group in groupby(rows, key=lambda row: row[:1])]
    months = [total(key, list(group)) for key, group in groupby(rows, key=lambda row: row[:2])]
    return (total((), rows), *countries, *months)


def result(rows=ROWS, *, batch_rows: int = 1000, **changes: object) -> Result:
    numbers = [None if row[2] is None else Decimal(row[2]) for row in rows]
    table = pa.table(
        {
            "country": pa.array([row[0] for row in rows], pa.string()),
            "month": pa.array([row[1] for row in rows], pa.date32()),
            "sum__n": pa.array(numbers, pa.decimal128(38, 2)),
        }
    )
    fields = {"totals": totals(rows)} | changes
    return Result(head=head_of(COLUMNS, len(rows), **fields), batches=table.to_batches(max_chunksize=batch_rows))


def sheet_rows(content: bytes) -> list[tuple[object, object, int]]:
    sheet = workbook(content)["Rows"]
    return [
        (row[0].value, row[2].value, sheet.row_dimensions[row[0].row].outline_level)
        for row in sheet.iter_rows(min_row=2)
    ]


@pytest.mark.parametrize("batch_rows", [1, 2, 1000])
@pytest.mark.parametrize("rows_per_sheet", [16, 1000])
def test_each_group_is_followed_by_its_subtotal_and_folds_above_it(batch_rows: int, rows_per_sheet: int) -> None:
    renderer = XlsxRenderer(rows_per_sheet=rows_per_sheet).fitted(wished(formulas=True))
    content, rendering = written(result(batch_rows=batch_rows), renderer)
    assert rendering.rows == 6
    assert sheet_rows(content) == [
        ("DE", 1, 2),
        ("DE", 2, 2),
        ("Total DE, 1 Oct 2026", "=SUBTOTAL(9,C2:C3)", 1),
        ("DE", 4, 2),
        ("Total DE, 1 Nov 2026", "=SUBTOTAL(9,C5:C5)", 1),
        ("Total DE", "=SUBTOTAL(9,C2:C5)", 0),
        ("FR", 8, 2),
        ("Total FR, 1 Oct 2026", "=SUBTOTAL(9,C8:C8)", 1),
        ("Total FR", "=SUBTOTAL(9,C8:C8)", 0),
        (None, 16, 2),
        (None, None, 2),
        ("Total (empty), (empty)", "=SUBTOTAL(9,C11:C12)", 1),
        ("Total (empty)", "=SUBTOTAL(9,C11:C12)", 0),
        ("Total", "=SUBTOTAL(9,C2:C12)", 0),
    ]
    assert '<sheetFormatPr defaultRowHeight="15" outlineLevelRow="2"/>' in part(content, "xl/worksheets/sheet2.xml")


def test_chunks_of_rows_that_end_within_a_group_are_written_whole() -> None:
    many = [(f"c{number // 1000:02}", OCTOBER, 1) for number in range(20_500)]
    rows = sheet_rows(written(result(many, batch_rows=777), XlsxRenderer())[0])
    assert [row[2] for row in rows].count(2) == 20_500
    assert rows[1000:1003] == [("Total c00, 1 Oct 2026", 1000, 1), ("Total c00", 1000, 0), ("c01", 1, 2)]
    assert rows[-1] == ("Total", 20_500, 0)
    assert len(rows) == 20_500 + 2 * 21 + 1


def test_no_formula_reaches_over_a_subtotal_that_stays_a_value() -> None:
    odd = tuple(
        replace(one, values=(None, None, Decimal(99))) if one.keys == ("FR", OCTOBER) else one for one in totals()
    )
    content, _ = written(result(totals=odd), XlsxRenderer().fitted(wished(formulas=True)))
    assert [row[1] for row in sheet_rows(content) if str(row[0]).startswith("Total")] == [
        "=SUBTOTAL(9,C2:C3)", "=SUBTOTAL(9,C5:C5)", 7, 99, 8, "=SUBTOTAL(9,C11:C12)", 16, 31,
    ]  # fmt: skip


def test_numbers_written_as_text_have_no_formula_over_them() -> None:
    rows = [("DE", OCTOBER, 12345678901234567), ("DE", OCTOBER, -12345678901234562)]
    content, _ = written(result(rows), XlsxRenderer().fitted(wished(formulas=True)))
    assert [row[1] for row in sheet_rows(content)][2:] == [5, 5, 5]


def test_rules_look_at_the_rows_between_the_subtotals() -> None:
    mark = FormatRule(key="sum__n", operator=Operator.GREATER, values=(3,), whole_row=True)
    content, _ = written(result(rules=(mark, FormatRule(key="sum__n", kind=RuleKind.SCALE))), XlsxRenderer())
    assert [area for area, *_ in rules_in(content)] == [
        "A2:C3 A5:C5 A8:C8 A11:C12",
        "C2:C3 C5 C8 C11:C12",
    ]


def test_a_chart_draws_no_subtotals() -> None:
    chart = Chart(kind=ChartKind.BAR, x="country", y=("sum__n",))
    plain = [("DE", OCTOBER, 1), ("FR", OCTOBER, 2)]
    content, _ = written(result(plain, chart=chart), XlsxRenderer())
    assert "Chart data" in workbook(content).sheetnames


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"rows": [ROWS[0], ROWS[3], ROWS[2]], "totals": totals()}, id="groups lie apart"),
        pytest.param({"rows_per_sheet": 10}, id="one sheet does not hold all"),
    ],
)
def test_subtotals_that_cannot_stand_below_their_groups_stand_below_all_rows(changes: dict[str, object]) -> None:
    rows_per_sheet = changes.pop("rows_per_sheet", 1000)
    content, _ = written(result(**changes), XlsxRenderer(rows_per_sheet=rows_per_sheet))
    assert workbook(content)["Rows"].auto_filter.ref
    assert {row[2] for row in sheet_rows(content)} == {0}
