"""Whether what was done still stands as it was written down."""

import streamlit as st

from core.domain.access import Principal
from core.errors import BroadsheetError
from pages.widgets import keys, words
from pages.widgets.app import broadsheet
from pages.widgets.states import problem


def chain_line(principal: Principal) -> None:
    """Draw how many events are held together, and the way to check them."""
    end = broadsheet().audit.end(principal)
    said = f"{words.counted(end.position, 'event', 'events')}, each sealed with the one before"
    if end.linked_at is not None:
        said += f"; the last one {words.moment(end.linked_at, principal.timezone)}"
    if end.waiting:
        said += f"; {end.waiting:,} more in a moment"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"{said}.", width="content")
        asked = st.button("Check them", key=keys.AUDIT_CHECK, type="tertiary", icon=":material/verified_user:")
    if asked:
        _check(principal)


def _check(principal: Principal) -> None:
    try:
        with st.spinner("Looking at every event"):
            state = broadsheet().audit.check(principal)
    except BroadsheetError as error:
        problem(error)
        return
    if state.broken is None:
        found = words.counted(state.position, "event stands", "events stand")
        st.success(f"{found} as written down; none was changed, removed or put in.", icon=":material/verified_user:")
    else:
        st.error(
            f"What was written down was changed afterwards. {words.plain(state.broken)} Tell whoever runs this "
            "installation.",
            icon=":material/gpp_maybe:",
        )
