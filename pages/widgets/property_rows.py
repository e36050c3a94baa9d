"""What the sections of the builder's right area share: rows with something to remove, adders, sections, open forms."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from pages.widgets import draft as drafts
from pages.widgets import keys


def row(name: str) -> "st.delta_generator.DeltaGenerator":
    """A line of controls."""
    return st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"builder_row_{name}")


def eyebrow(words: str) -> None:
    """A heading of a section that is always there."""
    st.html(f'<div class="bs-eyebrow">{words}</div>')


def section(words: str, *, is_used: bool) -> Any:
    """A section that stays closed until it is used; what is in it need not be drawn while it is not `open`."""
    key = keys.section(words)
    if is_used:
        st.session_state.setdefault(key, True)
    return st.expander(words, expanded=is_used, key=key, on_change="rerun")


def drop(key: str, edit: drafts.PlainEdit) -> None:
    """The button that removes a line."""
    drafts.act("", key=key, edit=edit, icon=":material/close:", type="tertiary", help="Remove")


def adder(name: str, words: str, options: Mapping[str, str], edit: drafts.Edit) -> None:
    """The choice that adds a line; it shows nothing chosen."""
    if not options:
        return
    drafts.control(
        st.selectbox,
        words,
        key=f"builder_add_{name}",
        value=None,
        edit=lambda d, picked: d if picked is None else edit(d, picked),
        options=list(options),
        format_func=lambda key: options.get(key, key),
        index=None,
        placeholder=words,
        label_visibility="collapsed",
    )


def opener(name: str) -> bool:
    """The button that opens or closes a line's form below it; returns whether it is open."""
    is_open = st.session_state.get(keys.BUILDER_OPEN) == name
    st.button(
        "",
        key=f"builder_open_{name}",
        icon=":material/expand_less:" if is_open else ":material/tune:",
        type="tertiary",
        help="Close" if is_open else "More about it",
        on_click=partial(_turn, None if is_open else name),
    )
    return is_open


def _turn(name: str | None) -> None:
    st.session_state[keys.BUILDER_OPEN] = name
