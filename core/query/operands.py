"""Reads the values of conditions as the type of their field: exact numbers, days and instants."""

import math
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from core.domain.field import Field, FieldType
from core.domain.filter import Scalar
from core.errors import InvalidDefinition
from core.query.windows import resolved_days

_INT_64 = 2**63 - 1
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EXPECTED = {
    FieldType.TEXT: "a text",
    FieldType.INTEGER: "a whole number",
    FieldType.DECIMAL: "a number",
    FieldType.BOOLEAN: "true or false",
    FieldType.DATE: "a day such as 2026-11-23",
    FieldType.DATETIME: "a day such as 2026-11-23 or a time such as 2026-11-23T09:00",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A half-open span of instants that an operand of a date-and-time field stands for, or one instant."""

    starts_at: datetime
    ends_at: datetime
    is_instant: bool = False  #: a day that a zone skipped has no length either


Operand = str | int | Decimal | bool | date | Span


def read_operand(value: Scalar, field: Field, timezone: str) -> Operand:
    """Return `value` as the type of `field`. Raises InvalidDefinition in plain words (without a place)."""
    match field.type:
        case FieldType.TEXT if isinstance(value, str):
            return value
        case FieldType.BOOLEAN if isinstance(value, bool):
            return value
        case FieldType.INTEGER | FieldType.DECIMAL if isinstance(value, int | float) and not isinstance(value, bool):
            return _number(value, field)
        case FieldType.DATE | FieldType.DATETIME if isinstance(value, str | date):
            return _temporal(value, field, timezone)
    raise _mismatch(value, field)


def _number(value: int | float, field: Field) -> int | Decimal:
    if not math.isfinite(value):
        raise _mismatch(value, field)
    if field.type is FieldType.DECIMAL:
        return Decimal(str(value))
    if value != int(value):
        raise InvalidDefinition(f"{field.label} holds whole numbers; {value} is not one.")
    if abs(value) > _INT_64:
        raise InvalidDefinition(f"{value} is larger than any value of {field.label} can be.")
    return int(value)


def _temporal(value: str | date, field: Field, timezone: str) -> date | Span:
    if isinstance(value, str):
        try:
            value = _day(value) if len(value) <= len("2026-11-23") else datetime.fromisoformat(value)
        except ValueError as error:
            raise _mismatch(value, field) from error
    if not isinstance(value, datetime):
        if field.type is FieldType.DATE:
            return value  # 9999-12-31 too, which stands for "for ever" in many a table
        days = resolved_days(value, value, timezone)
        return Span(starts_at=days.starts_at, ends_at=days.ends_at)
    if field.type is FieldType.DATE:
        raise InvalidDefinition(f"{field.label} holds days without a time; leave the time out.")
    instant = value if value.tzinfo else value.replace(tzinfo=ZoneInfo(timezone))
    resolved_days(instant.date(), instant.date(), timezone)
    return Span(starts_at=instant, ends_at=instant, is_instant=True)


def _day(value: str) -> date:
    """Read `2026-11-23` and none of the other forms ISO 8601 has, as windows do."""
    if not _DAY.fullmatch(value):
        raise ValueError(value)
    return date.fromisoformat(value)


def _mismatch(value: object, field: Field) -> InvalidDefinition:
    shown = str(value)
    shown = f"{shown[:40]}…" if len(shown) > 40 else shown
    return InvalidDefinition(f"{field.label} takes {_EXPECTED[field.type]}; '{shown}' is not.")
