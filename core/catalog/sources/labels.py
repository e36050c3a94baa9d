"""Proposes labels and formats for columns found by introspection; people change them in the catalog."""

import re

from core.domain.field import Field, FieldType, Format, NumberStyle

_ACRONYMS = {"id", "url", "ip", "api", "sql", "vat", "sku", "http", "utc", "uuid", "csv", "pdf"}
_PLAIN = {"id", "year", "code", "number", "no", "zip"}


def draft_field(name: str, kind: FieldType, *, description: str = "") -> Field:
    """A field for the column `name`: `order_id` becomes "Order ID"; identifying numbers are no measures."""
    words = [word for word in re.split(r"[_\s]+|(?<=[a-z0-9])(?=[A-Z])", name) if word]
    identifies = bool(words) and words[-1].lower() in _PLAIN
    return Field(
        name=name,
        label=_label(words) or name,
        type=kind,
        description=description,
        format=Format(style=NumberStyle.PLAIN if identifies else NumberStyle.NUMBER),
        is_measure=kind.is_number and not identifies,
    )


def _label(words: list[str]) -> str:
    lower = [word.upper() if word.lower() in _ACRONYMS else word.lower() for word in words]
    return " ".join([lower[0][:1].upper() + lower[0][1:], *lower[1:]]) if lower else ""
