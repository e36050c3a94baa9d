"""Cells of a block of rows, ready to draw: widths and glyphs a column at once, special cells one by one.

A cell is special when it is wider than its column, has line breaks, or needs another font or shaping.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.render.pdf.faces import face
from core.render.pdf.page import GlyphUse
from core.render.pdf.shaping import SANS, SEMIBOLD, TextLine, plain_characters, set_line
from core.render.pdf.style import TABLE_SIZE
from core.render.pdf.wrapping import wrap

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


@dataclass(slots=True, kw_only=True)
class Block:
    """One column of a block: a plain cell's glyph numbers in hexadecimal, or a special cell's lines."""

    shown: list[str]
    widths: FloatArray
    special: dict[int, list[TextLine]] = field(default_factory=dict)
    squeezed: dict[int, float] = field(default_factory=dict)  #: numbers too wide for the column: scale in percent
    cells_altered: int = 0


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


def lay_out_bold(texts: Sequence[str], *, width: float) -> Block:
    """Cells in the semibold face, wrapped into `width` points."""
    block = Block(shown=[""] * len(texts), widths=np.zeros(len(texts)))
    for index, text in enumerate(texts):
        if text:
            lines = [set_line(line, SEMIBOLD) for line in wrap(text, SEMIBOLD, width=width * 1000 / TABLE_SIZE)]
            block.special[index] = lines
            block.cells_altered += any(line.missing for line in lines)
    return block


def _lay_out_special(block: Block, measured: Measured, index: int, *, width: float, is_number: bool) -> None:
    scale = 100.0 * width / max(float(measured.widths[index]), width)
    if is_number and scale >= _SQUEEZED_LEAST and bool(measured.is_plain[index]):
        block.squeezed[index] = scale
        return
    text = measured.texts[index]
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
