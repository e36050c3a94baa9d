"""Branding: what an organization's files and mails look like: its colour, its logo and its paper."""

import re
from dataclasses import dataclass
from enum import StrEnum

from core.errors import InvalidInput

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class PaperSize(StrEnum):
    """Paper that PDFs are set for."""

    A4 = "a4"
    LETTER = "letter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A picture as a PNG; `width` and `height` are its pixels."""

    png: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Branding:
    """How an organization's files look; the defaults are Broadsheet's own."""

    accent: str | None = None  #: "#RRGGBB" for the one colour of titles' rules, header marks and the first chart colour
    logo: Logo | None = None
    paper: PaperSize = PaperSize.A4


def parse_accent(text: str) -> str:
    """Return a colour as "#rrggbb". Raises InvalidInput."""
    if not _COLOUR.fullmatch(text):
        raise InvalidInput("Give a colour as #RRGGBB, such as #A4262C.", place="accent")
    return text.lower()
