"""Single values in the catalog's forms: typed inputs, and lists of values written as text."""

from datetime import date, datetime
from typing import Any

import streamlit as st

from core.domain.field import FieldType
from core.domain.filter import Scalar
from pages.widgets import dataset_draft as drafts


def scalar_input(label: str, *, key: str, kind: FieldType, value: Any, edit: drafts.Edit, **options: Any) -> None:
    """Draw the input of one value of a type."""
    if kind is FieldType.BOOLEAN:
        drafts.control(
            st.selectbox,
            label,
            key=key,
            value=value if isinstance(value, bool) else None,
            edit=edit,
            options=[True, False],
            format_func=lambda flag: "Yes" if flag else "No",
            placeholder="Choose",
            **options,
        )
    elif kind.is_temporal:
        shown = value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None
        drafts.control(st.date_input, label, key=key, value=shown, edit=edit, format="YYYY-MM-DD", **options)
    elif kind.is_number:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        drafts.control(
            st.number_input,
            label,
            key=key,
            value=float(value) if is_number else None,
            edit=lambda d, number: edit(d, None if number is None else _exact(number)),
            format="%g",
            placeholder="Number",
            **options,
        )
    else:
        shown = value if isinstance(value, str) else ""
        drafts.control(st.text_input, label, key=key, value=shown, edit=lambda d, text: edit(d, text or ""), **options)


def texts_of(text: str | None) -> tuple[str, ...]:
    """Return the texts of a list with commas between."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def numbers_of(text: str | None) -> tuple[int | float, ...]:
    """Return the numbers of a list with commas between; what is none is left out."""
    found = (_number(part) for part in texts_of(text))
    return tuple(number for number in found if number is not None)


def values_of(text: str, kind: FieldType) -> tuple[Scalar, ...]:
    """Return the values of a type in a list with commas between; what is none is left out."""
    found = (value_of(part, kind) for part in texts_of(text))
    return tuple(dict.fromkeys(value for value in found if value is not None))


def pairs_of(text: str, kind: FieldType) -> tuple[tuple[Scalar, str], ...]:
    """Return what each line replaces by what: "DE = Germany"."""
    pairs: dict[Scalar, str] = {}
    for line in text.splitlines():
        left, equals, right = line.partition("=")
        value = value_of(left.strip(), kind)
        if equals and value is not None:
            pairs[value] = right.strip()
    return tuple(pairs.items())


def pairs_text(pairs: tuple[tuple[Scalar, str], ...]) -> str:
    """Return pairs as lines."""
    return "\n".join(f"{value} = {text}" for value, text in pairs)


def value_of(text: str, kind: FieldType) -> Scalar | None:
    """Return a text as a value of a type; None where it is none."""
    if kind.is_number:
        return _number(text)
    if kind is FieldType.BOOLEAN:
        return {"yes": True, "true": True, "no": False, "false": False}.get(text.lower())
    if kind.is_temporal:
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None
    return text


def _number(text: str) -> int | float | None:
    try:
        return _exact(float(text))
    except ValueError:
        return None


def _exact(number: float) -> int | float:
    return int(number) if number == int(number) else number
