"""The font files: which characters each one has, how wide its glyphs are, and a subset of it."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import uharfbuzz as hb

FOLDER = Path(__file__).resolve().parent.parent / "fonts"
_BMP = 0x10000

FACE_NAMES = (
    "sans-regular",
    "sans-semibold",
    "serif-semibold",
    "hebrew",
    "arabic",
    "cjk",
    "thai",
    "devanagari",
    "georgian",
    "armenian",
    "symbols",
    "symbols2",
)
FALLBACKS = FACE_NAMES[3:]


class Face:
    """One font file, loaded once a process; glyph widths are in thousandths of the font size."""

    def __init__(self, name: str) -> None:
        """`name` is one of FACE_NAMES."""
        self.name = name
        self.key = f"F{FACE_NAMES.index(name)}"
        self._face = hb.Face(hb.Blob.from_file_path(str(FOLDER / f"{name}.ttf")))
        self.hb_font = hb.Font(self._face)
        self.scale = 1000 / self._face.upem
        extents = self.hb_font.get_font_extents("ltr")
        self.ascent = extents.ascender * self.scale
        self.descent = extents.descender * self.scale
        self.glyph_by_character: dict[int, int] = {
            code: self.hb_font.get_nominal_glyph(code) for code in self._face.unicodes
        }
        advance = self.hb_font.get_glyph_h_advance
        self.widths: npt.NDArray[np.float64] = np.array(
            [advance(glyph) for glyph in range(self._face.glyph_count)], dtype=np.float64
        )
        self.widths *= self.scale
        self.glyphs: npt.NDArray[np.uint16] = np.zeros(_BMP, dtype=np.uint16)
        for code, glyph in self.glyph_by_character.items():
            if code < _BMP:
                self.glyphs[code] = glyph

    def has(self, code: int) -> bool:
        """Whether the font draws this character."""
        return code in self.glyph_by_character

    def subset(self, glyphs: Iterable[int]) -> bytes:
        """A TrueType file that holds these glyphs under their old numbers."""
        wanted = hb.SubsetInput()
        wanted.flags = hb.SubsetFlags.RETAIN_GIDS | hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NOTDEF_OUTLINE
        wanted.glyph_set.update({0, *glyphs})
        for table in ("GSUB", "GPOS", "GDEF", "name", "post", "OS/2", "cmap"):
            wanted.drop_table_tag_set.add(int.from_bytes(table.encode(), "big"))
        return bytes(hb.subset(self._face, wanted).blob.data)


@cache
def face(name: str) -> Face:
    """The face of that name, loaded at first use."""
    return Face(name)
