"""The schedule form's values: they outlive controls that are not drawn; every part of the form shares them."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.errors import InvalidInput
from pages.widgets import keys

_PREFIX = f"{keys.SCHEDULE_FORM}_"


def key(field: str) -> str:
    """Return the session's key of a field."""
    return f"{_PREFIX}{field}"


def fill(values: Mapping[str, Any]) -> None:
    """Put `values` into the form, in place of everything it held."""
    for name in [name for name in st.session_state if str(name).startswith(_PREFIX)]:
        del st.session_state[name]
    st.session_state[keys.SCHEDULE_VALUES] = dict(values)


def read() -> dict[str, Any]:
    """Return the form's values; a control that is not drawn keeps its last one."""
    kept: dict[str, Any] = st.session_state.setdefault(keys.SCHEDULE_VALUES, {})
    for name in st.session_state:
        if str(name).startswith(_PREFIX):
            kept[str(name).removeprefix(_PREFIX)] = st.session_state[name]
    return kept


def keep(field: str, values: Mapping[str, Any]) -> str:
    """Give a control its last value back when it is drawn again; returns its key."""
    if key(field) not in st.session_state:
        st.session_state[key(field)] = values[field]
    return key(field)


def put(field: str, value: Any) -> None:
    """Change a value from a callback, whether or not its control is drawn."""
    st.session_state[keys.SCHEDULE_VALUES][field] = value
    st.session_state[key(field)] = value


def is_at(error: InvalidInput | None, *places: str, but: tuple[str, ...] = ()) -> bool:
    """Whether what is wrong belongs to one of `places`."""
    place = (error.place or "") if error is not None else ""
    return place.startswith(places) and not (but and place.startswith(but))


def error_at(error: InvalidInput | None, *places: str, but: tuple[str, ...] = ()) -> None:
    """Say what is wrong beside the control it belongs to."""
    if error is not None and is_at(error, *places, but=but):
        st.error(error.user_message, icon=":material/error:")
