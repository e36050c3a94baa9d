"""The look that the theme settings cannot express: one stylesheet and the wordmark, set once per run."""

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_STYLE = _HERE / "style.css"


def is_dark() -> bool:
    """Whether the reader sees the dark theme."""
    return st.context.theme.type == "dark"


def apply_theme() -> None:
    """Set the page's title and stylesheet."""
    st.set_page_config(
        page_title="Broadsheet",
        page_icon=_HERE / "favicon.svg",
        layout="wide",
        menu_items={"About": "**Broadsheet**: reports that arrive on time, complete, and provably what was asked."},
    )
    st.html(_STYLE)


def show_wordmark() -> None:
    """Put the wordmark at the left of the masthead."""
    st.logo(_HERE / f"wordmark_{'dark' if is_dark() else 'light'}.svg", size="medium")
