"""Measures and inks of the PDF page, in points; the colours come from the palette."""

from core.render.palette import LIGHT
from core.render.pdf.page import Colour

MARGIN = 34.02  #: 12 mm
FOOTER_HEIGHT = 20.0  #: kept free above the bottom margin
TITLE_SIZE = 25.0
TEXT_SIZE = 9.5
SMALL_SIZE = 8.0
TABLE_SIZE = 8.0
LINE_HEIGHT = 10.0  #: between the lines of one table row
ROW_PADDING = 3.8  #: a one-line row is LINE_HEIGHT + ROW_PADDING high
CELL_GAP = 5.0  #: empty space at either side of a cell


def colour(text: str) -> Colour:
    """#RRGGBB as three parts of one."""
    return int(text[1:3], 16) / 255, int(text[3:5], 16) / 255, int(text[5:7], 16) / 255


INK = colour(LIGHT.ink)
QUIET = colour(LIGHT.quiet)
HAIRLINE = colour(LIGHT.hairline)
RULE = colour("#B9B5AC")  #: under the table's header
ZEBRA = colour(LIGHT.zebra)
ACCENT = colour(LIGHT.accent)
TREND = colour("#1F3A5F")
