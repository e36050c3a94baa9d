"""Fill my template: names, rows, formulas, what moves and what grows, and that nothing is left out unsaid."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.formatting.rule import CellIsRule, FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from python_calamine import CalamineWorkbook

from core.domain.branding import Branding, Logo
from core.domain.field import FieldType
from core.domain.file_options import FileOptions
from core.domain.result import Kpi, Result, Total
from core.errors import RenderError
from core.render.renderer import ChartImage, Wishes
from core.render.xlsx.template import TemplateRenderer
from tests.render_results import ODD_CASES, ORDINARY_COLUMNS, column, odd_result, ordinary_result, result_of
from tests.template_workbooks import add_table, filled, filled_bytes, saved, template

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x02\x00\x00\x00\x01\x08\x02\x00\x00\x00{@\xe8\xdd"
    b"\x00\x00\x00\x0fIDATx\x9cc\xf8\xcf\xc0\x00B\xff\x19\x00\r\xf6\x02\xff\xb6\x1f\xa2\xe8\x00\x00\x00\x00IEND\xaeB`\x82"
)


def orders(rows: int, **changes: object) -> Result:
    """Rows of exactly the template's columns."""
    table = pa.table(
        {
            "customer": pa.array([f"Customer {number}" for number in range(rows)], pa.large_string()),
            "quantity": pa.array(range(rows), pa.int64()),
            "amount": pa.array([Decimal(number).scaleb(-2) for number in range(rows)], pa.decimal128(12, 2)),
        }
    )
    columns = tuple(one for one in ORDINARY_COLUMNS if one.key in table.column_names)
    return result_of(table, columns, **changes)


def test_rows_fill_the_table_and_its_formulas_go_down() -> None:
    workbook, rendering = filled(template(), orders(40))
    sheet = workbook["Data"]
    assert rendering.rows == 40
    assert rendering.notes == ()
    assert sheet.tables["Orders"].ref == sheet.tables["Orders"].autoFilter.ref == "B4:E44"
    assert [cell.value for cell in sheet[5]][1:5] == ["Customer 0", 0, 0, "=C5*2+$H$1"]
    assert [cell.value for cell in sheet[44]][1:5] == ["Customer 39", 39, 0.39, "=C44*2+$H$1"]
    assert sheet["D5"].number_format == sheet["D44"].number_format == '#,##0.00 "€"'
    assert sheet["C5"].number_format == "#,##0"
    assert (sheet["B45"].value, sheet["C45"].value) == ("Sum", "=SUM(C5:C44)")


def test_another_reader_sees_the_same_rows() -> None:
    data, _ = filled_bytes(template(), orders(70_000))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("Data").to_python(skip_empty_area=False)
    assert [row[1:4] for row in rows[4:70_004]] == [[f"Customer {n}", n, n / 100] for n in range(70_000)]
    assert rows[70_004][1] == "Sum"


def test_fewer_rows_than_samples_pull_what_is_below_up() -> None:
    def samples(_: Any, sheet: Any) -> None:
        for row in range(5, 15):
            sheet.cell(row, 2).value = "sample"
        sheet["C6"].value = None
        sheet["B15"].value, sheet["C15"].value = "Sum", "=SUM(C5:C14)+C15"
        sheet.tables["Orders"].ref = "B4:E14"
        sheet.row_dimensions[15].height = 40

    sheet = filled(template(samples), orders(3))[0]["Data"]
    assert sheet.tables["Orders"].ref == "B4:E7"
    assert (sheet["B8"].value, sheet["C8"].value) == ("Sum", "=SUM(C5:C7)+C8")
    assert sheet.row_dimensions[8].height == 40
    assert "sample" not in {cell.value for row in sheet.iter_rows() for cell in row}


def test_no_rows_leave_one_empty_row() -> None:
    workbook, rendering = filled(template(), orders(0))
    sheet = workbook["Data"]
    assert (rendering.rows, sheet.tables["Orders"].ref) == (0, "B4:E5")
    assert [cell.value for cell in sheet[5]][1:5] == [None] * 4
    assert sheet["B6"].value == "Sum"


def test_cells_beside_the_table_stay_and_cells_below_move() -> None:
    def change(_: Any, sheet: Any) -> None:
        for row in (4, 5, 6, 9, 200):
            sheet.cell(row, 1).value = f"left {row}"
            sheet.cell(row, 8).value = f"right {row}"
        sheet["H9"].font = Font(bold=True)
        sheet["B8"].value = "below"

    sheet = filled(template(change), orders(50))[0]["Data"]
    for row in (4, 5, 6, 9, 200):
        assert (sheet.cell(row, 1).value, sheet.cell(row, 8).value) == (f"left {row}", f"right {row}")
    assert sheet["H9"].font.b
    assert (sheet["B9"].value, sheet["B57"].value, sheet["B8"].value) == ("Customer 4", "below", "Customer 3")


def test_all_that_refers_to_the_table_grows_with_it() -> None:
    def change(workbook: Any, sheet: Any) -> None:
        other = workbook.create_sheet("Look's")
        other["A1"].value = "=SUM(Data!$C$5:$C$5)/COUNTA(Data!C5:D5)+Data!C6+Data!H7+SUM(C5:C5)"
        other["A2"].value = '=Data!C5&"Data!C6"'
        chart = BarChart()
        chart.add_data(Reference(sheet, min_col=3, min_row=5))
        chart.set_categories(Reference(sheet, min_col=2, min_row=5))
        other.add_chart(chart, "C3")
        below = BarChart()
        below.add_data(Reference(sheet, min_col=3, min_row=5))
        sheet.add_chart(below, "B9")
        sheet.conditional_formatting.add("C5:D5", CellIsRule(operator="greaterThan", formula=["$C$6"]))
        sheet.conditional_formatting.add("B8:E8", FormulaRule(formula=["$B8=1"], fill=PatternFill("solid")))
        validation = DataValidation(type="list", formula1="Data!$B$5:$B$5", sqref="C5")
        sheet.add_data_validation(validation)
        workbook.defined_names.add(DefinedName("Amounts", attr_text="Data!$D$5:$D$5"))
        sheet.print_area = "A1:E7"
        sheet.merge_cells("B7:E7")
        sheet["B8"].hyperlink = Hyperlink(ref="B8", location="Data!A1", display="up")

    workbook = filled(template(change), orders(100))[0]
    sheet, other = workbook["Data"], workbook["Look's"]
    assert other["A1"].value == "=SUM(Data!$C$5:$C$104)/COUNTA(Data!C5:D104)+Data!C105+Data!H7+SUM(C5:C5)"
    assert other["A2"].value == '=Data!C5&"Data!C6"'
    series = other._charts[0].series[0]
    assert (series.val.numRef.f, series.cat.numRef.f) == ("'Data'!$C$5:$C$104", "'Data'!$B$5:$B$104")
    assert sheet._charts[0].anchor._from.row == 8 + 99
    rules = {str(one.sqref): one.rules[0].formula for one in sheet.conditional_formatting}
    assert rules == {"C5:D104": ["$C$105"], "B107:E107": ["$B107=1"]}
    assert (str(sheet.data_validations.dataValidation[0].sqref), sheet.data_validations.dataValidation[0].formula1) == (
        "C5:C104",
        "Data!$B$5:$B$104",
    )
    assert workbook.defined_names["Amounts"].attr_text == "Data!$D$5:$D$104"
    assert sheet.print_area == "'Data'!$A$1:$E$106"
    assert [merged.coord for merged in sheet.merged_cells.ranges] == ["B106:E106"]
    assert sheet["B107"].hyperlink.location == "Data!A1"


def test_a_merged_cell_wider_than_the_table_takes_its_neighbours_along() -> None:
    def change(_: Any, sheet: Any) -> None:
        sheet["B8"].value = "wide"
        sheet.merge_cells("B8:G8")
        sheet["G9"].value, sheet["H9"].value = "pushed", "stays"

    sheet = filled(template(change), orders(11))[0]["Data"]
    assert (sheet["B18"].value, sheet["G19"].value, sheet["H9"].value) == ("wide", "pushed", "stays")


def test_a_row_of_totals_stays_below_the_rows() -> None:
    def change(_: Any, sheet: Any) -> None:
        table = sheet.tables["Orders"]
        table.ref, table.totalsRowCount = "B4:E6", 1
        table.tableColumns[1].totalsRowFunction = "sum"
        sheet["C6"].value = "=SUBTOTAL(109,Orders[Quantity])"

    sheet = filled(template(change), orders(9))[0]["Data"]
    table = sheet.tables["Orders"]
    assert (table.ref, table.autoFilter.ref, table.totalsRowCount) == ("B4:E14", "B4:E13", 1)
    assert sheet["C14"].value == "=SUBTOTAL(109,Orders[Quantity])"


def test_cells_with_a_name_are_the_table_where_there_is_none() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["AMOUNT  (eur)", "customer"])
    workbook.defined_names.add(DefinedName("Broadsheet.Table", attr_text=f"{sheet.title}!$A$1:$B$1"))
    made = filled(saved(workbook), orders(3))[0]
    assert [[cell.value for cell in row] for row in made[sheet.title].iter_rows(min_row=2)] == [
        [0, "Customer 0"],
        [0.01, "Customer 1"],
        [0.02, "Customer 2"],
    ]
    assert made.defined_names["Broadsheet.Table"].attr_text == f"'{sheet.title}'!$A$1:$B$4"


def test_names_get_their_values_and_keep_their_formats() -> None:
    def change(_: Any, sheet: Any) -> None:
        sheet["H4"].number_format = "yyyy"

    head = {
        "kpis": (
            Kpi(label="Revenue (EUR)", value=Decimal("12.50"), previous=Decimal("10.00")),
            Kpi(label="Share", value=0.1 + 0.2),
        ),
        "totals": (Total(level=0, keys=(), values=(None, 780, Decimal("7.80"))),),
        "title": "=1+1",
    }
    names = {
        "title": "H1",
        "PERIOD": "H2",
        "period_start": "H3",
        "as_of": "H4",
        "kpi_revenue_eur": "H5",
        "kpi_1_change": "H6",
        "kpi_revenue_eur_previous": "H7",
        "kpi_share": "H8",
        "total_quantity": "H9",
        "rows": "H10",
        "rows_matched": "H11",
        "definition": "H12",
    }
    places = {name: f"Data!${place[0]}${place[1:]}" for name, place in names.items()}
    workbook, rendering = filled(template(change, **places), orders(40, row_limit=40, rows_matched=90, **head))
    sheet = workbook["Data"]
    found = {name: sheet[place].value for name, place in names.items()}
    assert found == {
        "title": "=1+1",
        "PERIOD": "16 to 22 Nov 2026",
        "period_start": datetime(2026, 11, 16),  # noqa: DTZ001
        "as_of": datetime(2026, 11, 23, 9, 0, 5),  # noqa: DTZ001
        "kpi_revenue_eur": 12.5,
        "kpi_1_change": 0.25,
        "kpi_revenue_eur_previous": 10,
        "kpi_share": 0.1 + 0.2,
        "total_quantity": 780,
        "rows": 40,
        "rows_matched": 90,
        "definition": "ab" * 32,
    }
    assert (sheet["H1"].data_type, sheet["H4"].number_format) == ("s", "yyyy")
    assert (sheet["H3"].number_format, sheet["H6"].number_format) == ("d mmm yyyy", "+0.0%;-0.0%;0.0%")
    assert any("Only the first 40 of 90" in note for note in rendering.notes)
    assert not any("no value" in note for note in rendering.notes)


def test_a_name_below_the_table_is_filled_where_it_has_moved() -> None:
    workbook = filled(template(title="Data!$B$8", rows="Data!$H$8"), orders(20))[0]
    assert workbook["Data"]["B27"].value == "Weekly <orders> & more"
    assert workbook["Data"]["H8"].value == 20
    assert workbook.defined_names["broadsheet.title"].attr_text == "Data!$B$27"


def test_a_sheet_with_an_apostrophe_is_found() -> None:
    def change(workbook: Any, _: Any) -> None:
        workbook.create_sheet("Ann's page")

    workbook = filled(template(change, title="'Ann''s page'!$C$3"), orders(1))[0]
    assert workbook["Ann's page"]["C3"].value == "Weekly <orders> & more"


def test_what_has_no_place_and_what_gets_nothing_is_said() -> None:
    def change(_: Any, sheet: Any) -> None:
        sheet["D4"].value = "Margin"
        sheet.tables["Orders"].tableColumns[2].name = "Margin"
        sheet["D5"].value = 4711
        sheet["H1"].value = "sample"

    total = Total(level=0, keys=(), values=(None, 1, Decimal(1)))
    workbook, rendering = filled(template(change, kpi_gone="Data!$H$1"), orders(2, totals=(total,)))
    assert rendering.notes == (
        "The template has no place for Amount; this file leaves it out.",
        "The report has nothing for the template's Margin; it is empty.",
        "Totals are left to the template: its table holds rows only.",
        "The report has no value for broadsheet.kpi_gone of the template; the cells are empty.",
    )
    assert (workbook["Data"]["D5"].value, workbook["Data"]["H1"].value) == (None, None)
    about = {row[1]: row[2] for row in workbook["About"].iter_rows(values_only=True)}
    assert about["Notes"] == "\n".join(rendering.notes)
    assert about["Rows"] == "2 of 2 rows"


def test_a_template_without_a_table_says_that_the_rows_are_not_there() -> None:
    workbook = openpyxl.Workbook()
    workbook.defined_names.add(DefinedName("broadsheet.title", attr_text="Sheet!$A$1"))
    made, rendering = filled(saved(workbook), orders(7))
    assert made["Sheet"]["A1"].value == "Weekly <orders> & more"
    assert rendering.rows == 0
    assert rendering.notes == ("The template has no table: the 7 rows of the report are not in this file.",)


def test_a_table_of_other_columns_is_an_error_that_names_both() -> None:
    with pytest.raises(RenderError, match=r"Customer, Quantity, Amount, Twice.*\(Before, Odd, After\)"):
        filled(template(), odd_result([1], pa.int64(), FieldType.INTEGER))


def test_more_rows_than_the_sheet_has_are_an_error() -> None:
    def change(_: Any, sheet: Any) -> None:
        sheet["B1048500"].value = "far below"

    with pytest.raises(RenderError, match="room for 77 rows from row 5"):
        filled(template(change), orders(78))
    assert filled(template(change), orders(77))[0]["Data"]["B1048576"].value == "far below"


@pytest.mark.parametrize("case", ODD_CASES)
def test_odd_values_are_those_of_other_workbooks(case: str) -> None:
    from core.render.xlsx_renderer import XlsxRenderer

    workbook = openpyxl.Workbook()
    workbook.active.append(["Before", "Odd", "After"])
    workbook.active.title = "Rows"
    add_table(workbook.active, "A1:C2")
    plain = io.BytesIO()
    said = XlsxRenderer().render(odd_result(*ODD_CASES[case]), plain)
    data, rendering = filled_bytes(saved(workbook), odd_result(*ODD_CASES[case]))
    assert rendering.altered == said.altered

    def rows(content: bytes) -> list[list[Any]]:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        name = "Rows" if "Rows" in book.sheet_names else book.sheet_names[1]
        return book.get_sheet_by_name(name).to_python()

    assert rows(data) == rows(plain.getvalue())
    altered = openpyxl.load_workbook(io.BytesIO(data))["About"]
    words = {row[1]: row[2] for row in altered.iter_rows(values_only=True)}["Altered cells"]
    assert (words == "None") == (not rendering.altered)


def test_long_and_odd_text_in_a_name_is_counted() -> None:
    result = orders(1, title="\x07" + "x" * 40_000, description="_x0041_")
    workbook, rendering = filled(template(title="Data!$H$1", description="Data!$H$2"), result)
    assert rendering.altered["broadsheet.title"] == {
        "control characters replaced": 1,
        "cut to 32,767 characters": 1,
    }
    assert workbook["Data"]["H1"].value == "\ufffd" + "x" * 32_766
    assert workbook["Data"]["H2"].value == "_x005F_x0041_"  # openpyxl does not read the escape, spreadsheets do


def test_equal_inputs_give_equal_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    content = template(chart="Data!$J$2:$M$20", title="Data!$H$1")
    chart = ChartImage(png=PNG, width=2, height=1)
    first, _ = filled_bytes(content, orders(100), chart=chart)
    monkeypatch.setattr(zipfile.time, "time", lambda: 2_000_000_000.0)
    assert filled_bytes(content, orders(100), chart=chart)[0] == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert b"2026-11-23T08:00:05Z" in archive.read("docProps/core.xml")
        assert len(archive.namelist()) == len(set(archive.namelist()))


def test_pictures_fit_the_cells_they_are_named_for() -> None:
    content = template(chart="Data!$J$2:$M$20", logo="Data!$A$1")
    branding = Branding(logo=Logo(png=PNG, width=2, height=1))
    made = io.BytesIO()
    renderer = TemplateRenderer(content).fitted(Wishes(branding=branding, template=content))
    renderer.render(orders(2), made, chart=ChartImage(png=PNG, width=1000, height=100))
    images = openpyxl.load_workbook(made)["Data"]._images
    at = {(image.anchor._from.col, image.anchor._from.row): image.anchor.ext for image in images}
    assert set(at) == {(9, 1), (0, 0)}
    assert at[9, 1].width == pytest.approx(10 * at[9, 1].height, rel=0.001)
    assert at[9, 1].width == pytest.approx(4 * (8.43 * 7 + 5) * 9525, rel=0.1)


def test_a_missing_chart_is_said_where_it_would_be() -> None:
    note = "The chart is missing: no browser was found."
    workbook, rendering = filled(template(chart="Data!$J$2:$M$20"), orders(1), chart_note=note)
    assert workbook["Data"]["J2"].value == note
    assert note in rendering.notes
    drawn = ChartImage(png=PNG, width=2, height=1)
    assert "no place for the chart" in filled(template(), orders(1), chart=drawn)[1].notes[0]


def test_a_hidden_or_filtered_sample_row_hides_no_rows() -> None:
    def change(_: Any, sheet: Any) -> None:
        sheet.row_dimensions[5].hidden = True
        sheet.row_dimensions[5].height = 33
        sheet.tables["Orders"].autoFilter.add_filter_column(0, ["sample"])

    sheet = filled(template(change), orders(3))[0]["Data"]
    assert not any(sheet.row_dimensions[row].hidden for row in (5, 6, 7))
    assert sheet.row_dimensions[7].height == 33
    assert not sheet.tables["Orders"].autoFilter.filterColumn


def test_names_that_look_like_cells_stay_in_formulas() -> None:
    def change(workbook: Any, sheet: Any) -> None:
        workbook.defined_names.add(DefinedName("Rates2026", attr_text="Data!$H$1"))
        sheet["E5"].value = "=C5*Rates2026+SUM($C$5:C5)/SUM($C$5:$C$5)+Orders[[#This Row],[Quantity]]"

    sheet = filled(template(change), orders(2))[0]["Data"]
    assert sheet["E6"].value == "=C6*Rates2026+SUM($C$5:C6)/SUM($C$5:$C$6)+Orders[[#This Row],[Quantity]]"


def test_an_option_of_the_plain_workbook_does_not_reach_it() -> None:
    content = template()
    renderer = TemplateRenderer(b"").fitted(Wishes(options=FileOptions(), template=content))
    assert renderer.render(orders(1), io.BytesIO()).rows == 1


def test_a_workbook_without_settings_of_computing_is_computed_when_opened() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(template())) as given, zipfile.ZipFile(made, "w") as written:
        for part in given.infolist():
            written.writestr(part, re.sub(rb"<calcPr[^>]*/>", b"", given.read(part)))
    assert filled(made.getvalue(), orders(1))[0].calculation.fullCalcOnLoad


def test_a_live_result_is_read_once() -> None:
    result = orders(5)
    once = replace(result, batches=iter(result.batches))
    assert filled(template(), once)[1].rows == 5


def test_the_first_of_two_columns_of_one_name_is_taken() -> None:
    table = pa.table({"a": [1], "b": [2]})
    columns = (column("a", FieldType.INTEGER), replace(column("b", FieldType.INTEGER), label="A"))
    workbook = openpyxl.Workbook()
    workbook.active.append(["A", "B"])
    add_table(workbook.active, "A1:B2")
    made, rendering = filled(saved(workbook), result_of(table, columns))
    assert [cell.value for cell in made["Sheet"][2]] == [1, 2]  # the second one by its key
    assert rendering.notes == ()


def test_ordinary_results_fill_every_kind_of_cell() -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append([one.label for one in ORDINARY_COLUMNS])
    add_table(workbook.active, "A1:G2")
    sheet = filled(saved(workbook), ordinary_result(3))[0]["Sheet"]
    assert [cell.number_format for cell in sheet[2]][1:6] == [
        'd mmm yyyy", "hh:mm',
        "d mmm yyyy",
        "#,##0",
        "#,##0.00",
        "0.0%",
    ]
    assert sheet["G2"].value is True
