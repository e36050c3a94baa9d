"""The PDF format: a report as a page that is read, printed and searched; rows stream through in blocks."""

from itertools import chain
from typing import BinaryIO

from reportlab.lib.pagesizes import A4, LETTER

from core.domain.artifact import Rendering
from core.domain.branding import PaperSize
from core.domain.file_options import PdfStyle
from core.domain.result import Result, ResultHead
from core.render.cell_text import Alterations, clean_characters
from core.render.groups import group_words, grouping_places
from core.render.masthead import facts, limit_note, period_words, row_notes, row_words
from core.render.pdf.blocks import measure_column
from core.render.pdf.columns import Layout, plan
from core.render.pdf.cover import Cover, contents
from core.render.pdf.document import Document, DocumentInfo
from core.render.pdf.facts import draw_closing
from core.render.pdf.front import draw_figures, draw_filters, draw_front, draw_legend, draw_running_title, paragraph
from core.render.pdf.marks import Marks
from core.render.pdf.shaping import SEMIBOLD
from core.render.pdf.strips import MeasuredRows, Strips, measured_rows
from core.render.pdf.style import LINE_HEIGHT, MARGIN, QUIET, ROW_PADDING, TEXT_SIZE, look_of
from core.render.pdf.table import Table
from core.render.pdf.total_rows import TotalRows
from core.render.renderer import ChartImage, Wishes

ZEBRA_FROM = 13  #: rows
_BAND_SHARE = 0.5  #: of a page: room that a table in bands begins in, however long it is
PAPERS = {PaperSize.A4: A4, PaperSize.LETTER: LETTER}


class PdfRenderer:
    """Renders a result as PDF. The same result and picture give the same bytes."""

    format = "pdf"
    label = "PDF"
    extension = "pdf"
    media_type = "application/pdf"
    takes_chart = True

    def __init__(self, wishes: Wishes | None = None) -> None:
        self._options = (wishes or Wishes()).options.pdf
        self._branding = (wishes or Wishes()).branding

    def fitted(self, wishes: Wishes) -> "PdfRenderer":
        """The renderer for a style, an orientation, a paper and an organization's look."""
        return PdfRenderer(wishes)

    def render(
        self, result: Result, target: BinaryIO, *, chart: ChartImage | None = None, chart_note: str | None = None
    ) -> Rendering:
        """Write the report; memory does not grow with the rows. Raises what the result's batches raise.

        Rows are read once more, before, where subtotals are to stand below them or rules compare all values.
        """
        head, alterations = result.head, Alterations()
        places, marks = grouping_places(result), Marks(result, accent=self._branding.accent)
        blocks = measured_rows(result, marks, alterations)
        first = next(blocks, None)
        totals = TotalRows(head, alterations)
        layout = self._plan(head, first, totals)
        document = Document(
            target,
            width=layout.page_width,
            height=layout.page_height,
            manifest_line=_manifest_line(head),
            look=look_of(self._branding),
        )
        cover = None
        if self._options.style is PdfStyle.COVER:
            cover = Cover(document, head, contents(head, _groups(head, places), has_chart=chart is not None))
            cover.draw()
        y = _draw_front(document, head, chart=chart, chart_note=chart_note, has_cover=cover is not None)
        strips = Strips(head, layout, totals, places=places, marks=marks, use=document.use)
        y = _draw_table(document, head, layout, strips, chain([first] if first else [], blocks), alterations, y)
        notes = row_notes(head, strips.rows)
        y = _draw_end(document, head, strips.rows, notes, y)
        notes = (*notes, *((chart_note,) if chart_note else ()))
        listed = facts(head, rows=strips.rows, altered=alterations.as_dict(), notes=notes)
        draw_closing(document, listed, y, has_cover=cover is not None)
        if cover is not None:
            cover.finish()
        document.finish(_info(head))
        return Rendering(rows=strips.rows, altered=alterations.as_dict(), notes=notes)

    def _plan(self, head: ResultHead, first: MeasuredRows | None, totals: TotalRows) -> Layout:
        sample = first.columns if first is not None else [measure_column([]) for _ in head.columns]
        paper = PAPERS[self._options.paper or self._branding.paper]
        return plan(head.columns, sample, totals.measured(), paper=paper, orientation=self._options.orientation)


def _draw_front(
    document: Document, head: ResultHead, *, chart: ChartImage | None, chart_note: str | None, has_cover: bool
) -> float:
    """Everything above the table, but the cover."""
    y = draw_running_title(document, head) if has_cover else draw_front(document, head)
    y = draw_figures(document, head, y, chart=chart, chart_note=chart_note)
    y = y if has_cover else draw_filters(document, head, y)
    return draw_legend(document, head, y)


def _draw_table(
    document: Document,
    head: ResultHead,
    layout: Layout,
    strips: Strips,
    blocks: "chain[MeasuredRows]",
    alterations: Alterations,
    y: float,
) -> float:
    """Draw every row and the totals; returns the `y` below them all."""
    if not head.columns:
        return y
    zebra = head.rows_delivered >= ZEBRA_FROM and not strips.is_grouped
    table = Table(document, head.columns, layout, zebra=zebra, is_grouped=strips.is_grouped)
    y = _draw_table_heading(document, head, layout, table.header_height, y)
    for strip in strips.of(blocks, alterations):
        y = table.draw(strip, y)
    table.close(y)
    if strips.rows == 0:
        y = paragraph(document, "No rows match.", table.draw_header(y) + 6, quiet=True)
    return y


def _draw_table_heading(document: Document, head: ResultHead, layout: Layout, header: float, y: float) -> float:
    """The line above the table: how many rows it shows, in the accent where a limit cut some.

    A table in bands begins on the next page where it fits that and not the rest of this, or where this has little
    room: each of its bands would take a page for a few rows.
    """
    room = document.bottom - y - 20 - header
    whole = document.bottom - MARGIN - 12 - header
    rows_height = (LINE_HEIGHT + ROW_PADDING) * (2 if len(layout.bands) == 1 else head.rows_delivered)
    if rows_height > room and (rows_height <= whole or room < whole * _BAND_SHARE):
        document.next_page()
        y = MARGIN - 8
    y += 20
    document.bookmark("Table", y - 12, key="table")
    cut = head.rows_delivered < head.rows_matched
    colour = document.look.accent_ink if cut else QUIET
    words = row_words(head, head.rows_delivered)
    document.page.text(words, MARGIN, y, face_name=SEMIBOLD, size=TEXT_SIZE, colour=colour)
    return y + 6


def _draw_end(document: Document, head: ResultHead, rows: int, notes: tuple[str, ...], y: float) -> float:
    """What the reader must know at the end of the table: rows cut off, a source that changed."""
    if rows == head.rows_matched and not notes:
        return y
    if y + 24 > document.bottom:
        document.next_page()
        y = MARGIN
    y += 16
    if rows != head.rows_matched:
        ink = document.look.accent_ink
        document.page.text(row_words(head, rows), MARGIN, y, face_name=SEMIBOLD, size=TEXT_SIZE, colour=ink)
        y += 2
    for note in notes:
        if note != limit_note(head, rows):
            y = paragraph(document, note, y + 2)
    return y


def _groups(head: ResultHead, places: tuple[int, ...]) -> list[str]:
    """The headings of the outermost groups."""
    if not places:
        return []
    column = head.columns[places[0]]
    return [group_words(total.keys[0], column, head.timezone) for total in head.totals if total.level == 1]


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
