"""The table: header on every page, rows in blocks, wide tables in bands of columns, very tall rows continued."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.result import ResultColumn
from core.render.cells import display_header
from core.render.pdf.blocks import Block
from core.render.pdf.columns import Layout, Placed, is_right_aligned
from core.render.pdf.document import Document
from core.render.pdf.faces import face
from core.render.pdf.page import Page, line_operators, rgb
from core.render.pdf.shaping import SANS, SEMIBOLD
from core.render.pdf.style import (
    CELL_GAP,
    HAIRLINE,
    INK,
    LINE_HEIGHT,
    MARGIN,
    QUIET,
    ROW_PADDING,
    RULE,
    SMALL_SIZE,
    TABLE_SIZE,
    ZEBRA,
)
from core.render.pdf.wrapping import shortened, wrap

_MOST_LINES = 24  #: of one row in one piece; a longer row goes on in the next piece
_MOST_HEADER_LINES = 6
_BASELINE = 8.4  #: from the top of a line of a row to its baseline
_BOOKMARK_EVERY = 1000  #: rows
_MOST_BOOKMARKS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """Lines `first_line` to `last_line` of a row of the block, all columns side by side."""

    row: int
    number: int  #: of the row in the table, from 0
    first_line: int
    last_line: int

    @property
    def height(self) -> float:
        """In points."""
        return (self.last_line - self.first_line) * LINE_HEIGHT + ROW_PADDING


class Table:
    """Draws blocks of rows one after the other onto the document's pages."""

    def __init__(
        self, document: Document, columns: Sequence[ResultColumn], layout: Layout, *, zebra: bool, title: str
    ) -> None:
        """`title` leads the continued pages; `zebra` tints every second row."""
        self._document = document
        self._columns = columns
        self._layout = layout
        self._zebra = zebra
        self._title = title
        self._headers = [
            shortened(wrap(display_header(column), SEMIBOLD, width=width * 1000 / TABLE_SIZE), _MOST_HEADER_LINES)
            for column, width in zip(columns, layout.inner_widths, strict=True)
        ]
        self._header_lines = max((len(lines) for lines in self._headers), default=1)
        self._font_key = face(SANS).key
        self._page: Page | None = None  #: the page that already carries a header

    @property
    def header_height(self) -> float:
        """In points, the rule below included."""
        kicker = LINE_HEIGHT + 2 if len(self._layout.bands) > 1 else 0
        return self._header_lines * LINE_HEIGHT + 7 + kicker

    def draw(self, blocks: Sequence[Block], *, rows: int, first_row: int, y: float) -> float:
        """Draw `rows` rows that begin at `y`, page after page; return the `y` below the last of the last band."""
        pieces = self._pieces(blocks, rows, first_row)
        position = 0
        if len(self._layout.bands) > 1 and self._page is self._document.page:
            y = self._next_page()
        while position < len(pieces):
            is_begun = self._page is self._document.page
            room = self._document.bottom - y - (0 if is_begun else self.header_height)
            count = _fitting(pieces, position, room)
            if count == 0:
                self.close(y)
                y = self._next_page()
                continue
            group = pieces[position : position + count]
            position += count
            y = self._draw_bands(blocks, group, y, is_begun=is_begun)
            if position < len(pieces):
                self.close(y)
                y = self._next_page()
        return y

    def close(self, y: float) -> None:
        """The rule under the last row of a page, where rows have no hairlines of their own."""
        if self._zebra and self._page is self._document.page:
            self._document.page.rule(MARGIN, y, self._band_width(len(self._layout.bands) - 1), colour=RULE)

    def _next_page(self) -> float:
        self._document.next_page()
        return MARGIN

    def draw_header(self, y: float, band: int = 0) -> float:
        """The header row of a band; returns the `y` below its rule."""
        page = self._document.page
        bands = self._layout.bands
        if len(bands) > 1:
            page.text(
                f"{self._title}: part {band + 1} of {len(bands)} of the columns", MARGIN + CELL_GAP, y + _BASELINE,
                face_name=SANS, size=SMALL_SIZE, colour=QUIET,
            )  # fmt: skip
            y += LINE_HEIGHT + 2
        y += 2
        for place in bands[band]:
            lines = self._headers[place.index]
            top = y + (self._header_lines - len(lines)) * LINE_HEIGHT
            right = is_right_aligned(self._columns[place.index])
            x = place.x + place.width - CELL_GAP if right else place.x + CELL_GAP
            for number, line in enumerate(lines):
                page.text(
                    line, x, top + number * LINE_HEIGHT + _BASELINE, face_name=SEMIBOLD, size=TABLE_SIZE, colour=INK,
                    align_right=right,
                )  # fmt: skip
        y += self._header_lines * LINE_HEIGHT + 4
        page.rule(MARGIN, y, self._band_width(band), colour=RULE, thickness=0.8)
        return y + 1

    def _band_width(self, band: int) -> float:
        last = self._layout.bands[band][-1]
        return last.x + last.width - MARGIN

    def _pieces(self, blocks: Sequence[Block], rows: int, first_row: int) -> list[_Piece]:
        """The rows, those with very many lines cut."""
        heights = [1] * rows
        for block in blocks:
            for row, lines in block.special.items():
                heights[row] = max(heights[row], len(lines))
        return [
            _Piece(row=row, number=first_row + row, first_line=start, last_line=min(start + _MOST_LINES, lines))
            for row, lines in enumerate(heights)
            for start in range(0, lines, _MOST_LINES)
        ]

    def _draw_bands(self, blocks: Sequence[Block], group: list[_Piece], y: float, *, is_begun: bool) -> float:
        """Draw the same rows in every band, each further band on a page of its own."""
        for band in range(len(self._layout.bands)):
            if band:
                y = self._next_page()
            self._bookmark(group, band, y)
            self._page = self._document.page
            y = self._draw_rows(blocks, group, band, y if is_begun else self.draw_header(y, band))
            if self._zebra and band + 1 < len(self._layout.bands):
                self._document.page.rule(MARGIN, y, self._band_width(band), colour=RULE)
        return y

    def _bookmark(self, group: list[_Piece], band: int, y: float) -> None:
        """An entry of the outline for every thousandth row."""
        first, last = group[0].number, group[-1].number
        mark = -(-first // _BOOKMARK_EVERY) * _BOOKMARK_EVERY
        if band == 0 and mark and mark <= last and mark // _BOOKMARK_EVERY <= _MOST_BOOKMARKS:
            self._document.bookmark(f"Row {mark + 1:,}", y)

    def _draw_rows(self, blocks: Sequence[Block], group: list[_Piece], band: int, y: float) -> float:
        page, places = self._document.page, self._layout.bands[band]
        width = self._band_width(band)
        backgrounds: list[str] = []
        shown = [f"BT {rgb(INK)} rg /{self._font_key} {TABLE_SIZE:g} Tf"]
        columns = [(place, blocks[place.index], self._lefts(blocks[place.index], place, group)) for place in places]
        for position, piece in enumerate(group):
            if self._zebra and piece.number % 2:
                backgrounds.append(
                    f"{MARGIN:.2f} {page.height - y - piece.height:.2f} {width:.2f} {piece.height:.2f} re"
                )
            baseline = page.height - y - _BASELINE - ROW_PADDING / 2 + 0.6
            self._draw_row(shown, columns, position, piece, baseline)
            y += piece.height
            if not self._zebra:
                page.rule(MARGIN, y - 0.25, width, colour=HAIRLINE)
        if backgrounds:
            page.raw(f"{rgb(ZEBRA)} rg {' '.join(backgrounds)} f")
        shown.append("ET")
        page.raw("\n".join(shown))
        return y

    def _draw_row(
        self,
        shown: list[str],
        columns: list[tuple[Placed, Block, list[str]]],
        position: int,
        piece: _Piece,
        baseline: float,
    ) -> None:
        """Append the operators of one row, cell after cell in reading order."""
        row, height = piece.row, f"{baseline:.2f}"
        for place, block, lefts in columns:
            cell = block.shown[row]
            if cell:
                if piece.first_line == 0:
                    scale = block.squeezed.get(row)
                    show = f"{scale:.1f} Tz<{cell}>Tj 100 Tz" if scale else f"<{cell}>Tj"
                    shown.append(f"1 0 0 1 {lefts[position]} {height} Tm{show}")
            elif row in block.special:
                self._draw_special(shown, place, block, piece, baseline)

    def _draw_special(self, shown: list[str], place: Placed, block: Block, piece: _Piece, baseline: float) -> None:
        right = is_right_aligned(self._columns[place.index])
        for number, line in enumerate(block.special[piece.row][piece.first_line : piece.last_line]):
            if not line.runs:
                continue
            x = place.x + CELL_GAP
            if right:
                x = place.x + place.width - CELL_GAP - line.width * TABLE_SIZE / 1000
            operators = line_operators(line, TABLE_SIZE, self._document.use)
            shown.append(f"1 0 0 1 {x:.2f} {baseline - number * LINE_HEIGHT:.2f} Tm {operators}")
        shown.append(f"/{self._font_key} {TABLE_SIZE:g} Tf")

    def _lefts(self, block: Block, place: Placed, group: list[_Piece]) -> list[str]:
        """Where each plain cell's text begins."""
        if not is_right_aligned(self._columns[place.index]):
            return [f"{place.x + CELL_GAP:.2f}"] * len(group)
        right, most = place.x + place.width - CELL_GAP, place.inner_width
        widths = block.widths
        return [f"{right - min(float(widths[piece.row]), most):.2f}" for piece in group]


def _fitting(pieces: list[_Piece], position: int, room: float) -> int:
    """How many pieces from `position` on fit the room."""
    count = 0
    while position + count < len(pieces) and pieces[position + count].height <= room:
        room -= pieces[position + count].height
        count += 1
    return count
