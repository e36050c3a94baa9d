"""The embedded fonts: which characters each one has, how wide its glyphs are, and its subset for the file.

Text is written as glyph numbers (Identity-H), so shaped scripts and plain text share one path.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import uharfbuzz as hb

from core.render.pdf.file import PdfFile

_FOLDER = Path(__file__).resolve().parent.parent / "fonts"
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
        self._face = hb.Face(hb.Blob.from_file_path(str(_FOLDER / f"{name}.ttf")))
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


def embed(pdf: PdfFile, font: Face, characters: Mapping[int, str]) -> int:
    """Write the font with these glyphs (number to the text it stands for); return its object number."""
    used = sorted(characters)
    name = b"/%s+%s" % (_subset_tag(used), "".join(part.title() for part in font.name.split("-")).encode())
    data = font.subset(used)
    file = pdf.add_stream(data, b"/Length1 %d" % len(data))
    descriptor = pdf.add(
        b"<</Type/FontDescriptor/FontName%s/Flags 4/FontBBox[-500 %d 2000 %d]/ItalicAngle 0/Ascent %d/Descent %d"
        b"/CapHeight 660/StemV 80/FontFile2 %d 0 R>>"
        % (name, int(font.descent), int(font.ascent), int(font.ascent), int(font.descent), file)
    )
    widths = b"".join(b"%d[%d]" % (glyph, round(font.widths[glyph])) for glyph in used)
    descendant = pdf.add(
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont%s"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        b"/FontDescriptor %d 0 R/DW 0/W[%s]/CIDToGIDMap/Identity>>" % (name, descriptor, widths)
    )
    to_unicode = pdf.add_stream(_to_unicode(characters, used))
    return pdf.add(
        b"<</Type/Font/Subtype/Type0/BaseFont%s/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>"
        % (name, descendant, to_unicode)
    )


def _subset_tag(used: list[int]) -> bytes:
    """Six letters that name the subset, from its glyphs (9.6.4)."""
    number = sum((position + 1) * glyph for position, glyph in enumerate(used))
    return bytes(ord("A") + (number // 26**place) % 26 for place in range(6))


def _to_unicode(characters: Mapping[int, str], used: list[int]) -> bytes:
    """The map that makes the text selectable and searchable (9.10.3)."""
    lines = [
        f"<{glyph:04X}><{characters[glyph].encode('utf-16-be').hex().upper()}>" for glyph in used if characters[glyph]
    ]
    blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n"
        f"{body}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    ).encode()
