"""The PDF format: a report as a page that is read, printed and searched; rows stream through in blocks."""

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

import pyarrow as pa
from reportlab.lib.pagesizes import A4

from core.domain.artifact import Rendering
from core.domain.result import Result, ResultHead
from core.render.batches import even_chunks
from core.render.cell_text import Alterations, altered_in_words, clean_characters
from core.render.cells import display_strings
from core.render.masthead import limit_note, period_words, row_notes, row_words
from core.render.pdf.blocks import NO_GLYPH, Measured, lay_out, lay_out_bold, measure_column
from core.render.pdf.columns import Layout, plan
from core.render.pdf.document import Document, DocumentInfo
from core.render.pdf.front import draw_front, paragraph
from core.render.pdf.shaping import SEMIBOLD
from core.render.pdf.style import ACCENT, LINE_HEIGHT, MARGIN, QUIET, ROW_PADDING, SMALL_SIZE, TEXT_SIZE
from core.render.pdf.table import Table
from core.render.renderer import ChartImage, Wishes
from core.render.totals import total_batch

_BLOCK_ROWS = 2000  #: rows set at once; the first block also decides the column widths
_ZEBRA_FROM = 13  #: rows


class PdfRenderer:
    """Renders a result as PDF. The same result and picture give the same bytes."""

    format = "pdf"
    label = "PDF"
    extension = "pdf"
    media_type = "application/pdf"
    takes_chart = True

    def __init__(self, *, paper: tuple[float, float] = A4) -> None:
        """`paper` is the upright page's width and height in points (`reportlab.lib.pagesizes`)."""
        self._paper = paper

    def fitted(self, wishes: Wishes) -> "PdfRenderer":  # noqa: ARG002
        """Nothing of it can be chosen."""
        return self

    def render(
        self, result: Result, target: BinaryIO, *, chart: ChartImage | None = None, chart_note: str | None = None
    ) -> Rendering:
        """Write the report; memory does not grow with the rows. Raises what the result's batches raise."""
        head = result.head
        alterations = Alterations()
        blocks = _measured_blocks(result, alterations)
        first = next(blocks, None)
        totals = _total_texts(head, alterations)
        sample = [
            measure_column([*(cells.texts if first is not None else ()), *bold])
            for cells, bold in zip(first or [measure_column([])] * len(head.columns), totals, strict=True)
        ]
        layout = plan(head.columns, sample, paper=self._paper)
        document = Document(
            target,
            width=layout.page_width,
            height=layout.page_height,
            manifest_line=_manifest_line(head),
        )
        y = draw_front(document, head, chart=chart, chart_note=chart_note)
        measured = chain([first] if first else [], blocks)
        rows, y = _draw_table(document, head, layout, measured, totals, alterations, y)
        notes = row_notes(head, rows)
        _draw_end(document, head, rows, notes, altered_in_words(alterations.as_dict()), y)
        document.finish(_info(head))
        return Rendering(
            rows=rows, altered=alterations.as_dict(), notes=(*notes, *((chart_note,) if chart_note else ()))
        )


def _measured_blocks(result: Result, alterations: Alterations) -> Iterator[list[Measured]]:
    """The rows as measured texts, a block at a time."""
    for batch in even_chunks(result.batches, rows=_BLOCK_ROWS):
        yield [
            measure_column(_texts(batch.column(position), result.head, position, alterations))
            for position in range(len(result.head.columns))
        ]


def _total_texts(head: ResultHead, alterations: Alterations) -> list[list[str]]:
    """The totals as texts, a list a column."""
    batch = total_batch(head.totals, head.columns, head.timezone)
    if batch is None:
        return [[] for _ in head.columns]
    return [_texts(array, head, position, alterations) for position, array in enumerate(batch.columns)]


def _texts(array: pa.Array, head: ResultHead, position: int, alterations: Alterations) -> list[str]:
    return display_strings(array, head.columns[position], timezone=head.timezone, alterations=alterations)


def _draw_table(
    document: Document,
    head: ResultHead,
    layout: Layout,
    blocks: Iterator[list[Measured]],
    totals: list[list[str]],
    alterations: Alterations,
    y: float,
) -> tuple[int, float]:
    """Draw every row and the totals below; returns how many rows came and the `y` below them all."""
    if not head.columns:
        return 0, y
    table = Table(document, head.columns, layout, zebra=head.rows_delivered >= _ZEBRA_FROM, title=_short_title(head))
    y = _table_heading(document, head, table.header_height, y)
    rows = 0
    for block in blocks:
        drawn = [
            lay_out(cells, width=width, is_number=column.type.is_number, use=document.use)
            for cells, width, column in zip(block, layout.inner_widths, head.columns, strict=True)
        ]
        for column, cells in zip(head.columns, drawn, strict=True):
            alterations.count(column.label, NO_GLYPH, cells.cells_altered)
        count = len(block[0].texts)
        y = table.draw(drawn, rows=count, first_row=rows, y=y)
        rows += count
    if rows and totals[0]:
        bold = [lay_out_bold(cells, width=width) for cells, width in zip(totals, layout.inner_widths, strict=True)]
        y = table.draw(bold, rows=len(totals[0]), first_row=rows, y=y)
    table.close(y)
    if rows == 0:
        y = table.draw_header(y)
        y = paragraph(document, "No rows match.", y + 6, quiet=True)
    return rows, y


def _table_heading(document: Document, head: ResultHead, header_height: float, y: float) -> float:
    """The line above the table: how many rows it shows, in the accent where a limit cut some."""
    if y + 20 + header_height + 2 * (LINE_HEIGHT + ROW_PADDING) > document.bottom:
        document.next_page()
        y = MARGIN
    y += 20
    document.bookmark("Table", y - 12)
    cut = head.rows_delivered < head.rows_matched
    document.page.text(
        row_words(head, head.rows_delivered), MARGIN, y, face_name=SEMIBOLD, size=TEXT_SIZE,
        colour=ACCENT if cut else QUIET,
    )  # fmt: skip
    return y + 6


def _draw_end(
    document: Document, head: ResultHead, rows: int, notes: tuple[str, ...], altered: tuple[str, ...], y: float
) -> None:
    """What the reader must know at the end of the table: rows cut off, a source that changed, cells altered."""
    if rows != head.rows_matched or notes:
        if y + 24 > document.bottom:
            document.next_page()
            y = MARGIN
        y += 16
        if rows != head.rows_matched:
            text = row_words(head, rows)
            document.page.text(text, MARGIN, y, face_name=SEMIBOLD, size=TEXT_SIZE, colour=ACCENT)
            y += 2
    for note in notes:
        if note != limit_note(head, rows):
            y = paragraph(document, note, y + 2)
    if altered:
        y = paragraph(document, f"Altered cells: {'; '.join(altered)}", y + 6, size=SMALL_SIZE, quiet=True)


def _short_title(head: ResultHead) -> str:
    title = clean_characters(head.title)
    return title if len(title) <= 60 else title[:59] + "…"


def _manifest_line(head: ResultHead) -> str:
    """The footer's proof of origin: report, version, beginning of the definition's digest."""
    version = f"version {head.report_version}" if head.report_version is not None else "unsaved draft"
    parts = [clean_characters(head.title), version]
    if head.definition_sha256:
        parts.append(f"definition {head.definition_sha256[:12]}")
    return " · ".join(parts)


def _info(head: ResultHead) -> DocumentInfo:
    subject = period_words(head.period) if head.period else "All time"
    return DocumentInfo(
        title=clean_characters(head.title),
        author=clean_characters(head.organization),
        subject=f"{clean_characters(head.sentence)} {subject}".strip(),
        keywords=_manifest_line(head),
    )
