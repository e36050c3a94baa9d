"""What a screen says when there is nothing to show or something went wrong, and the mark of a state."""

from html import escape
from uuid import UUID

import streamlit as st

from core.domain.run import RunState
from core.domain.schedule import Schedule
from core.errors import BroadsheetError, SourceUnavailable
from pages.widgets import words


def empty(title: str, words: str, *, icon: str = ":material/inbox:") -> None:
    """Say that there is nothing yet, and what to do about it."""
    with st.container(horizontal_alignment="center", key=f"empty_{title[:12].lower().replace(' ', '_')}"):
        st.markdown(icon, width="content")
        st.markdown(f"**{title}**", width="content")
        st.caption(words, width="content")


def problem(error: BroadsheetError) -> None:
    """Say what went wrong in the error's own words, and whether trying again helps."""
    more = " Try again in a moment; if it stays so, tell an administrator." if error.retryable else ""
    st.error(error.user_message + more, icon=":material/error:")


def source_problem(error: BroadsheetError, source_id: UUID) -> None:
    """Say what is wrong with a source to those who manage it, with the way to its form where that may help."""
    if not isinstance(error, SourceUnavailable):
        problem(error)
        return
    st.error(error.user_message, icon=":material/error:")
    st.page_link("source_form.py", label="Look at its connection", query_params={"source": str(source_id)})


def mark(label: str, tone: str) -> str:
    """Return the HTML of a state: a coloured dot and its word."""
    return f'<span class="bs-state bs-{tone}">{escape(label)}</span>'


def run_mark(state: RunState) -> str:
    """Return the mark of a run's state."""
    return mark(*words.STATES[state])


def schedule_mark(schedule: Schedule | None) -> str:
    """Return the mark of how a schedule's last run ended."""
    if schedule is None or schedule.last_status is None:
        return '<span class="bs-quiet">&ndash;</span>'
    try:
        return run_mark(RunState(schedule.last_status))
    except ValueError:
        return mark(schedule.last_status, "quiet")
