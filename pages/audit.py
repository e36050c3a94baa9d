"""What was done by whom: the events of the organization, the newest first, and one of them in full."""

from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.audit_reading import AuditEntry, AuditPart, action_words
from core.errors import BroadsheetError
from pages.widgets import keys, rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.audit_chain import chain_line
from pages.widgets.audit_event import audit_event
from pages.widgets.audit_filters import audit_filters, chosen, csv_button, is_filtered
from pages.widgets.screen import back, entered, heading
from pages.widgets.states import empty, problem

PAGE_SIZE = 40
COLUMNS = (
    rows.Column(title="Of what", width=260, narrow=False),
    rows.Column(title="By", width=220),
    rows.Column(title="When", width=200),
)


def events(principal: Principal) -> None:
    """Draw the list."""
    cursors: list[str] = st.session_state.setdefault(keys.AUDIT_CURSORS, [])
    try:
        part = broadsheet().audit.list(
            principal, chosen(principal), limit=PAGE_SIZE, cursor=cursors[-1] if cursors else None
        )
    except BroadsheetError as error:
        problem(error)
        return
    if not part.items:
        if is_filtered():
            empty("Nothing is like that", "Look for something else, or choose other days.")
        else:
            empty("Nothing was done yet", "What people do appears here.", icon=":material/history:")
        return
    with st.container(gap=None):
        rows.heading("What", COLUMNS, tail=0)
        for entry in part.items:
            line(principal, entry)
    turning(part, cursors)


def line(principal: Principal, entry: AuditEntry) -> None:
    """Draw one event."""
    cells = (
        rows.fact(entry.object_name),
        rows.fact(who(entry)),
        rows.fact(words.moment(entry.at, principal.timezone, zone=False), quiet=True),
    )
    with rows.line(str(entry.id)):
        link = rows.Link(page="audit.py", query={"event": str(entry.id)})
        rows.row(action_words(entry.action), link, COLUMNS, cells)


def who(entry: AuditEntry) -> str:
    """Return who did it, in words."""
    return "Erased" if entry.is_erased else entry.actor or "An administrator"


def turning(part: AuditPart, cursors: list[str]) -> None:
    """Draw the ways to newer and older events."""
    with st.container(horizontal=True, horizontal_alignment="center"):
        if cursors:
            st.button("Newer", key=keys.AUDIT_NEWER, icon=":material/arrow_back:", on_click=cursors.pop)
        if part.cursor is not None:
            st.button(
                "Older",
                key=keys.AUDIT_OLDER,
                icon=":material/arrow_forward:",
                on_click=cursors.append,
                args=(part.cursor,),
            )


principal = guard(Permission.VIEW_AUDIT)
if entered("audit"):
    st.session_state.pop(keys.AUDIT_CURSORS, None)
try:
    event_id = UUID(st.query_params.get("event", ""))
except ValueError:
    with heading("Audit", "audit"):
        csv_button(principal)
    chain_line(principal)
    audit_filters(principal)
    events(principal)
else:
    back("audit.py", "Everything that was done")
    audit_event(principal, event_id)
