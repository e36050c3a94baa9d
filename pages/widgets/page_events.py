"""What the builder and dashboards listen for and Streamlit does not: leaving with unsaved changes, the keys of undo."""

from pathlib import Path

import streamlit as st

_COMPONENT = st.components.v2.component(
    "broadsheet_page_events",
    html="<span hidden></span>\n<span hidden></span>",
    js=(Path(__file__).parent / "page_events.js").read_text("utf-8"),
)
_QUESTIONS = {
    "builder": "This report has changes that are not saved. They are kept as a draft. Leave it?",
    "dashboard": "This dashboard has changes that are not saved. Leave it?",
}


def page_events(screen: str, key: str, *, is_changed: bool) -> None:
    """Take the keys of undo and redo for the buttons of `screen`, and ask before it is left while `is_changed`."""
    _COMPONENT(key=key, data={"screen": screen, "is_changed": is_changed, "question": _QUESTIONS[screen]}, height=0)
