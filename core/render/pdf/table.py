"""The table over the pages: header on every page, wide tables in bands of columns, very tall rows continued."""

from collections.abc import Sequence

from core.domain.result import ResultColumn
from core.render.pdf.columns import Layout
from core.render.pdf.document import Document
from core.render.pdf.header import TableHeader
from core.render.pdf.rows import Piece, RowPainter
from core.render.pdf.strips import RowKind, Strip
from core.render.pdf.style import MARGIN, RULE

_MOST_LINES = 24  #: of one row in one piece; a longer row goes on in the next piece
_BOOKMARK_EVERY = 1000  #: rows
MOST_BOOKMARKS = 200
_BAND_GAP = 18.0  #: between bands on one page


class Table:
    """Draws strips of rows one after the other onto the document's pages."""

    def __init__(
        self,
        document: Document,
        columns: Sequence[ResultColumn],
        layout: Layout,
        *,
        zebra: bool,
        is_grouped: bool,
        name: str = "",
    ) -> None:
        """`zebra` tints every second row; bookmarks lead to groups where there are any, else to thousands of rows.

        `name` tells its bookmarks from those of other tables in the document.
        """
        self._name = name
        self._document = document
        self._layout = layout
        self._zebra = zebra
        self._is_grouped = is_grouped
        self._header = TableHeader(document, columns, layout)
        self._rows = RowPainter(document, columns, zebra=zebra)
        self._group: str | None = None
        self._groups = 0  #: that have a bookmark
        self._page: object = None  #: the page that already carries a header

    @property
    def header_height(self) -> float:
        """In points, the rule below included."""
        return self._header.height()

    def draw_header(self, y: float) -> float:
        """The header alone; returns the `y` below."""
        return self._header.draw(y, 0)

    def draw(self, strip: Strip, y: float) -> float:
        """Draw its rows from `y` on, page after page; return the `y` below the last of the last band."""
        pieces = self._pieces(strip)
        position = 0
        if len(self._layout.bands) > 1 and self._is_begun:
            y = self._next_page()
        while position < len(pieces):
            header = 0.0 if self._is_begun else self._header.height(continued=_continued(pieces[position]))
            count = _fitting(pieces, position, self._document.bottom - y - header)
            if count:
                y = self._draw_bands(strip, pieces[position : position + count], y)
                position += count
            if position < len(pieces):
                self.close(y)
                y = self._next_page()
        return y

    def close(self, y: float) -> None:
        """The rule under the last row of a page, where rows have no hairlines of their own."""
        if self._zebra and self._is_begun:
            self._document.page.rule(MARGIN, y, self._band_width(len(self._layout.bands) - 1), colour=RULE)

    @property
    def _is_begun(self) -> bool:
        return self._page is self._document.page

    def _next_page(self) -> float:
        self._document.next_page()
        return MARGIN

    def _band_width(self, band: int) -> float:
        last = self._layout.bands[band][-1]
        return last.x + last.width - MARGIN

    def _pieces(self, strip: Strip) -> list[Piece]:
        """The rows, those with very many lines cut."""
        heights = [1] * len(strip.kinds)
        for block in strip.blocks:
            for row, lines in block.special.items():
                heights[row] = max(heights[row], len(lines))
        headings = iter(strip.headings)
        pieces: list[Piece] = []
        number = strip.first_row
        for row, (kind, height) in enumerate(zip(strip.kinds, heights, strict=True)):
            if kind is RowKind.HEADING:
                self._group = next(headings)
            elif kind in (RowKind.SUBTOTAL_APART, RowKind.TOTAL):
                self._group = None
            pieces += [
                Piece(
                    row=row, kind=kind, number=number, group=self._group,
                    first_line=start, last_line=min(start + _MOST_LINES, height),
                )
                for start in range(0, height, _MOST_LINES)
            ]  # fmt: skip
            number += kind is RowKind.ROW
        return pieces

    def _draw_bands(self, strip: Strip, pieces: list[Piece], y: float) -> float:
        """Draw the same rows in every band: below each other where the page has room, else each on its own."""
        needed = self._header.height(continued=_continued(pieces[0])) + sum(piece.height for piece in pieces)
        is_begun = self._is_begun
        for band, places in enumerate(self._layout.bands):
            if band and y + _BAND_GAP + needed > self._document.bottom:
                y = self._next_page()
            elif band:
                y += _BAND_GAP
            if not is_begun:
                y = self._header.draw(y, band, continued=_continued(pieces[0]))
            self._page = self._document.page
            if band == 0:
                self._bookmark(pieces, y)
            y = self._rows.draw(strip, pieces, places, y)
            if self._zebra and band + 1 < len(self._layout.bands):
                self._document.page.rule(MARGIN, y, self._band_width(band), colour=RULE)
        return y

    def _bookmark(self, pieces: list[Piece], y: float) -> None:
        """Entries of the outline for groups, or for every thousandth row."""
        for piece in pieces:
            if piece.kind is RowKind.HEADING and self._groups < MOST_BOOKMARKS:
                self._document.bookmark((piece.group or "")[:80], y, key=f"{self._name}group-{self._groups}", level=1)
                self._groups += 1
            elif not self._is_grouped and _is_mark(piece):
                self._document.bookmark(f"Row {piece.number + 1:,}", y, key=f"{self._name}row-{piece.number}", level=1)
            y += piece.height


def _continued(piece: Piece) -> str | None:
    """The group to name above a piece that begins a page."""
    return None if piece.kind is RowKind.HEADING else piece.group


def _is_mark(piece: Piece) -> bool:
    """Whether the outline leads here: to every thousandth row, up to a bound."""
    mark, rest = divmod(piece.number, _BOOKMARK_EVERY)
    return piece.kind is RowKind.ROW and not rest and 0 < mark <= MOST_BOOKMARKS and piece.first_line == 0


def _fitting(pieces: list[Piece], position: int, room: float) -> int:
    """How many pieces from `position` on fit the room; a heading does not stay behind alone."""
    count = 0
    while position + count < len(pieces) and pieces[position + count].height <= room:
        room -= pieces[position + count].height
        count += 1
    is_left_behind = count and position + count < len(pieces) and pieces[position + count - 1].kind is RowKind.HEADING
    return count - 1 if is_left_behind else count
