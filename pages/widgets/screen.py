"""What every screen begins with: its heading, and whether it was just opened."""

import streamlit as st

from pages.widgets import keys


def entered(name: str) -> bool:
    """Whether screen `name` was opened by this run."""
    before = st.session_state.get(keys.SCREEN)
    st.session_state[keys.SCREEN] = name
    return bool(before != name)


def heading(title: str, key: str) -> "st.delta_generator.DeltaGenerator":
    """Draw a screen's title and return the container at its right for search and the primary button."""
    left, right = st.columns([4, 6], vertical_alignment="bottom")
    left.title(title, anchor=False)
    return right.container(
        key=f"{key}_head", horizontal=True, horizontal_alignment="right", vertical_alignment="bottom", gap="small"
    )


def back(page: str, label: str) -> None:
    """Draw the way back to a list."""
    st.page_link(page, label=label, icon=":material/arrow_back:")
