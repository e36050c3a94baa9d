"""XLSX: the order of sheets, several reports in one workbook, the organization's look, legal names."""

import io

import pytest
from python_calamine import CalamineWorkbook

from core.domain.appearance import Chart, ChartKind
from core.domain.branding import Branding, Logo
from core.domain.result import Result
from core.errors import RenderError
from core.render.renderer import Wishes
from core.render.xlsx.sheet_names import SheetNames
from core.render.xlsx.template import TemplateRenderer
from core.render.xlsx_renderer import XlsxRenderer, render_workbook
from tests.render_results import ordinary_result
from tests.xlsx_parts import PIXEL, part, wished, workbook, written

BARS = Chart(kind=ChartKind.BAR, x="ship_on", y=("quantity",))


def several(*results: Result, **more: object) -> tuple[bytes, tuple[object, ...]]:
    target = io.BytesIO()
    renderings = render_workbook(iter(results), target, **more)
    return target.getvalue(), renderings


def test_without_a_cover_the_workbook_opens_on_the_rows():
    content, _ = written(ordinary_result(3), XlsxRenderer().fitted(wished(cover=False)))
    book = workbook(content)
    assert book.sheetnames == ["Rows", "About"]
    assert book.active.title == "Rows"
    assert [sheet.title for sheet in book if sheet.sheet_view.tabSelected] == ["Rows"]
    assert book["Rows"].auto_filter.ref == "A1:G4"
    assert "5 of 5" not in str(book["Rows"]["A1"].value)
    assert book.defined_names == {}
    assert book["Rows"].print_title_rows == "$1:$1"


def test_colour_and_logo_are_the_organizations():
    branding = Branding(accent="#123456", logo=Logo(png=PIXEL, width=300, height=100))
    content, _ = written(ordinary_result(3), XlsxRenderer().fitted(wished(branding)))
    (logo,) = workbook(content)["About"]._images
    assert (logo.anchor._from.row, logo.anchor.ext.width / logo.anchor.ext.height) == (0, pytest.approx(3, rel=0.05))
    assert "FF123456" in part(content, "xl/styles.xml")
    assert "FFA4262C" not in part(content, "xl/styles.xml")
    assert "FFA4262C" in part(written(ordinary_result(3))[0], "xl/styles.xml")


def test_a_template_is_filled_instead():
    template, _ = written(ordinary_result(1))
    assert isinstance(XlsxRenderer().fitted(Wishes(template=template)), TemplateRenderer)


def test_several_reports_have_a_cover_that_leads_to_each():
    first, second = ordinary_result(3, title="Orders"), ordinary_result(5, title="Orders", chart=BARS)
    content, renderings = several(first, second, title="This week")
    book = workbook(content)
    assert book.sheetnames == ["About", "Orders", "Orders 2"]
    assert [rendering.rows for rendering in renderings] == [3, 5]
    assert [book[name].max_row for name in ("Orders", "Orders 2")] == [4, 6]
    about = book["About"]
    assert about["B2"].value == "This week"
    assert [(about.cell(row, 2).value, about.cell(row, 6).value) for row in (5, 6)] == [("Orders", 3), ("Orders", 5)]
    links = [cell.hyperlink for row in about.iter_rows() for cell in row if cell.hyperlink]
    assert {link.location for link in links} == {"'Orders'!A1", "'Orders 2'!A1"}
    texts = [str(cell.value) for row in about.iter_rows() for cell in row]
    assert (texts.count("3 of 3 rows"), texts.count("5 of 5 rows")) == (1, 1)
    assert len(about._charts) == 1
    assert book.properties.title == "This week"


def test_reports_are_taken_one_after_another():
    written_first: list[str] = []
    target = io.BytesIO()

    def results():
        for title in ("One", "Two"):
            size = target.tell()
            yield ordinary_result(2, title=title)
            written_first.append(f"{title} {target.tell() > size}")

    render_workbook(results(), target)
    assert written_first == ["One True", "Two True"]


def test_several_reports_give_the_same_bytes_again():
    def made() -> bytes:
        return several(ordinary_result(300, chart=BARS), ordinary_result(2, title="Other"))[0]

    assert made() == made()


def test_a_workbook_of_no_report_is_refused():
    with pytest.raises(RenderError, match="at least one report"):
        several()


def test_another_reader_finds_the_same_sheets_and_rows():
    content, _ = several(ordinary_result(3, title="A: b/c"), ordinary_result(4, title="D", chart=BARS))
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names[:3] == ["About", "A b c", "D"]
    assert [len(book.get_sheet_by_name(name).to_python()) for name in ("A b c", "D")] == [4, 5]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("Sales: [EU] 2026/27 *?\\", "Sales EU 2026 27"),
        ("", "Sheet"),
        ("''", "Sheet"),
        ("'quoted'", "quoted"),
        ("History", "History 2"),
        ("x" * 40, "x" * 31),
        ("😀" * 20, "😀" * 15),
        ("tab\there\x00", "tab here\ufffd"),
    ],
)
def test_names_of_sheets_are_legal(wanted, expected):
    assert SheetNames().take(wanted) == expected


def test_names_of_sheets_differ_whatever_their_case():
    names = SheetNames()
    taken = [names.take(wanted) for wanted in ("Orders", "ORDERS", "orders 2", "x" * 40, "X" * 50)]
    assert taken == ["Orders", "ORDERS 2", "orders 2 2", "x" * 31, "X" * 29 + " 2"]
