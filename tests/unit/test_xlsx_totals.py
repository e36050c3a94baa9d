"""XLSX: totals as formulas where the rows of the sheet add up to them."""

from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pytest

from core.domain.field import FieldType
from core.domain.result import ColumnRole, Result, ResultColumn, Total
from core.render.xlsx_renderer import XlsxRenderer
from tests.render_results import column, head_of
from tests.xlsx_parts import part, wished, workbook, written


def measure(key: str, kind: FieldType) -> ResultColumn:
    return ResultColumn(key=key, label=key, type=kind, role=ColumnRole.MEASURE)


COLUMNS = (
    column("country", FieldType.TEXT),
    measure("sum__amount", FieldType.DECIMAL),
    measure("average__amount", FieldType.DECIMAL),
    measure("count", FieldType.INTEGER),
)
ROWS = [
    ("DE", "10.50", 1.5, 3),
    ("DE", "20.25", 2.5, 4),
    (None, "1.00", 1.0, 1),
    ("FR", "5.00", 5.0, 2),
]


def result(rows=ROWS, *, subtotals=True, batch_rows=1000, **changes: object) -> Result:
    table = pa.table(
        {
            "country": pa.array([row[0] for row in rows], pa.string()),
            "sum__amount": pa.array([Decimal(row[1]) for row in rows], pa.decimal128(12, 2)),
            "average__amount": [row[2] for row in rows],
            "count": [row[3] for row in rows],
        }
    )
    totals = [total((), rows, 0)]
    if subtotals:
        countries = dict.fromkeys(row[0] for row in rows)
        totals += [total((country,), [row for row in rows if row[0] == country], 1) for country in countries]
    fields: dict[str, object] = {"totals": tuple(totals)}
    return Result(
        head=head_of(COLUMNS, len(rows), **(fields | changes)), batches=table.to_batches(max_chunksize=batch_rows)
    )


def total(keys, rows, level) -> Total:
    amounts, averages = [Decimal(row[1]) for row in rows], [row[2] for row in rows]
    values = (None, sum(amounts), sum(averages) / len(averages), sum(row[3] for row in rows))
    return Total(level=level, keys=keys, values=values)


def totals_of(content: bytes, sheet: str = "Rows", *, first: int = 6) -> list[tuple[object, ...]]:
    return list(workbook(content)[sheet].iter_rows(min_row=first, values_only=True))


def with_formulas(**more: int) -> XlsxRenderer:
    return XlsxRenderer(**more).fitted(wished(formulas=True))


def test_totals_are_values_where_no_formulas_are_asked():
    content, _ = written(result())
    assert totals_of(content, first=2) == [
        ("DE", 10.5, 1.5, 3),
        ("DE", 20.25, 2.5, 4),
        ("Total DE", 30.75, 2, 7),
        (None, 1, 1, 1),
        ("Total (empty)", 1, 1, 1),
        ("FR", 5, 5, 2),
        ("Total FR", 5, 5, 2),
        ("Total", 36.75, 2.5, 10),
    ]


@pytest.mark.parametrize("batch_rows", [1, 2, 1000])
def test_sums_are_formulas_over_their_rows_and_averages_stay(batch_rows):
    content, _ = written(result(batch_rows=batch_rows), with_formulas())
    assert [row for row in totals_of(content) if str(row[0]).startswith("Total")] == [
        ("Total (empty)", "=SUBTOTAL(9,B5:B5)", 1, "=SUBTOTAL(9,D5:D5)"),
        ("Total FR", "=SUBTOTAL(9,B7:B7)", 5, "=SUBTOTAL(9,D7:D7)"),
        ("Total", "=SUBTOTAL(9,B2:B7)", 2.5, "=SUBTOTAL(9,D2:D7)"),
    ]
    assert totals_of(content, first=4)[0] == ("Total DE", "=SUBTOTAL(9,B2:B3)", 2, "=SUBTOTAL(9,D2:D3)")


def test_a_formula_carries_its_value_for_readers_that_compute_nothing():
    content, _ = written(result(), with_formulas())
    assert "<f>SUBTOTAL(9,B2:B7)</f><v>36.75</v>" in part(content, "xl/worksheets/sheet2.xml")


def test_groups_that_lie_apart_keep_their_values():
    rows = [ROWS[0], ROWS[3], ROWS[1]]
    content, _ = written(result(rows), with_formulas())
    assert totals_of(content, first=5) == [
        ("Total DE", 30.75, 2, 7),
        ("Total FR", "=SUBTOTAL(9,B3:B3)", 5, "=SUBTOTAL(9,D3:D3)"),
        ("Total", "=SUBTOTAL(9,B2:B4)", 3, "=SUBTOTAL(9,D2:D4)"),
    ]


def test_a_group_that_lies_apart_has_no_formula_over_the_part_that_counts():
    content, _ = written(result([("DE", "0.00", 0.0, 0), ROWS[3], ("DE", "7.00", 7.0, 4)]), with_formulas())
    assert totals_of(content, first=5)[0] == ("Total DE", 7, 3.5, 4)


def test_a_total_row_is_ruled_through():
    sheet = workbook(written(result())[0])["Rows"]
    assert [cell.border.top.style for cell in sheet[6]] == ["thin"] * 4
    empty = total((), ROWS, 0)
    without = result(totals=(Total(level=0, keys=(), values=(None, empty.values[1], None, None)),))
    assert [cell.border.top.style for cell in workbook(written(without)[0])["Rows"][6]] == ["thin"] * 4


def test_a_total_of_more_than_the_rows_here_stays_a_value():
    everything = total((), [*ROWS, ("US", "100.00", 9.0, 9)], 0)
    content, _ = written(result(totals=(everything,), rows_matched=5, row_limit=4), with_formulas())
    assert totals_of(content)[0] == ("Total", 136.75, pytest.approx(3.8), 19)


def test_numbers_written_as_text_are_not_added_up():
    rows = [("DE", "1.00", 1.0, 1234567890123456), ("DE", "2.00", 1.0, -1234567890123454)]
    content, _ = written(result(rows, subtotals=False), with_formulas())
    assert totals_of(content, first=4) == [("Total", "=SUBTOTAL(9,B2:B3)", 1, 2)]


def test_the_sum_of_floats_may_differ_in_its_last_digit():
    columns = (column("name", FieldType.TEXT), measure("sum__weight", FieldType.DECIMAL))
    table = pa.table({"name": ["a"] * 10, "sum__weight": [0.1] * 10})
    head = head_of(columns, 10, totals=(Total(level=0, keys=(), values=(None, 1.0)),))
    content, _ = written(Result(head=head, batches=table.to_batches()), with_formulas())
    assert totals_of(content, first=12) == [("Total", "=SUBTOTAL(9,B2:B11)")]
    other = replace(head, totals=(Total(level=0, keys=(), values=(None, 1.001)),))
    content, _ = written(Result(head=other, batches=table.to_batches()), with_formulas())
    assert totals_of(content, first=12) == [("Total", 1.001)]


def test_a_total_over_several_sheets_adds_them_all_up():
    content, _ = written(result(), with_formulas(rows_per_sheet=3))
    assert totals_of(content, "Rows 2", first=3)[:2] == [
        ("Total DE", "=SUBTOTAL(9,'Rows'!B2:B3)", 2, "=SUBTOTAL(9,'Rows'!D2:D3)"),
        ("Total (empty)", "=SUBTOTAL(9,'Rows'!B4:B4)", 1, "=SUBTOTAL(9,'Rows'!D4:D4)"),
    ]
    assert totals_of(content, "Rows 3", first=2)[1] == (
        "Total", "=SUBTOTAL(9,'Rows'!B2:B4,'Rows 2'!B2:B2)", 2.5, "=SUBTOTAL(9,'Rows'!D2:D4,'Rows 2'!D2:D2)"
    )  # fmt: skip
