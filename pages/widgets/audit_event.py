"""One event of the audit: who did what to which thing, and what was different afterwards."""

from datetime import timedelta
from html import escape
from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.audit_reading import AuditEntry, Difference, action_words, difference_lines
from core.errors import BroadsheetError
from pages.widgets import words
from pages.widgets.app import broadsheet
from pages.widgets.states import problem

#: Kind of an object -> the screen that shows it, and its name in the address.
_SCREENS = {
    "report": ("builder.py", "report"),
    "dashboard": ("dashboard.py", "dashboard"),
    "schedule": ("schedule_form.py", "schedule"),
    "run": ("runs.py", "run"),
    "delivery": ("sent.py", "delivery"),
    "dataset": ("dataset.py", "dataset"),
}
_NOTED_LATE = timedelta(minutes=10)


def audit_event(principal: Principal, event_id: UUID) -> None:
    """Draw one event."""
    try:
        entry = broadsheet().audit.get(principal, event_id)
    except BroadsheetError as error:
        problem(error)
        return
    st.title(action_words(entry.action), anchor=False)
    by = "erased" if entry.is_erased else entry.actor or "an administrator"
    facts = " · ".join(filter(None, (entry.object_name, f"by {by}", words.moment(entry.at, principal.timezone))))
    st.html(f'<p class="bs-facts">{escape(facts)}</p>')
    if entry.recorded_at - entry.at > _NOTED_LATE:
        st.caption(f"It was written down at {words.moment(entry.recorded_at, principal.timezone)}.")
    _leads(entry)
    if entry.is_erased:
        st.info("Who did it and what it was about was erased on request.", icon=":material/ink_eraser:")
    else:
        _changes(entry)
    _place(entry)


def _leads(entry: AuditEntry) -> None:
    screen = _SCREENS.get(entry.kind)
    if screen is not None and entry.object_id is not None and not entry.action.endswith(".deleted"):
        page, name = screen
        st.page_link(page, label="Look at it", query_params={name: str(entry.object_id)}, icon=":material/open_in_new:")


def _changes(entry: AuditEntry) -> None:
    lines = difference_lines(entry.before, entry.after)
    if not lines:
        return
    is_change = entry.before is not None and entry.after is not None
    heads = ("Before", "After") if is_change else ("It was",) if entry.after is None else ("It says",)
    body = "".join(_row(line, is_change=is_change) for line in lines)
    head = "".join(f"<th>{word}</th>" for word in ("What", *heads))
    st.html(f'<table class="bs-changes"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>')


def _row(line: Difference, *, is_change: bool) -> str:
    values = (line.before, line.after) if is_change else (line.before or line.after,)
    cells = "".join(f"<td>{escape(value)}</td>" for value in values)
    return f"<tr><th>{escape(line.place.capitalize())}</th>{cells}</tr>"


def _place(entry: AuditEntry) -> None:
    if entry.position is None:
        st.caption("It gets its place in the chain in a moment.")
    else:
        st.caption(f"Number {entry.position:,} in the chain, SHA-256 {entry.sha256}")
