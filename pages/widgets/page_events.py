"""What the builder's page listens for and Streamlit does not: leaving it with unsaved changes, and the keys of undo."""

from pathlib import Path

import streamlit as st

from pages.widgets import keys

_COMPONENT = st.components.v2.component(
    "broadsheet_page_events",
    html="<span hidden></span>\n<span hidden></span>",
    js=(Path(__file__).parent / "page_events.js").read_text("utf-8"),
)
_QUESTION = "This report has changes that are not saved. They are kept as a draft. Leave it?"


def page_events(*, is_changed: bool) -> None:
    """Take the keys of undo and redo, and ask before the page is left while `is_changed`."""
    _COMPONENT(key=keys.BUILDER_EVENTS, data={"is_changed": is_changed, "question": _QUESTION}, height=0)
