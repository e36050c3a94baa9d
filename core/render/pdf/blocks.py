"""Cells of a block of rows, ready to draw: widths and glyphs a column at once, special cells one by one.

A cell is special when it is wider than its column, has line breaks, or needs another font or shaping.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from core.render.pdf.faces import face
from core.render.pdf.page import Colour, GlyphUse
from core.render.pdf.shaping import SANS, SEMIBOLD, TextLine, plain_characters, set_line
from core.render.pdf.style import TABLE_SIZE
from core.render.pdf.wrapping import wrap

Kept = TypeVar("Kept")
FloatArray = npt.NDArray[np.float64]
NO_GLYPH = "characters no font has"
_SQUEEZED_LEAST = 45.0  #: percent; a number that would be narrower is broken over lines instead


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A column's texts with their width in points; `is_plain` says whose width was measured without shaping."""

    texts: Sequence[str]
    codes: npt.NDArray[np.uint32]  #: the characters of all texts, one after the other
    starts: npt.NDArray[np.int64]  #: where each text begins in `codes`, and the end
    widths: FloatArray
    is_plain: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar behind a cell's text, in parts of the cell's width."""

    start: float
    end: float
    colour: Colour


class _Moved:
    """Puts what is kept by row where the row stands after others were put before it."""

    def __init__(self, places: Sequence[int]) -> None:
        self._places = places

    def __call__(self, by_row: dict[int, Kept]) -> dict[int, Kept]:
        return {row + bisect_right(self._places, row): kept for row, kept in by_row.items()}


@dataclass(slots=True, kw_only=True)
class Block:
    """One column of a block: a plain cell's glyph numbers in hexadecimal, or a special cell's lines."""

    shown: list[str]
    widths: FloatArray
    special: dict[int, list[TextLine]] = field(default_factory=dict)
    squeezed: dict[int, float] = field(default_factory=dict)  #: numbers too wide for the column: scale in percent
    inks: dict[int, Colour] = field(default_factory=dict)  #: cells whose text is not in the usual ink
    fills: dict[int, Colour] = field(default_factory=dict)
    bars: dict[int, Bar] = field(default_factory=dict)
    cells_altered: int = 0

    def with_rows(self, places: Sequence[int], rows: Sequence[list[TextLine]]) -> "Block":
        """The same with a row of given lines before each of the places, which ascend and may repeat."""
        shown: list[str] = []
        start = 0
        for place in places:
            shown += [*self.shown[start:place], ""]
            start = place
        shown += self.shown[start:]
        moved = _Moved(places)
        added = {place + number: lines for number, (place, lines) in enumerate(zip(places, rows, strict=True)) if lines}
        return Block(
            shown=shown,
            widths=np.insert(self.widths, places, 0.0),
            special=moved(self.special) | added,
            squeezed=moved(self.squeezed),
            inks=moved(self.inks),
            fills=moved(self.fills),
            bars=moved(self.bars),
            cells_altered=self.cells_altered + sum(any(line.missing for line in lines) for lines in rows),
        )


def measure_column(texts: Sequence[str]) -> Measured:
    """Measure every text. The texts' characters are handled as one array."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.fromiter((len(text) for text in texts), dtype=np.int64, count=len(texts))
    starts = np.concatenate(([0], np.cumsum(lengths)))
    font = face(SANS)
    inside = np.minimum(codes, 0xFFFF)
    plain = plain_characters(SANS)[inside] & (codes < 0x10000)
    advances = np.concatenate(([0.0], np.cumsum(font.widths[font.glyphs[inside]])))
    widths = (advances[starts[1:]] - advances[starts[:-1]]) * (TABLE_SIZE / 1000)
    odd = np.concatenate(([0], np.cumsum(~plain)))
    is_plain = odd[starts[1:]] == odd[starts[:-1]]
    for index in np.flatnonzero(~is_plain).tolist():
        widths[index] = _widest_line(texts[index])
    return Measured(texts=texts, codes=codes, starts=starts, widths=widths, is_plain=is_plain)


def lay_out(measured: Measured, *, width: float, is_number: bool, use: GlyphUse) -> Block:
    """Fit a column's cells into `width` points: plain ones as they are, others wrapped, numbers squeezed."""
    font = face(SANS)
    inside = np.minimum(measured.codes, 0xFFFF)
    glyphs = font.glyphs[inside]
    _record(inside, use)
    digits = glyphs.astype(">u2").tobytes().hex().upper()
    ends = (measured.starts * 4).tolist()
    shown = [digits[ends[index] : ends[index + 1]] for index in range(len(measured.texts))]
    block = Block(shown=shown, widths=measured.widths)
    fits = measured.is_plain & (measured.widths <= width)
    for index in np.flatnonzero(~fits).tolist():
        _lay_out_special(block, measured, index, width=width, is_number=is_number)
    return block


def bold_lines(text: str, *, width: float, is_number: bool) -> list[TextLine]:
    """A cell's lines in the semibold face; a number that can be squeezed into `width` points stays on one."""
    if not text:
        return []
    line = set_line(text, SEMIBOLD)
    if is_number and line.width * TABLE_SIZE / 1000 <= width * 100 / _SQUEEZED_LEAST:
        return [line]
    return [set_line(part, SEMIBOLD) for part in wrap(text, SEMIBOLD, width=width * 1000 / TABLE_SIZE)]


def _lay_out_special(block: Block, measured: Measured, index: int, *, width: float, is_number: bool) -> None:
    scale = 100.0 * width / max(float(measured.widths[index]), width)
    text = measured.texts[index]
    if is_number and scale >= _SQUEEZED_LEAST:
        if measured.is_plain[index]:
            block.squeezed[index] = scale
            return
        lines = [set_line(text, SANS)]
    else:
        lines = [set_line(line, SANS) for line in wrap(text, SANS, width=width * 1000 / TABLE_SIZE)]
    block.special[index] = lines
    block.shown[index] = ""
    block.cells_altered += any(line.missing for line in lines)


def _widest_line(text: str) -> float:
    return max((set_line(line, SANS).width for line in text.splitlines()), default=0.0) * TABLE_SIZE / 1000


def _record(codes: npt.NDArray[np.uint32], use: GlyphUse) -> None:
    """Note the glyphs of plain cells (those of special ones too: a handful more in the font's subset)."""
    known = use.by_face.setdefault(SANS, {})
    seen = np.zeros(0x10000, dtype=np.bool_)
    seen[codes] = True
    distinct = np.flatnonzero(seen)
    for code, glyph in zip(distinct.tolist(), face(SANS).glyphs[distinct].tolist(), strict=True):
        if glyph and not known.get(glyph):
            known[glyph] = chr(code)
