"""Measures and inks of the PDF page, in points; the colours come from the palette."""

from dataclasses import dataclass

from core.domain.branding import Branding, Logo
from core.render.palette import LIGHT, inks
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What an organization's pages look like."""

    accent: Colour = ACCENT  #: rules and marks
    accent_ink: Colour = ACCENT  #: the same for text, as dark as it takes to be read
    logo: Logo | None = None


def look_of(branding: Branding) -> Look:
    """The look that an organization asks for, Broadsheet's own where it asks for none."""
    inks_asked = inks(accent=branding.accent)
    return Look(accent=colour(inks_asked.accent), accent_ink=colour(inks_asked.accent_ink), logo=branding.logo)
