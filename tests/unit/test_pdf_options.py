"""What can be chosen of a PDF: cover, orientation, paper, the organization's look, widths of columns."""

import io
import re
from typing import Any

import pyarrow as pa
import pypdf
import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4, LETTER

from core.domain.branding import Branding, Logo, PaperSize
from core.domain.field import FieldType
from core.domain.file_options import FileOptions, Orientation, PdfOptions, PdfStyle
from core.domain.result import Result
from core.render.palette import contrast
from core.render.pdf.style import look_of
from core.render.pdf_renderer import PdfRenderer
from core.render.renderer import Wishes
from tests.render_results import column, ordinary_result, result_of
from tests.unit.test_pdf_groups import many


def read(result: Result, branding: Branding = Branding(), **options: Any) -> pypdf.PdfReader:
    target = io.BytesIO()
    wishes = Wishes(options=FileOptions(pdf=PdfOptions(**options)), branding=branding)
    PdfRenderer().fitted(wishes).render(result, target)
    return pypdf.PdfReader(target, strict=True)


def size_of(reader: pypdf.PdfReader) -> tuple[float, float]:
    return float(reader.pages[0].mediabox.width), float(reader.pages[0].mediabox.height)


@pytest.mark.parametrize(
    ("house", "asked", "paper"),
    [(PaperSize.A4, None, A4), (PaperSize.LETTER, None, LETTER), (PaperSize.LETTER, PaperSize.A4, A4)],
)
def test_the_paper_is_the_files_else_the_organizations(
    house: PaperSize, asked: PaperSize | None, paper: tuple[float, float]
) -> None:
    reader = read(ordinary_result(3), Branding(paper=house), paper=asked, orientation=Orientation.PORTRAIT)
    assert size_of(reader) == pytest.approx(paper, abs=0.01)


@pytest.mark.parametrize("columns", [1, 30])
@pytest.mark.parametrize("orientation", list(Orientation))
def test_pages_lie_as_asked_or_as_the_width_needs(orientation: Orientation, columns: int) -> None:
    table = pa.table({f"number_{n}": [1_000_000 + n] for n in range(columns)})
    result = result_of(table, tuple(column(name, FieldType.INTEGER) for name in table.column_names))
    reader = read(result, orientation=orientation)
    width, height = size_of(reader)
    lies = {Orientation.AUTO: columns > 1, Orientation.LANDSCAPE: True, Orientation.PORTRAIT: False}[orientation]
    assert (width > height) is lies
    text = "".join(page.extract_text() for page in reader.pages)
    assert all(f"{1_000_000 + n:,}" in text for n in range(columns))


@pytest.mark.parametrize("orientation", [Orientation.PORTRAIT, Orientation.LANDSCAPE])
def test_a_cover_says_what_the_report_is_and_where_things_are(orientation: Orientation) -> None:
    reader = read(many(13, 20), style=PdfStyle.COVER, orientation=orientation)
    cover = reader.pages[0].extract_text()
    for expected in (
        "Weekly <orders> & more",
        "16 to 22 Nov 2026",
        "Country is DE or FR",
        "260 of 260 rows",
        "ab" * 32,
    ):
        assert expected in cover
    assert "and 3 more groups" in cover
    assert "Group 010" not in cover
    listed = {page.extract_text().split("\n")[0] for page in reader.pages[1:2]}
    assert listed == {"Weekly <orders> & more"}
    assert "About this report" not in reader.pages[-1].extract_text()
    assert "Altered cells" in reader.pages[-1].extract_text()


def test_the_numbers_of_a_contents_are_those_of_the_pages_its_links_lead_to() -> None:
    reader = read(many(9, 30), style=PdfStyle.COVER)
    cover = reader.pages[0].extract_text()
    entries = ["270 of 270 rows", *(f"Group {n:03}" for n in range(9)), "Rows, altered cells and notes"]
    numbers = [int(number) for number in re.findall(r"^(\d)$", cover, re.MULTILINE)]
    links = [annotation.get_object()["/Dest"] for annotation in reader.pages[0]["/Annots"]]
    led_to = [reader.get_page_number(destination[0].get_object()) + 1 for destination in links]
    assert len(numbers) == len(entries) == len(led_to)
    assert numbers == led_to
    for entry, number in zip(entries, numbers, strict=True):
        assert entry in reader.pages[number - 1].extract_text()


def test_without_a_cover_all_facts_stand_at_the_end() -> None:
    last = read(ordinary_result(5)).pages[-1].extract_text().replace("\n", " ")
    for expected in (
        "About this report",
        "Relative dates from",
        "Row limit None",
        "Altered cells None",
        "Report version 3",
    ):
        assert expected in last


def logo_of(colour: str) -> Logo:
    png = io.BytesIO()
    Image.new("RGBA", (40, 10), colour).save(png, "PNG")
    return Logo(png=png.getvalue(), width=40, height=10)


@pytest.mark.parametrize("style", list(PdfStyle))
def test_the_logo_is_on_the_first_page_only(style: PdfStyle) -> None:
    reader = read(ordinary_result(200), Branding(logo=logo_of("#146e5a")), style=style)
    (picture,) = reader.pages[0].images
    assert picture.image is not None
    assert picture.image.getpixel((0, 0)) == (0x14, 0x6E, 0x5A)
    assert not reader.pages[1].images


def test_the_accent_is_the_organizations() -> None:
    def content(branding: Branding) -> bytes:
        return bytes(read(ordinary_result(3), branding).pages[0].get_contents().get_data())

    own = b".078431 .431373 .352941 rg"
    assert own in content(Branding(accent="#146e5a"))
    assert own not in content(Branding())


def test_a_light_accent_is_darkened_where_it_is_text() -> None:
    look = look_of(Branding(accent="#ffee00"))
    assert look.accent == (1.0, 0xEE / 255, 0.0)
    ink = "#" + "".join(f"{round(part * 255):02X}" for part in look.accent_ink)
    assert contrast(ink, "#FFFFFF") >= 4.5


def test_a_column_is_as_wide_as_was_asked() -> None:
    def left_of_second(width: int | None) -> float:
        first = column("first", FieldType.TEXT)
        columns = (type(first)(**{**fields_of(first), "width": width}), column("second", FieldType.TEXT))
        table = pa.table({"first": ["a"], "second": ["b"]})
        text = read(result_of(table, columns)).pages[0].get_contents().get_data().decode("latin-1")
        positions = [float(found) for found in re.findall(r"1 0 0 1 (\d+\.\d+) \d+\.\d+ Tm<", text)]
        assert positions
        return max(positions)

    assert left_of_second(60) > left_of_second(None) + 100


def fields_of(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in type(one).__dataclass_fields__}
