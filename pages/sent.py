"""Everything that went out: to whom, when, with which answer; one delivery with its mail as its reader saw it."""

from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.sent import SentFilter, SentLine
from core.errors import BroadsheetError
from pages.widgets import keys, rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.delivery_states import DELIVERIES
from pages.widgets.screen import back, entered, heading
from pages.widgets.sent_detail import sent_detail
from pages.widgets.states import empty, mark, problem

PAGE_SIZE = 25
EVERY = ""
COLUMNS = (
    rows.Column(title="State", width=150),
    rows.Column(title="To", width=220),
    rows.Column(title="When", width=235),
    rows.Column(title="By", width=130, narrow=False),
)


def filters() -> None:
    """Draw the search and the choice of a state."""
    st.text_input(
        "Search",
        key=keys.SENT_SEARCH,
        placeholder="Address or report",
        label_visibility="collapsed",
        on_change=first_page,
        width=230,
    )
    st.selectbox(
        "State",
        [EVERY, *DELIVERIES],
        key=keys.SENT_STATE,
        format_func=lambda state: DELIVERIES[state][0] if state != EVERY else "Every state",
        label_visibility="collapsed",
        on_change=first_page,
        width=180,
    )


def first_page() -> None:
    """Begin a changed list at its start."""
    st.session_state.pop(keys.SENT_PAGE, None)


def draw(principal: Principal, line: SentLine, by: dict[str, str]) -> None:
    """Draw one delivery; `by` has the names of the ways out."""
    cells = (
        mark(*DELIVERIES[line.state]),
        rows.fact(line.whom),
        rows.fact(words.moment(line.sent_at or line.created_at, principal.timezone)),
        rows.fact(by.get(line.channel, line.channel), quiet=True),
    )
    with rows.line(str(line.id)):
        rows.row(line.title, rows.Link(page="sent.py", query={"delivery": str(line.id)}), COLUMNS, cells)


def archive(principal: Principal) -> None:
    """Draw the list."""
    search, state = st.session_state.get(keys.SENT_SEARCH, ""), st.session_state.get(keys.SENT_STATE) or None
    page = st.session_state.get(keys.SENT_PAGE, 1)
    try:
        found = broadsheet().sent.list(principal, SentFilter(search=search, state=state), page=page, limit=PAGE_SIZE)
    except BroadsheetError as error:
        problem(error)
        return
    if not found.items:
        if search or state:
            empty("Nothing is like that", "Look for something else, or choose another state.")
        else:
            empty("Nothing was sent yet", "Send a schedule now, and it appears here.", icon=":material/mail:")
        return
    by = {kind.key: kind.label for kind in broadsheet().destinations.kinds()}
    with st.container(gap=None):
        rows.heading("Report", COLUMNS, tail=0)
        for line in found.items:
            draw(principal, line, by)
    if found.total > PAGE_SIZE:
        st.pagination(-(-found.total // PAGE_SIZE), key=keys.SENT_PAGE)


principal = guard(Permission.VIEW_REPORTS)
entered("sent")
try:
    delivery_id = UUID(st.query_params.get("delivery", ""))
except ValueError:
    with heading("Sent", "sent"):
        filters()
    if broadsheet().outbox.is_active:
        way = " Set one up under Mail." if principal.may(Permission.MANAGE_MEMBERS) else ""
        st.caption(f"There is no mail server yet, so mail is kept here instead of being sent.{way}")
    archive(principal)
else:
    back("sent.py", "All that was sent")
    sent_detail(principal, delivery_id)
