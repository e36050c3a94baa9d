"""A widget that shows what a draft holds, also where the run that drew it first was cut short."""

from collections.abc import Callable
from typing import Any

import streamlit as st

#: What people type into; their value is given as the default, for an assignment would undo letters typed meanwhile.
_TYPED = (st.text_input, st.text_area)


def show(widget: Callable[..., Any], label: str, *, key: str, value: Any, **options: Any) -> None:
    """Draw `widget` with `value` in it.

    A run that follows at once throws away what the one before drew and did not send yet, and with it that a value was
    assigned. The browser would then show the widget's default, send it with the next click, and it would look like a
    change. So the value is assigned in every run, not only where it is another one.
    """
    if widget in _TYPED:
        options["value"] = value
        if st.session_state.get(key) == value:
            widget(label, key=key, **options)
            return
    st.session_state[key] = value
    widget(label, key=key, **options)
