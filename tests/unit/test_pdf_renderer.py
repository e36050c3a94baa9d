import dataclasses
import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pyarrow as pa
import pypdf
import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4

from core.domain.artifact import Rendering
from core.domain.field import FieldType, Format, NumberStyle
from core.domain.filter import ResolvedWindow
from core.domain.result import ColumnRole, Kpi, Result, ResultColumn, ResultHead
from core.render.pdf.blocks import measure_column
from core.render.pdf.columns import plan
from core.render.pdf.style import MARGIN
from core.render.pdf_renderer import PdfRenderer
from core.render.renderer import ChartImage

ZONE = "America/New_York"
AS_OF = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def column(key: str, label: str, kind: FieldType, **style: object) -> ResultColumn:
    return ResultColumn(key=key, label=label, type=kind, role=ColumnRole.DIMENSION, format=Format(**style))


ID = column("id", "Order", FieldType.INTEGER, style=NumberStyle.PLAIN)
NAME = column("name", "Customer", FieldType.TEXT)
AMOUNT = column("amount", "Amount", FieldType.DECIMAL, style=NumberStyle.CURRENCY, unit="EUR")


def window(first: date, last: date) -> ResolvedWindow:
    zone = ZoneInfo(ZONE)
    starts, ends = (datetime(day.year, day.month, day.day, tzinfo=zone) for day in (first, last + timedelta(days=1)))
    return ResolvedWindow(first_on=first, last_on=last, starts_at=starts, ends_at=ends, timezone=ZONE)


def a_head(columns: tuple[ResultColumn, ...], rows: int, **changes: object) -> ResultHead:
    head = ResultHead(
        report_id=None,
        report_version=3,
        title="Orders of the week",
        sentence="Every order, newest first.",
        filters_in_words=("Status is shipped", "Country is Germany"),
        period=window(date(2026, 11, 16), date(2026, 11, 22)),
        columns=columns,
        rows_matched=rows,
        row_limit=None,
        logical_at=AS_OF,
        as_of=AS_OF,
        is_snapshot=True,
        timezone=ZONE,
        organization="Harbour & Lane",
        definition_sha256="9f2c4e1ab0d3" + "0" * 52,
    )
    return dataclasses.replace(head, **changes)


def names_result(names: list[str | None], **changes: object) -> Result:
    batch = pa.record_batch(
        [pa.array(range(10_000, 10_000 + len(names))), pa.array(names, pa.string())], ["id", "name"]
    )
    return Result(head=a_head((ID, NAME), len(names), **changes), batches=[batch])


def render(result: Result, **options: object) -> tuple[bytes, Rendering]:
    target = io.BytesIO()
    rendering = PdfRenderer().render(result, target, **options)
    return target.getvalue(), rendering


def pages_of(data: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data), strict=True).pages]


def test_every_row_is_there_in_order_with_a_header_and_a_number_on_every_page() -> None:
    data, rendering = render(names_result([f"Customer {number}" for number in range(5_000)]))
    pages = pages_of(data)
    found = [int(number) for page in pages for number in re.findall(r"^(\d{5}) Customer \d+$", page, re.MULTILINE)]
    assert found == list(range(10_000, 15_000))
    assert rendering.rows == 5_000
    assert len(pages) > 50
    for number, page in enumerate(pages, start=1):
        assert page.count("Order Customer") == 1, f"page {number}"
        assert f"Page {number} of {len(pages)}" in page
        assert "Orders of the week · version 3 · definition 9f2c4e1ab0d3" in page


def test_the_head_says_what_the_report_is_about() -> None:
    kpi = Kpi(label="Revenue", value=Decimal(12340), previous=Decimal(11000), trend=(1.0, 3.0, 2.0))
    previous = window(date(2026, 11, 9), date(2026, 11, 15))
    data, _ = render(names_result(["Ann"], kpis=(kpi,), previous_period=previous))
    text = pages_of(data)[0]
    for expected in (
        "Orders of the week",
        "Harbour & Lane",
        "16 to 22 Nov 2026",
        "Data as of Mon 23 Nov 2026, 09:00 (New York)",
        "Every order, newest first.",
        "Filters: Status is shipped; Country is Germany",
        "12.3k",
        "+12.2%",
        "vs 9 to 15 Nov 2026",
        "1 of 1 row",
    ):
        assert expected in text


def test_rows_cut_by_the_limit_are_said_before_and_after_the_table() -> None:
    data, rendering = render(names_result(["x"] * 10, rows_matched=5_231, row_limit=10))
    page = pages_of(data)[0]
    table = page.index("Order Customer")
    said = "10 of 5,231 rows: the report is limited to 10"
    assert said in page[:table]
    assert said in page[table:]
    assert rendering.notes


def test_a_source_that_changed_while_it_was_read_is_said() -> None:
    data, rendering = render(names_result(["x"] * 10, rows_matched=12))
    assert "the source changed while it was read" in pages_of(data)[0].replace("\n", " ")
    assert rendering.rows == 10


def test_the_same_result_gives_the_same_bytes() -> None:
    first, _ = render(names_result(["Zoë", "山田", "محمد", "😀"] * 40))
    second, _ = render(names_result(["Zoë", "山田", "محمد", "😀"] * 40))
    other, _ = render(names_result(["Zoe", "山田", "محمد", "😀"] * 40))
    assert first == second
    assert first != other
    assert b"CreationDate" not in first


def test_metadata_and_bookmarks() -> None:
    data, _ = render(names_result(["x"] * 2_500))
    reader = pypdf.PdfReader(io.BytesIO(data))
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == ("Orders of the week", "Harbour & Lane")
    assert reader.metadata.creator == "Broadsheet"
    titles = [
        [str(below.title) for below in one] if isinstance(one, list) else str(one.title) for one in reader.outline
    ]
    assert titles == ["Orders of the week", "Table", ["Row 1,001", "Row 2,001"], "About this report"]


def test_a_table_wider_than_the_page_repeats_its_first_column() -> None:
    columns = (NAME, *(column(f"m{n}", f"Metric {n}", FieldType.DECIMAL, unit="EUR") for n in range(24)))
    values = [pa.array([Decimal(1_000_000 + 100 * n + row) for row in range(30)]) for n in range(24)]
    batch = pa.record_batch([pa.array([f"Customer-{row}" for row in range(30)]), *values], [c.key for c in columns])
    data, _ = render(Result(head=a_head(columns, 30), batches=[batch]))
    reader = pypdf.PdfReader(io.BytesIO(data))
    assert reader.pages[0].mediabox.width > reader.pages[0].mediabox.height
    pages = pages_of(data)
    text = "\n".join(pages)
    assert all(f"{1_000_000 + 100 * n + row:,}" in text for n in range(24) for row in range(30))
    bands = sum("Customer-0" in page for page in pages)
    assert bands >= 2
    assert text.count("Customer-7\n") + text.count("Customer-7 ") == bands
    found = re.findall(r"Columns? (\d+)(?: to (\d+))? of 25", text)
    spans = [(int(first), int(last or first)) for first, last in found]
    assert len(spans) == bands
    assert (spans[0][0], spans[-1][1]) == (1, 25)
    assert all(before[1] + 1 == after[0] for before, after in pairwise(spans))
    assert text.count(", beside Customer") == bands - 1


def test_the_bands_of_a_short_table_stand_below_each_other() -> None:
    columns = (NAME, *(column(f"m{n}", f"Metric {n}", FieldType.DECIMAL, unit="EUR") for n in range(24)))
    values = [pa.array([Decimal(1_000_000 + n)]) for n in range(24)]
    batch = pa.record_batch([pa.array(["Customer-0"]), *values], [c.key for c in columns])
    data, _ = render(Result(head=a_head(columns, 1), batches=[batch]))
    first = pages_of(data)[0]
    assert first.count("Customer-0") >= 2
    assert all(f"{1_000_000 + n:,}" in first for n in range(24))


def test_long_text_wraps_and_goes_on_without_losing_a_word() -> None:
    words = [f"word{number}" for number in range(3_000)]
    data, _ = render(names_result([" ".join(words), "short", "x" * 900]))
    text = " ".join(pages_of(data))
    assert re.findall(r"word\d+", text) == words
    assert len(re.findall("x", re.sub(r"[^x]", "", text))) >= 900


def test_a_number_larger_than_the_first_rows_is_squeezed_not_broken() -> None:
    values = pa.array([Decimal("1.00")] * 2_100 + [Decimal("123456789.00")], pa.decimal128(20, 2))
    batch = pa.record_batch([values, pa.array(["x"] * 2_101)], ["amount", "name"])
    data, _ = render(Result(head=a_head((AMOUNT, NAME), 2_101), batches=[batch]))
    assert "123,456,789.00" in "".join(pages_of(data))


@pytest.mark.parametrize("rows", [0, 1])
def test_few_rows(rows: int) -> None:
    data, rendering = render(names_result(["Only one"][:rows]))
    text = pages_of(data)[0]
    assert rendering.rows == rows
    assert "Order Customer" in text
    assert ("No rows match." in text) == (rows == 0)


def test_no_batches_and_no_columns() -> None:
    data, _ = render(Result(head=a_head((), 0), batches=[]))
    assert "Orders of the week" in pages_of(data)[0]


def test_unicode_is_drawn_and_what_no_font_has_is_counted() -> None:
    names = ["Łukasz", "Νίκος", "Ольга", "Nguyễn Hạnh", "山田太郎", "김민수", "ひらがな", "สมชาย", "გიორგი", "→ ✓ ★ ②"]
    data, rendering = render(names_result([*names, "emoji 😀 twice 😀", "𒀀"]))
    text = pages_of(data)[0]
    for name in names:
        assert name in text
    assert rendering.altered == {"Customer": {"characters no font has": 2}}
    assert "emoji \ufffd twice \ufffd" in text
    assert "Customer: 2 cells, characters no font has" in text.replace("\n", " ")


def test_arabic_and_hebrew_are_shaped_and_can_be_copied() -> None:
    data, rendering = render(names_result(["محمد عبد الله", "שרה כהן"]))
    assert rendering.altered == {}
    for name in ("محمد عبد الله", "שרה כהן"):
        assert name in pages_of(data)[0]


def test_a_glyph_for_two_letters_gives_them_in_the_order_in_which_readers_turn_them_round() -> None:
    data, _ = render(names_result(["لا"]))
    contents = pypdf.PdfReader(io.BytesIO(data)).pages[0].get_contents().get_data()
    spans = re.findall(rb"/ActualText<FEFF([0-9A-F]+)>", contents)
    assert [bytes.fromhex(span.decode()).decode("utf-16-be") for span in spans] == ["لا"[::-1]]


def test_hostile_text_is_only_text() -> None:
    names = ["<img src=file:///etc/passwd>", "a & b <b>c</b>", ") Tj ET (", "\\", "%PDF", "endstream", "a\x00b\x1bc"]
    data, rendering = render(names_result(names, title="<b>&amp;</b> \x07"))
    text = pages_of(data)[0]
    for name in names[:-1]:
        assert name in text
    assert "a\ufffdb\ufffdc" in text
    assert rendering.altered["Customer"]["control characters replaced"] == 1
    assert b"root:" not in data
    assert "/URI" not in str(pypdf.PdfReader(io.BytesIO(data)).trailer["/Root"])


def test_empty_cells_and_line_breaks() -> None:
    data, _ = render(names_result([None, "", "one\ntwo\r\nthree"]))
    assert re.search(r"10002\s*one\s+two\s+three", pages_of(data)[0])


def test_the_chart_is_a_picture_and_its_absence_is_said() -> None:
    png = io.BytesIO()
    Image.new("RGBA", (40, 20), (255, 0, 0, 128)).save(png, "PNG")
    with_chart, _ = render(names_result(["x"]), chart=ChartImage(png=png.getvalue(), width=40, height=20))
    picture = pypdf.PdfReader(io.BytesIO(with_chart)).pages[0].images[0].image
    assert picture is not None
    assert picture.size == (40, 20)
    note = "The chart is missing: no Chrome or Chromium was found."
    without, rendering = render(names_result(["x"]), chart_note=note)
    assert note in pages_of(without)[0]
    assert note in rendering.notes


def test_every_font_that_a_page_names_is_embedded() -> None:
    data, _ = render(names_result(["Zoë", "山田", "محمد"]))
    fonts = pypdf.PdfReader(io.BytesIO(data)).pages[0]["/Resources"]["/Font"]
    assert len(fonts) == 5
    for font in fonts.values():
        assert font["/Encoding"] == "/Identity-H"
        assert "/FontFile2" in font["/DescendantFonts"][0]["/FontDescriptor"]


def test_a_page_carries_its_own_number_only_and_streams_are_binary() -> None:
    data, _ = render(names_result(["x"] * 200))
    for number, page in enumerate(pypdf.PdfReader(io.BytesIO(data)).pages, start=1):
        assert list(page["/Resources"]["/XObject"]) == [f"/FormXob.page-{number}"]
    assert b"ASCII85Decode" not in data


def test_a_number_wider_than_the_page_is_squeezed_inside_its_margins(tmp_path):
    table = pa.table({"name": ["one"], "amount": [1.7976931348623157e308]})
    amount = ResultColumn(key="amount", label="Amount", type=FieldType.DECIMAL, role=ColumnRole.MEASURE)
    target = io.BytesIO()
    PdfRenderer().render(Result(head=a_head((NAME, amount), 1), batches=table.to_batches()), target)
    text = pypdf.PdfReader(target).pages[0].extract_text()
    digits = re.sub(r"\D", "", text)
    assert "179769313486231570814527423731704356798070567525844996598917476803157260780028538760589558632766" in digits
    sample = [measure_column(["one"]), measure_column([f"{1.7976931348623157e308:,.2f}"])]
    layout = plan((NAME, amount), sample, [measure_column([])] * 2, paper=A4)
    assert max(place.x + place.width for band in layout.bands for place in band) <= layout.page_width - MARGIN + 0.01
