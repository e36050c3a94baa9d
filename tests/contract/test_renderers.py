"""What every format in the registry promises."""

import csv
import io
import json
import re
from html import unescape

import openpyxl
import pyarrow as pa
import pypdf
import pytest
from markdown_it import MarkdownIt
from pyarrow import parquet

from core.domain.field import FieldType
from core.errors import InvalidInput
from core.render import RENDERERS, renderer_for
from core.render.renderer import Renderer
from tests.render_results import (
    ODD_TEXTS,
    ORDINARY_COLUMNS,
    broken_utf8,
    column,
    ordinary_result,
    ordinary_table,
    result_of,
)


def written(renderer: Renderer, result: object, **more: object) -> tuple[bytes, object]:
    target = io.BytesIO()
    rendering = renderer.render(result, target, **more)
    return target.getvalue(), rendering


def text_of_csv(content: bytes) -> str:
    return "\n".join(" ".join(row) for row in csv.reader(io.StringIO(content.decode(), newline="")))


def text_of_xlsx(content: bytes) -> str:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)


def text_of_pdf(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def text_of_html(content: bytes) -> str:
    return unescape(re.sub(r"<[^>]+>", "\n", content.decode()))


def text_of_jsonl(content: bytes) -> str:
    return "\n".join(str(cell) for line in content.decode().split("\n")[:-1] for cell in json.loads(line).values())


def text_of_parquet(content: bytes) -> str:
    table = parquet.read_table(io.BytesIO(content))
    return "\n".join(str(cell) for row in table.to_pylist() for cell in row.values())


def text_of_markdown(content: bytes) -> str:
    """What a reader of CommonMark with tables shows."""
    return text_of_html(MarkdownIt("commonmark").enable("table").render(content.decode()).encode())


READERS = {
    "csv": text_of_csv,
    "xlsx": text_of_xlsx,
    "pdf": text_of_pdf,
    "html": text_of_html,
    "jsonl": text_of_jsonl,
    "parquet": text_of_parquet,
    "markdown": text_of_markdown,
}
#: Formats that hold rows and nothing for people; their manifest says the rest.
FOR_MACHINES = {"csv", "jsonl", "parquet"}


@pytest.fixture(params=sorted(RENDERERS))
def renderer(request):
    return RENDERERS[request.param]


def test_every_format_can_be_read_back_here():
    assert set(READERS) == set(RENDERERS)


def test_a_renderer_says_what_it_makes(renderer):
    assert RENDERERS[renderer.format] is renderer
    assert renderer.label
    assert re.fullmatch("[a-z0-9]+", renderer.extension)
    assert re.match("[a-z]+/[a-z]", renderer.media_type)


def test_same_result_same_bytes(renderer):
    first, _ = written(renderer, ordinary_result(300))
    again, _ = written(renderer, ordinary_result(300))
    assert first == again


def test_batches_do_not_show(renderer):
    whole, _ = written(renderer, ordinary_result(300, batch_rows=300))
    pieces, _ = written(renderer, ordinary_result(300, batch_rows=11))
    assert whole == pieces


@pytest.mark.parametrize("rows", [0, 1, 137])
def test_row_count(renderer, rows):
    content, rendering = written(renderer, ordinary_result(rows))
    assert rendering.rows == rows
    assert READERS[renderer.format](content).count("Ana Müller") == (rows + 4) // 5


def test_a_live_result_is_read_once(renderer):
    result = ordinary_result(40)
    live = type(result)(head=result.head, batches=iter(list(result.batches)))
    assert written(renderer, live)[1].rows == 40


def test_labels_and_values_are_there(renderer):
    text = READERS[renderer.format](written(renderer, ordinary_result(10))[0])
    assert "Ana Müller" in text
    if renderer.format not in ("jsonl", "parquet"):  # their columns bear keys
        assert "Customer" in text
        assert "Amount (EUR)" in text


def test_rows_left_out_are_said(renderer):
    content, rendering = written(renderer, ordinary_result(5, rows_matched=12_345, row_limit=5))
    assert any("12,345" in note for note in rendering.notes)
    if renderer.format not in FOR_MACHINES:
        assert "12,345" in READERS[renderer.format](content)


def test_a_source_that_changed_meanwhile_is_said(renderer):
    _, rendering = written(renderer, ordinary_result(5, rows_matched=7))
    assert any("7 rows were counted, but 5 came" in note for note in rendering.notes)


def test_hostile_text_neither_breaks_nor_vanishes(renderer):
    table = pa.table(
        {"odd": pa.array([text for text in ODD_TEXTS if text is None or len(text) < 100], pa.large_string())}
    )
    content, rendering = written(renderer, result_of(table, (column("odd", FieldType.TEXT),)))
    assert rendering.rows == table.num_rows
    assert "alert(1)" in READERS[renderer.format](content)


def test_broken_utf8_is_counted(renderer):
    _, rendering = written(renderer, result_of(pa.table({"a": broken_utf8()}), (column("a", FieldType.TEXT),)))
    assert rendering.altered == {"A": {"unreadable characters replaced": 1}}


def test_altered_cells_are_stated_in_the_file(renderer):
    table = pa.table({"a": ["bell\x07"]})
    content, rendering = written(renderer, result_of(table, (column("a", FieldType.TEXT),)))
    if renderer.format in FOR_MACHINES:
        assert rendering.altered == {}
        return
    assert rendering.altered == {"A": {"control characters replaced": 1}}
    assert "control characters replaced" in " ".join(READERS[renderer.format](content).split())


def test_missing_pictures_are_said_where_pictures_belong(renderer):
    note = "The chart is missing: no browser was found."
    content, rendering = written(renderer, ordinary_result(3), chart_note=note)
    if not renderer.takes_chart:
        assert rendering.notes == ()
        return
    assert note in rendering.notes
    assert note in " ".join(READERS[renderer.format](content).split())


def test_errors_of_the_source_come_through(renderer):
    def broken():
        yield from ordinary_table(3).to_batches()
        raise ConnectionError("the source went away")

    result = result_of(ordinary_table(3), ORDINARY_COLUMNS)
    with pytest.raises(ConnectionError):
        written(renderer, type(result)(head=result.head, batches=broken()))


def test_unknown_formats_are_refused_by_name():
    with pytest.raises(InvalidInput, match="csv, xlsx, pdf, html, jsonl, parquet, markdown"):
        renderer_for("docx")
    assert renderer_for("csv").format == "csv"
