"""Cells one at a time, for sheets of a few: their XML, and how formulas and links name them."""

import re
from decimal import Decimal

from core.render.markup import escaped

_LITERAL_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})")  #: its closing underscore may open the next one

PlainValue = str | float | int | Decimal | None


def plain_cell(place: str, style: int, value: PlainValue) -> str:
    """One cell: a number where it is one, else text."""
    if value is None or value == "":
        return f'<c r="{place}" s="{style}"/>'
    if isinstance(value, str):
        text = f'<t xml:space="preserve">{escaped(literal(value))}</t>'
        return f'<c r="{place}" s="{style}" t="inlineStr"><is>{text}</is></c>'
    if value != value or abs(value) == float("inf"):
        return plain_cell(place, style, str(value))
    number = f"{value:f}" if isinstance(value, Decimal) else repr(value)
    return f'<c r="{place}" s="{style}"><v>{number}</v></c>'


def literal(text: str) -> str:
    """`text` so that `_x0041_` in it is not read as "A"."""
    return _LITERAL_ESCAPE.sub(r"_x005F_x\1", text)


def sheet_reference(name: str) -> str:
    """A sheet before one of its cells: "'Rows 2'!"."""
    return "'" + name.replace("'", "''") + "'!"


def absolute(cell: str) -> str:
    """A cell whose address stays when it is copied: "$A$1"."""
    letters = cell.rstrip("0123456789")
    return f"${letters}${cell[len(letters) :]}"
