"""Builds the font files of this folder from their upstream files; run by hand, never by the product.

`python make_fonts.py STREAMLIT_MEDIA NOTO_FOLDER DROID_SANS_FALLBACK.ttf` needs fontTools with brotli.
The licences are in LICENSES.txt. Source Sans and Source Serif are instantiated and subset, so by their licence
they may not keep their reserved name.
"""

import sys
from pathlib import Path

from fontTools.misc.transform import Transform
from fontTools.pens.reverseContourPen import ReverseContourPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

HERE = Path(__file__).resolve().parent
SANS = "SourceSansVF-Upright.ttf*.woff2"
SERIF = "SourceSerifVariable-Roman.ttf*.woff2"
SYMBOLS = [*range(0x2190, 0x2200), *range(0x2300, 0x2400), *range(0x2460, 0x2800), *range(0x2B00, 0x2C00)]
NOTO = {
    "arabic": "NotoSansArabic-Regular.ttf",
    "hebrew": "NotoSansHebrew-Regular.ttf",
    "thai": "NotoSansThai-Regular.ttf",
    "armenian": "NotoSansArmenian-Regular.ttf",
    "georgian": "NotoSansGeorgian-Regular.ttf",
    "devanagari": "NotoSansDevanagari-Regular.ttf",
}


def _save(font: TTFont, name: str, *, unicodes: list[int] | None = None, features: list[str] | None = None) -> None:
    """Subset without hinting and write with fixed stamps, so that building twice gives the same bytes."""
    options = Options()
    options.hinting = False
    options.layout_features = features if features is not None else ["*"]
    options.name_IDs = [0, 1, 2, 4, 6, 13, 14]
    options.notdef_outline = True
    options.glyph_names = False
    options.drop_tables += ["vhea", "vmtx", "gasp", "meta", "STAT"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=unicodes or list(font.getBestCmap()))
    subsetter.subset(font)
    font["head"].created = font["head"].modified = 0
    font.recalcTimestamp = False
    font.save(HERE / f"{name}.ttf")


def _rename(font: TTFont, family: str, style: str) -> None:
    """Give the font our own family name."""
    full = f"{family} {style}"
    names = {1: family, 2: style, 4: full, 6: full.replace(" ", "")}
    for name_id, text in names.items():
        font["name"].setName(text, name_id, 3, 1, 0x409)
    for name_id in (3, 16, 17, 21, 22, 25):
        font["name"].removeNames(nameID=name_id)
    font["name"].names = [record for record in font["name"].names if record.platformID == 3]


def _add_replacement(font: TTFont) -> None:
    """Draw U+FFFD, which the Source families lack: a filled diamond with the question mark cut out."""
    glyph_set = font.getGlyphSet()
    pen = TTGlyphPen(glyph_set)
    em = font["head"].unitsPerEm
    width, middle, reach = int(em * 0.86), int(em * 0.33), int(em * 0.4)
    centre = width // 2
    pen.moveTo((centre, middle + reach))
    for point in ((centre + reach, middle), (centre, middle - reach), (centre - reach, middle)):
        pen.lineTo(point)
    pen.closePath()
    scale = 0.72
    shift = Transform(scale, 0, 0, scale, centre - glyph_set["question"].width * scale / 2, middle - 0.33 * em * scale)
    glyph_set["question"].draw(TransformPen(ReverseContourPen(pen), shift))
    font.setGlyphOrder([*font.getGlyphOrder(), "replacement"])
    font["glyf"]["replacement"] = pen.glyph()
    font["hmtx"]["replacement"] = (width, centre - reach)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[0xFFFD] = "replacement"


def _text_face(source: Path, name: str, style: str, axes: dict[str, float]) -> None:
    """One static face of a variable Source family."""
    font = instantiateVariableFont(TTFont(source), axes)
    font.flavor = None
    _rename(font, "Broadsheet Sans" if name.startswith("sans") else "Broadsheet Serif", style)
    _add_replacement(font)
    _save(font, name, features=["ccmp", "mark", "mkmk", "kern", "locl"])


def main() -> None:
    """Build every file."""
    media, noto, droid = (Path(argument) for argument in sys.argv[1:4])
    sans, serif = next(media.glob(SANS)), next(media.glob(SERIF))
    _text_face(sans, "sans-regular", "Regular", {"wght": 400})
    _text_face(sans, "sans-semibold", "SemiBold", {"wght": 600})
    _text_face(serif, "serif-semibold", "SemiBold", {"wght": 600, "opsz": 40})
    for name, file in NOTO.items():
        _save(TTFont(noto / file), name)
    _save(TTFont(noto / "NotoSansSymbols-Regular.ttf"), "symbols", unicodes=SYMBOLS)
    _save(TTFont(noto / "NotoSansSymbols2-Regular.ttf"), "symbols2", unicodes=SYMBOLS)
    _save(TTFont(droid), "cjk", features=[])


if __name__ == "__main__":
    main()
