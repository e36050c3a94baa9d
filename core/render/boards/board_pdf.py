"""A dashboard as PDF: its title, filters and age, then its tiles in reading order, each a section of the page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import BinaryIO

from core.domain.artifact import Rendering
from core.domain.file_options import Orientation
from core.domain.rich_text import BlockKind, parse_rich_text
from core.domain.shown import shown_result
from core.render.boards.board import CHART, KPI, TEXT, Board, BoardTile, merged
from core.render.boards.board_words import board_facts, filter_words
from core.render.cell_text import Alterations, clean_characters
from core.render.groups import grouping_places
from core.render.masthead import limit_note, period_words, row_notes, row_words
from core.render.pdf.blocks import measure_column
from core.render.pdf.columns import Layout, plan
from core.render.pdf.document import Document, DocumentInfo, fit
from core.render.pdf.facts import draw_closing
from core.render.pdf.front import draw_chart, draw_front, draw_legend, draw_tiles, paragraph
from core.render.pdf.marks import Marks
from core.render.pdf.shaping import SANS, SEMIBOLD, SERIF
from core.render.pdf.strips import MeasuredRows, Strips, measured_rows
from core.render.pdf.style import HAIRLINE, INK, MARGIN, SMALL_SIZE, TEXT_SIZE, look_of
from core.render.pdf.table import Table
from core.render.pdf.total_rows import TotalRows
from core.render.pdf_renderer import PAPERS, ZEBRA_FROM
from core.render.renderer import Wishes

_HEADING_SIZE = 14.0
_GAP = 26.0  #: above a section
#: Points that a section needs on the page that its heading stands on.
_LEAST = {TEXT: 50.0, KPI: 90.0, CHART: 200.0}
_LEAST_TABLE = 90.0
_BULLET_INDENT = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """A tile, or headline numbers of neighbours that stand side by side; with its place among the sections."""

    tile: BoardTile
    number: int
    is_strip: bool = False  #: of single headline numbers, each under its own name

    @property
    def key(self) -> str:
        return f"tile-{self.number}"


class PdfBoard:
    """Writes dashboards as PDF."""

    format = "pdf"
    extension = "pdf"
    media_type = "application/pdf"

    def write(self, board: Board, target: BinaryIO, wishes: Wishes) -> Rendering:
        """Write every tile. The same dashboard and pictures give the same bytes."""
        head, paper = board.head, PAPERS[wishes.options.pdf.paper or wishes.branding.paper]
        accent = wishes.branding.accent
        lies = _lies(board, wishes, paper)
        orientation = Orientation.LANDSCAPE if lies else Orientation.PORTRAIT
        document = Document(
            target,
            width=max(paper) if lies else min(paper),
            height=min(paper) if lies else max(paper),
            manifest_line=_manifest_line(board),
            look=look_of(wishes.branding),
        )
        y = draw_front(document, replace(head, sentence=""), line="Dashboard")
        y = paragraph(document, f"Filters: {filter_words(head)}", y + 4, size=SMALL_SIZE + 0.5, quiet=True)
        said = []
        for section in _sections(board.tiles):
            y, rendering = _draw(document, section, y, paper=paper, orientation=orientation, accent=accent)
            said.append((section.tile.name, rendering))
        rendering = merged(said)
        listed = board_facts(head, rows=rendering.rows, altered=rendering.altered, notes=rendering.notes)
        draw_closing(document, listed, y, has_cover=False)
        document.finish(_info(board))
        return rendering


def _sections(tiles: Sequence[BoardTile]) -> list[_Section]:
    """Single headline numbers next to each other become one strip."""
    found: list[_Section] = []
    for each in tiles:
        is_single = each.show == KPI and len(each.result.head.kpis) == 1
        tile = _named(each) if is_single else each
        last = found[-1] if found else None
        if is_single and last is not None and last.is_strip and _goes_beside(tile, last.tile):
            found[-1] = replace(last, tile=_beside(last.tile, tile))
        else:
            found.append(_Section(tile=tile, number=len(found), is_strip=is_single))
    return found


def _named(tile: BoardTile) -> BoardTile:
    """The number under the name of its tile."""
    head = tile.result.head
    kpis = tuple(replace(kpi, label=tile.title or kpi.label) for kpi in head.kpis)
    return replace(tile, result=replace(tile.result, head=replace(head, kpis=kpis)))


def _goes_beside(tile: BoardTile, strip: BoardTile) -> bool:
    """Whether both are compared with the same span and say the same of filters."""
    mine, theirs = tile.result.head.previous_period, strip.result.head.previous_period
    return mine == theirs and tile.note == strip.note


def _beside(strip: BoardTile, tile: BoardTile) -> BoardTile:
    head = strip.result.head
    joined = replace(head, kpis=(*head.kpis, *tile.result.head.kpis), rows_matched=head.rows_matched + 1)
    return replace(strip, title=f"{strip.title}, {tile.title}", result=replace(strip.result, head=joined))


def _lies(board: Board, wishes: Wishes, paper: tuple[float, float]) -> bool:
    """Whether the pages lie: as was asked, else where a table is too wide to stand."""
    asked = wishes.options.pdf.orientation
    if asked is not Orientation.AUTO:
        return asked is Orientation.LANDSCAPE
    tables = (tile for tile in board.tiles if tile.show not in (KPI, TEXT, CHART))
    layouts = (_planned(_Rows(tile, None), paper=paper, orientation=asked) for tile in tables)
    return any(layout.page_width > layout.page_height for layout in layouts)


class _Rows:
    """The rows of a table tile, measured a block at a time; what was altered in them is counted."""

    def __init__(self, tile: BoardTile, accent: str | None) -> None:
        self.result = shown_result(tile.result)
        self.head = self.result.head
        self.alterations = Alterations()
        self.marks = Marks(self.result, accent=accent)
        self.totals = TotalRows(self.head, self.alterations)
        self._blocks = measured_rows(self.result, self.marks, self.alterations)
        self.first = next(self._blocks, None)

    @property
    def blocks(self) -> "chain[MeasuredRows]":
        """All of them, once."""
        return chain([self.first] if self.first else [], self._blocks)


def _planned(rows: _Rows, *, paper: tuple[float, float], orientation: Orientation) -> Layout:
    columns = rows.head.columns
    sample = rows.first.columns if rows.first is not None else [measure_column([]) for _ in columns]
    return plan(columns, sample, rows.totals.measured(), paper=paper, orientation=orientation)


def _draw(
    document: Document,
    section: _Section,
    y: float,
    *,
    paper: tuple[float, float],
    orientation: Orientation,
    accent: str | None,
) -> tuple[float, Rendering]:
    tile = section.tile
    if tile.show == TEXT:
        return _draw_text(document, section, y)
    if tile.show == KPI:
        y = _heading(document, section, y, shown="" if section.is_strip else tile.title)
        y = draw_tiles(document, tile.result.head, y - (8 if section.is_strip else 0))
        y = _quiet(document, tile.note, y)
        return y, _said(tile, Rendering(rows=tile.result.head.rows_matched))
    y = _quiet(document, _line(tile), _heading(document, section, y))
    if tile.show == CHART:
        return _draw_chart(document, tile, y)
    y, rendering = _draw_table(document, section, _Rows(tile, accent), y, paper=paper, orientation=orientation)
    return y, _said(tile, rendering)


def _heading(document: Document, section: _Section, y: float, *, shown: str | None = None) -> float:
    """The tile's name over a hairline, on a page that has room for what follows."""
    tile, page = section.tile, document.page
    if y + _GAP + _LEAST.get(tile.show, _LEAST_TABLE) > document.bottom:
        page = document.next_page()
        y = MARGIN - 8
    document.bookmark(clean_characters(tile.name)[:80], y + 4, key=section.key)
    words = tile.name if shown is None else shown
    y += _GAP
    if not words:
        page.rule(MARGIN, y - 12, document.width - 2 * MARGIN, colour=HAIRLINE)
        return y - 12
    width = document.width - 2 * MARGIN
    line = fit(clean_characters(words), width, _HEADING_SIZE, SERIF)
    page.text(line, MARGIN, y, face_name=SERIF, size=_HEADING_SIZE, colour=INK)
    page.rule(MARGIN, y + 6, width, colour=HAIRLINE)
    return y + 7


def _line(tile: BoardTile) -> str | None:
    """The span it is about, and which filters mean nothing to it."""
    period = tile.result.head.period
    parts = [period_words(period) if period else "", tile.note or ""]
    return ". ".join(part.rstrip(".") for part in parts if part) or None


def _quiet(document: Document, words: str | None, y: float) -> float:
    return paragraph(document, words, y + 3, size=SMALL_SIZE + 0.5, quiet=True) if words else y


def _draw_text(document: Document, section: _Section, y: float) -> tuple[float, Rendering]:
    tile = section.tile
    y = _heading(document, section, y, shown=tile.title) if tile.title else _mark(document, section, y)
    blocks = parse_rich_text(tile.text)
    for block in blocks:
        if block.kind is BlockKind.HEADING:
            size = {1: 13.0, 2: 11.5, 3: TEXT_SIZE}[block.level]
            y = paragraph(document, block.plain, y + 6, size=size, face_name=SERIF if block.level < 3 else SEMIBOLD)
        else:
            words = f"\u2022  {block.plain}" if block.kind is BlockKind.ITEM else block.plain
            y = paragraph(document, words, y + 3, face_name=SANS)
    return y, Rendering(rows=len(blocks))


def _mark(document: Document, section: _Section, y: float) -> float:
    """A place that the outline leads to, without a heading."""
    if y + _LEAST[TEXT] > document.bottom:
        document.next_page()
        y = MARGIN - 8
    document.bookmark(clean_characters(section.tile.name)[:80], y + 4, key=section.key)
    return y + 12


def _draw_chart(document: Document, tile: BoardTile, y: float) -> tuple[float, Rendering]:
    if tile.picture is not None:
        y = draw_chart(document, tile.picture, y - 4)
    y = _quiet(document, tile.picture_note, y)
    rendering = Rendering(rows=tile.result.head.rows_delivered, notes=tile.result.head.notes)
    noted = (tile.picture_note,) if tile.picture_note else ()
    return y, _said(tile, replace(rendering, notes=(*rendering.notes, *noted)))


def _draw_table(
    document: Document,
    section: _Section,
    rows: _Rows,
    y: float,
    *,
    paper: tuple[float, float],
    orientation: Orientation,
) -> tuple[float, Rendering]:
    head, layout = rows.head, _planned(rows, paper=paper, orientation=orientation)
    y = draw_legend(document, head, y)
    strips = Strips(head, layout, rows.totals, places=grouping_places(rows.result), marks=rows.marks, use=document.use)
    zebra = head.rows_delivered >= ZEBRA_FROM and not strips.is_grouped
    table = Table(document, head.columns, layout, zebra=zebra, is_grouped=strips.is_grouped, name=f"{section.key}-")
    y += 6
    for strip in strips.of(rows.blocks, rows.alterations):
        y = table.draw(strip, y)
    table.close(y)
    if strips.rows == 0:
        y = paragraph(document, "No rows match.", table.draw_header(y) + 6, quiet=True)
    notes = row_notes(head, strips.rows)
    for note in _below(
        head.rows_matched, strips.rows, row_words(head, strips.rows), notes, limit_note(head, strips.rows)
    ):
        y = _quiet(document, note, y + 3)
    return y, Rendering(rows=strips.rows, altered=rows.alterations.as_dict(), notes=notes)


def _below(matched: int, rows: int, words: str, notes: tuple[str, ...], limited: str) -> Iterator[str]:
    """What stands below a table: how many rows, where some were left out, and its notes."""
    if rows != matched:
        yield words
    yield from (note for note in notes if note != limited)


def _said(tile: BoardTile, rendering: Rendering) -> Rendering:
    return replace(rendering, notes=(*rendering.notes, tile.note)) if tile.note else rendering


def _manifest_line(board: Board) -> str:
    head = board.head
    return f"{clean_characters(head.title)} · version {head.report_version} · definition {head.definition_sha256[:12]}"


def _info(board: Board) -> DocumentInfo:
    head = board.head
    return DocumentInfo(
        title=clean_characters(head.title),
        author=clean_characters(head.organization),
        subject=clean_characters(head.sentence),
        keywords=_manifest_line(board),
    )
