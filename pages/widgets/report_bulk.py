"""The same done to several reports: which are chosen, and the bar of what can be done."""

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from core.domain.library import ReportLine
from pages.widgets import keys, report_dialogs

TICK_WIDTH = 24


def tick(line: ReportLine) -> None:
    """Draw the mark with which a report is chosen."""
    st.checkbox(f"Choose {line.name}", key=_key(line.id), label_visibility="collapsed", width=TICK_WIDTH)


def bulk_bar(lines: Sequence[ReportLine]) -> None:
    """Draw what can be done with the chosen ones."""
    chosen = [line for line in lines if st.session_state.get(_key(line.id))]
    if not chosen:
        return
    actions = ("Bring back",) if chosen[0].archived_at is not None else ("Move …", "Tags …", "Archive …")
    with st.container(key="reports_bulk", horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(chosen)} chosen**", width="content")
        for action in actions:
            if st.button(action, key=f"reports_bulk_{action.split()[0].lower()}"):
                report_dialogs.act(chosen, action)
        st.button("Choose none", key="reports_bulk_none", type="tertiary", on_click=_untick, args=(chosen,))


def forget_done() -> None:
    """Untick what was dealt with; called before the ticks are drawn."""
    for report_id in st.session_state.pop(keys.REPORTS_TICKED, ()):
        st.session_state[_key(report_id)] = False


def _untick(lines: Sequence[ReportLine]) -> None:
    for line in lines:
        st.session_state[_key(line.id)] = False


def _key(report_id: UUID) -> str:
    return f"reports_tick_{report_id}"
