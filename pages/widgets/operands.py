"""What a condition or a mark is compared with: the control that the type and the operator ask for."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import streamlit as st

from core.domain.definition import ReportDefinition
from core.domain.field import Field, FieldType
from core.domain.filter import Condition, Operator, Scalar
from pages.widgets import draft as drafts
from pages.widgets.edits import NO_OPERAND, RANGES
from pages.widgets.value_picker import FindValues, no_values, value_picker
from pages.widgets.windows import FIRST_DAY, LAST_DAY

CHOICES = (Operator.IS, Operator.IS_NOT)
#: Sides of a range of numbers that one control shows: at least, at most, or both.
_SIDES = (Operator.AT_LEAST, Operator.AT_MOST, Operator.BETWEEN)
_BACKWARDS = "The range ends before it begins: swap its two values."


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """The operand of `item` while it is edited."""

    key: str  #: what the keys of its controls begin with
    field: Field
    item: Condition
    save: Callable[[ReportDefinition, Condition], ReportDefinition]
    find: FindValues = no_values  #: finds the values there are

    def save_values(self, d: ReportDefinition, values: tuple[Scalar, ...]) -> ReportDefinition:
        """Compare with other values."""
        return self.save(d, replace(self.item, values=values))


def operand_inputs(operand: Operand) -> None:
    """Draw the control of an operand that is no date window."""
    item, kind = operand.item, operand.field.type
    if item.operator in NO_OPERAND:
        return
    is_choice = item.operator in CHOICES
    if kind is FieldType.BOOLEAN:
        _yes_no(operand)
    elif kind.is_temporal and not (is_choice and len(item.values) > 1):
        _days(operand)
    elif kind.is_number and not is_choice:
        _numbers(operand)
    elif is_choice or len(item.values) > 1:
        find = operand.find if is_choice else no_values
        value_picker(operand.key, item.values, kind, operand.save_values, find=find)
    else:
        _text(operand)


def _text(operand: Operand) -> None:
    values = operand.item.values
    drafts.control(
        st.text_input,
        "Text",
        key=f"{operand.key}_text",
        value=str(values[0]) if values else "",
        edit=lambda d, text: operand.save_values(d, (text,) if text else ()),
        label_visibility="collapsed",
        placeholder="Text",
    )


def _numbers(operand: Operand) -> None:
    operator, values = operand.item.operator, operand.item.values
    if operator in _SIDES:
        sides = (None, *values) if operator is Operator.AT_MOST else (*values, None)
        with st.container(horizontal=True):
            _number(operand, 0, "At least", sides[0] if values else None)
            _number(operand, 1, "At most", sides[1] if values else None)
    elif operator in RANGES:
        with st.container(horizontal=True):
            _number(operand, 0, "From", values[0] if values else None)
            _number(operand, 1, "To", values[1] if len(values) > 1 else None)
    else:
        _number(operand, 0, "Number", values[0] if values else None, label_visibility="collapsed")
    if operator in RANGES and len(values) == 2 and _is_backwards(values):
        st.caption(f":red[{_BACKWARDS}]")


def _number(operand: Operand, position: int, label: str, value: Any, **options: Any) -> None:
    whole = operand.field.type is FieldType.INTEGER
    drafts.control(
        st.number_input,
        label,
        key=f"{operand.key}_number_{position}",
        value=value if value is None else int(value) if whole and value == int(value) else float(value),
        edit=lambda d, number: operand.save(d, with_number(operand.item, position, number)),
        step=1 if whole and (value is None or value == int(value)) else None,
        placeholder=operand.field.format.unit or "Number",
        **({} if whole else {"format": "%.15g"}),
        **options,
    )


def with_number(item: Condition, position: int, number: float | None) -> Condition:
    """Put a number in its place, or empty it; the sides of a range that are filled say which operator it is."""
    exact = int(number) if number is not None and number == int(number) else number
    if item.operator not in _SIDES:
        placed = [*item.values, None, None][: 2 if item.operator in RANGES else 1]
        placed[position] = exact
        return replace(item, values=tuple(value for value in placed if value is not None))
    sides = [*([None] if item.operator is Operator.AT_MOST else []), *item.values, None, None][:2]
    sides[position] = exact
    least, most = sides
    both = Operator.BETWEEN if least is not None else Operator.AT_MOST
    operator = both if most is not None else Operator.AT_LEAST
    return replace(item, operator=operator, values=tuple(value for value in sides if value is not None))


def _days(operand: Operand) -> None:
    known = [day for day in map(day_of, operand.item.values) if day is not None]
    options: dict[str, Any] = {
        "format": "YYYY-MM-DD",
        "min_value": min([FIRST_DAY, *known]),
        "max_value": max([LAST_DAY, *known]),
    }
    if operand.item.operator in RANGES:
        drafts.control(
            st.date_input,
            "First and last day",
            key=f"{operand.key}_days",
            value=tuple(known[:2]),
            edit=lambda d, picked: operand.save_values(d, tuple(picked)),
            **options,
        )
        return
    drafts.control(
        st.date_input,
        "Day",
        key=f"{operand.key}_day",
        value=known[0] if known else None,
        edit=lambda d, picked: operand.save_values(d, (picked,) if picked else ()),
        label_visibility="collapsed",
        **options,
    )


def day_of(value: Scalar) -> date | None:
    """Return the day of a value that is one, or an instant of it; saved ones are texts."""
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).date()
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


def _yes_no(operand: Operand) -> None:
    values = operand.item.values
    drafts.control(
        st.segmented_control,
        "Value",
        key=f"{operand.key}_flag",
        value=values[0] if values else None,
        edit=lambda d, flag: operand.save_values(d, (flag,) if flag is not None else ()),
        options=[True, False],
        format_func=lambda flag: "Yes" if flag else "No",
        label_visibility="collapsed",
    )


def _is_backwards(values: tuple[Scalar, ...]) -> bool:
    first, last = values
    return isinstance(first, int | float) and isinstance(last, int | float) and first > last
