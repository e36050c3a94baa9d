"""Scalars in JSON that come back as what they were: exact decimals, days, instants and floats that are no numbers."""

import math
from datetime import date, datetime
from decimal import Decimal

from core.domain.result import CellValue

TypedJson = dict[str, str] | str | int | float | bool | None


def dump_typed(value: CellValue) -> TypedJson:
    """The value where JSON has it, else an object of its kind and its text."""
    match value:
        case Decimal():
            return {"decimal": str(value)}
        case datetime():
            return {"instant": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
        case float() if not math.isfinite(value):
            return {"float": str(value)}
        case _:
            return value


def load_typed(value: TypedJson) -> CellValue:
    """Read what `dump_typed` wrote."""
    match value:
        case {"decimal": str(text)}:
            return Decimal(text)
        case {"instant": str(text)}:
            return datetime.fromisoformat(text)
        case {"day": str(text)}:
            return date.fromisoformat(text)
        case {"float": str(text)}:
            return float(text)
        case dict():
            raise ValueError(f"no typed value has the kinds {sorted(value)}")
        case _:
            return value


def load_number(value: TypedJson) -> Decimal | int | float | None:
    """Read a number."""
    number = load_typed(value)
    if number is not None and not isinstance(number, Decimal | int | float):
        raise ValueError("a number was expected")
    return number
