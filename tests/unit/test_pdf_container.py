import io

import pypdf
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader

from core.render.pdf.container import StreamedCanvas


def canvas_on(target: io.BytesIO) -> StreamedCanvas:
    return StreamedCanvas(target, pagesize=(200, 100), lang="en")


def test_a_page_is_in_the_file_as_soon_as_it_is_closed() -> None:
    target = io.BytesIO()
    canvas = canvas_on(target)
    begun = target.tell()
    canvas.rect(0, 0, 10, 10)
    assert target.tell() == begun
    canvas.showPage()
    assert target.getvalue().count(b"/Type /Page\n") == 1
    canvas.save()
    assert len(pypdf.PdfReader(target, strict=True).pages) == 1


def test_a_form_that_two_pages_use_may_be_drawn_after_them() -> None:
    target = io.BytesIO()
    canvas = canvas_on(target)
    for _ in range(2):
        canvas.doForm("late")
        canvas.showPage()
    canvas.beginForm("late")
    canvas.rect(1, 2, 3, 4)
    canvas.endForm()
    canvas.save()
    forms = [page["/Resources"]["/XObject"].raw_get("/FormXob.late") for page in pypdf.PdfReader(target).pages]
    assert forms[0] == forms[1]
    assert b"1 2 3 4 re" in forms[0].get_object().get_data()


def test_a_form_that_is_never_drawn_is_an_error() -> None:
    canvas = canvas_on(io.BytesIO())
    canvas.doForm("forgotten")
    canvas.showPage()
    with pytest.raises(ValueError, match="never drawn"):
        canvas.save()


def test_the_same_picture_is_in_the_file_once() -> None:
    target = io.BytesIO()
    canvas = canvas_on(target)
    for _ in range(2):
        canvas.drawImage(ImageReader(Image.new("RGB", (3, 2), "red")), 0, 0, 30, 20)
        canvas.showPage()
    canvas.save()
    assert target.getvalue().count(b"/Subtype /Image") == 1
    first, second = (page.images[0].image for page in pypdf.PdfReader(target).pages)
    assert first is not None
    assert second is not None
    assert first.getpixel((0, 0)) == second.getpixel((0, 0)) == (255, 0, 0)


def test_the_file_says_its_language_and_nothing_of_the_time() -> None:
    target = io.BytesIO()
    canvas = canvas_on(target)
    canvas.setTitle("Łódź, 東京")
    canvas.showPage()
    canvas.save()
    reader = pypdf.PdfReader(target, strict=True)
    assert reader.trailer["/Root"]["/Lang"] == "en"
    assert reader.metadata is not None
    assert reader.metadata.title == "Łódź, 東京"
    assert reader.metadata.creation_date is None
    assert reader.pdf_header == "%PDF-1.7"


def test_the_file_id_is_made_of_what_was_drawn() -> None:
    def drawn(width: int) -> str:
        target = io.BytesIO()
        canvas = canvas_on(target)
        canvas.rect(0, 0, width, 10)
        canvas.showPage()
        canvas.save()
        return str(pypdf.PdfReader(target).trailer["/ID"])

    assert drawn(10) == drawn(10)
    assert drawn(10) != drawn(11)
