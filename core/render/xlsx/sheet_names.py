"""Names of sheets: legal in every spreadsheet, and no two alike."""

import re

from core.render.cell_text import clean_characters

_MOST_UNITS = 31  #: UTF-16 code units
_ILLEGAL = re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f]+")
_RESERVED = "history"  #: Excel keeps this name for itself
_FALLBACK = "Sheet"


class SheetNames:
    """Hands out names; spreadsheets do not heed the case of letters."""

    def __init__(self) -> None:
        self._taken: set[str] = {_RESERVED}

    def take(self, wanted: str) -> str:
        """`wanted`, or what is closest to it and still free: "Orders", then "Orders 2"."""
        base = " ".join(_ILLEGAL.sub(" ", clean_characters(wanted)).split()).strip("'") or _FALLBACK
        name, number = _shortened(base, _MOST_UNITS), 1
        while name.casefold() in self._taken:
            number += 1
            ending = f" {number}"
            name = _shortened(base, _MOST_UNITS - len(ending)) + ending
        self._taken.add(name.casefold())
        return name


def _shortened(text: str, units: int) -> str:
    """The first of `text` that fits, cut on a whole character."""
    cut = text.encode("utf-16-le")[: units * 2].decode("utf-16-le", "ignore")
    return cut.strip().strip("'").strip() or _FALLBACK
