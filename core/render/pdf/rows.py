"""Draws rows that fit one page: shades and bars behind, rules between, and the cells' text in reading order."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.result import ResultColumn
from core.render.pdf.blocks import Block
from core.render.pdf.columns import Placed, is_right_aligned
from core.render.pdf.document import Document, fit
from core.render.pdf.faces import face
from core.render.pdf.page import Colour, Page, line_operators, rgb
from core.render.pdf.shaping import SANS, SEMIBOLD, TextLine, set_line
from core.render.pdf.strips import RowKind, Strip
from core.render.pdf.style import (
    CELL_GAP,
    HAIRLINE,
    INK,
    LINE_HEIGHT,
    MARGIN,
    ROW_PADDING,
    RULE,
    TABLE_SIZE,
    TEXT_SIZE,
    ZEBRA,
)

_BASELINE = 8.4  #: from the top of a line of a row to its baseline
_HEADING_BASELINE = 17.0
HEADING_HEIGHT = 22.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Lines `first_line` to `last_line` of a row of a strip, all columns side by side."""

    row: int
    kind: RowKind
    number: int  #: of the row in the result, from 0
    group: str | None  #: heading of the group it lies in, or is the heading of
    first_line: int
    last_line: int

    @property
    def height(self) -> float:
        """In points."""
        if self.kind is RowKind.HEADING:
            return HEADING_HEIGHT
        return (self.last_line - self.first_line) * LINE_HEIGHT + ROW_PADDING


class _Shades:
    """Rectangles of a page, drawn a colour at a time."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._by_colour: dict[Colour, list[str]] = {}

    def add(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        bottom = self._page.height - y - height
        self._by_colour.setdefault(colour, []).append(f"{x:.2f} {bottom:.2f} {width:.2f} {height:.2f} re")

    def draw(self) -> None:
        for colour, rectangles in self._by_colour.items():
            self._page.raw(f"{rgb(colour)} rg {' '.join(rectangles)} f")


class RowPainter:
    """Draws pieces of rows onto the document's page."""

    def __init__(self, document: Document, columns: Sequence[ResultColumn], *, zebra: bool) -> None:
        """`zebra` tints every second row; otherwise hairlines part them."""
        self._document = document
        self._columns = columns
        self._zebra = zebra
        self._font = f"/{face(SANS).key} {TABLE_SIZE:g} Tf"

    def draw(self, strip: Strip, pieces: Sequence[Piece], places: Sequence[Placed], y: float) -> float:
        """Draw the pieces one below the other; return the `y` below the last."""
        self._draw_shades(strip, pieces, places, y)
        page = self._document.page
        shown = [f"BT {rgb(INK)} rg {self._font}"]
        columns = [(place, strip.blocks[place.index], self._lefts(strip, place, pieces)) for place in places]
        for position, piece in enumerate(pieces):
            if piece.kind is RowKind.HEADING:
                self._draw_heading(shown, piece, places, page.height - y - _HEADING_BASELINE)
            else:
                baseline = page.height - y - _BASELINE - ROW_PADDING / 2 + 0.6
                self._draw_row(shown, columns, position, piece, baseline)
            y += piece.height
        shown.append("ET")
        page.raw("\n".join(shown))
        return y

    def _draw_shades(self, strip: Strip, pieces: Sequence[Piece], places: Sequence[Placed], y: float) -> None:
        """Everything that lies behind the text."""
        page = self._document.page
        layers = [_Shades(page), _Shades(page), _Shades(page)]
        tints, bars, rules = layers
        width = places[-1].x + places[-1].width - MARGIN
        marked = [place for place in places if strip.blocks[place.index].fills or strip.blocks[place.index].bars]
        for piece in pieces:
            if self._zebra and piece.number % 2 and piece.kind is RowKind.ROW:
                tints.add(MARGIN, y, width, piece.height, ZEBRA)
            for place in marked:
                _shade_cell(tints, bars, strip.blocks[place.index], place, piece, y)
            self._add_rule(rules, piece, y, width)
            y += piece.height
        for layer in layers:
            layer.draw()

    def _add_rule(self, rules: _Shades, piece: Piece, y: float, width: float) -> None:
        if piece.kind is RowKind.HEADING:
            rules.add(MARGIN, y + piece.height - 0.5, width, 0.5, RULE)
        elif piece.kind is RowKind.TOTAL and piece.first_line == 0:
            rules.add(MARGIN, y - 0.4, width, 0.8, INK)
        elif piece.kind in (RowKind.SUBTOTAL, RowKind.SUBTOTAL_APART) and piece.first_line == 0:
            rules.add(MARGIN, y - 0.25, width, 0.5, RULE)
        elif piece.kind is RowKind.ROW and not self._zebra:
            rules.add(MARGIN, y + piece.height - 0.25, width, 0.5, HAIRLINE)

    def _draw_heading(self, shown: list[str], piece: Piece, places: Sequence[Placed], baseline: float) -> None:
        room = places[-1].x + places[-1].width - MARGIN - 2 * CELL_GAP
        line = set_line(fit(piece.group or "", room, TEXT_SIZE, SEMIBOLD), SEMIBOLD, kerned=True)
        operators = line_operators(line, TEXT_SIZE, self._document.use)
        shown.append(f"1 0 0 1 {MARGIN + CELL_GAP:.2f} {baseline:.2f} Tm {operators} {self._font}")

    def _draw_row(
        self,
        shown: list[str],
        columns: list[tuple[Placed, Block, list[str]]],
        position: int,
        piece: Piece,
        baseline: float,
    ) -> None:
        """Append the operators of one row, cell after cell in reading order."""
        row, height = piece.row, f"{baseline:.2f}"
        for place, block, lefts in columns:
            cell = block.shown[row]
            if not cell and row not in block.special:
                continue
            ink = block.inks.get(row)
            if ink is not None:
                shown.append(f"{rgb(ink)} rg")
            if not cell:
                self._draw_special(shown, place, block.special[row][piece.first_line : piece.last_line], baseline)
            elif piece.first_line == 0:
                scale = block.squeezed.get(row)
                show = f" {scale:.1f} Tz<{cell}>Tj 100 Tz" if scale else f"<{cell}>Tj"
                shown.append(f"1 0 0 1 {lefts[position]} {height} Tm{show}")
            if ink is not None:
                shown.append(f"{rgb(INK)} rg")

    def _draw_special(self, shown: list[str], place: Placed, lines: Sequence[TextLine], baseline: float) -> None:
        right = is_right_aligned(self._columns[place.index])
        for number, line in enumerate(lines):
            if not line.runs:
                continue
            width = line.width * TABLE_SIZE / 1000
            operators = line_operators(line, TABLE_SIZE, self._document.use)
            if right and width > place.inner_width:
                operators = f"{100 * place.inner_width / width:.1f} Tz {operators} 100 Tz"
                width = place.inner_width
            x = place.x + place.width - CELL_GAP - width if right else place.x + CELL_GAP
            shown.append(f"1 0 0 1 {x:.2f} {baseline - number * LINE_HEIGHT:.2f} Tm {operators}")
        shown.append(self._font)

    def _lefts(self, strip: Strip, place: Placed, pieces: Sequence[Piece]) -> list[str]:
        """Where each plain cell's text begins."""
        if not is_right_aligned(self._columns[place.index]):
            return [f"{place.x + CELL_GAP:.2f}"] * len(pieces)
        right, most = place.x + place.width - CELL_GAP, place.inner_width
        widths = strip.blocks[place.index].widths
        return [f"{right - min(float(widths[piece.row]), most):.2f}" for piece in pieces]


def _shade_cell(tints: _Shades, bars: _Shades, block: Block, place: Placed, piece: Piece, y: float) -> None:
    fill = block.fills.get(piece.row)
    if fill is not None:
        tints.add(place.x, y, place.width, piece.height, fill)
    bar = block.bars.get(piece.row)
    if bar is not None:
        left, room = place.x + CELL_GAP / 2, place.width - CELL_GAP
        bars.add(left + bar.start * room, y + 1.8, (bar.end - bar.start) * room, piece.height - 3.6, bar.colour)
