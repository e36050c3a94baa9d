"""The chart of the workbook to start from: a dozen bars, whatever number of rows fills its table."""

import io
from datetime import date
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pytest

from core.domain.field import FieldType
from core.domain.result import ResultColumn
from core.render.xlsx.template_example import ExampleSubject, example_workbook
from tests.render_results import column, result_of
from tests.template_workbooks import filled
from tests.unit.test_xlsx_totals import measure

MONTH, NAME, AMOUNT = (
    column("month", FieldType.DATE),
    column("name's", FieldType.TEXT),
    measure("sum__amount", FieldType.DECIMAL),
)
ROWS = 642


def example(*columns: ResultColumn) -> bytes:
    return example_workbook(ExampleSubject(title="Orders", columns=columns))


def filled_with_many(*columns: ResultColumn) -> openpyxl.Workbook:
    arrays = {
        MONTH.key: pa.array([date(2020 + number % 6, 1 + number % 12, 1) for number in range(ROWS)]),
        NAME.key: pa.array([f"n{number}" for number in range(ROWS)]),
        AMOUNT.key: pa.array([Decimal(number) for number in range(ROWS)], pa.decimal128(38, 2)),
    }
    table = pa.table({one.key: arrays[one.key] for one in columns})
    return filled(example(*columns), result_of(table, columns))[0]


@pytest.mark.parametrize(
    ("columns", "kind", "formulas"),
    [
        pytest.param(
            (NAME, MONTH, AMOUNT),
            "col",
            {
                "A13": '=IF(MAX(Broadsheet[Month])>0,MAX(Broadsheet[Month]),"")',
                "B13": '=IF(A13="",NA(),SUMIF(Broadsheet[Month],A13,Broadsheet[sum__amount]))',
            },
            id="the last months",
        ),
        pytest.param(
            (NAME, AMOUNT),
            "bar",
            {
                "A2": "=IF(ISNA(B2),\"\",INDEX(Broadsheet[Name''s],C2))",
                "B3": "=IF(COUNT(Broadsheet[sum__amount])<2,NA(),LARGE(Broadsheet[sum__amount],2))",
            },
            id="the largest rows",
        ),
    ],
)
def test_the_chart_shows_a_dozen_bars_of_many_rows(
    columns: tuple[ResultColumn, ...], kind: str, formulas: dict[str, str]
) -> None:
    workbook = filled_with_many(*columns)
    (chart,) = workbook["Report"]._charts
    assert chart.barDir == kind
    assert chart.series[0].val.numRef.f == "'Chart data'!$B$2:$B$13"
    table = workbook["Report"].tables["Broadsheet"]
    assert table.ref.endswith(str(27 + ROWS + 1))
    assert chart.anchor._from.row + 17 == 26, "it ends above the table"
    data = workbook["Chart data"]
    assert {place: data[place].value for place in formulas} == formulas


def test_without_something_to_add_up_there_is_no_chart() -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(example(NAME, MONTH)))
    assert workbook.sheetnames == ["Report"]
    assert workbook["Report"]._charts == []
    assert workbook["Report"].tables["Broadsheet"].ref == "B10:C12"
