"""Which runs the list shows: by state, schedule and report; the address remembers the latter two."""

from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.run import RunState
from pages.widgets import keys, words
from pages.widgets.app import broadsheet

#: In the order of interest.
STATES = (
    RunState.HELD,
    RunState.FAILED,
    RunState.PARTIAL,
    RunState.MISSED,
    RunState.SKIPPED,
    RunState.RUNNING,
    RunState.WAITING,
    RunState.PENDING,
    RunState.COMPLETED,
    RunState.CANCELLED,
)
#: The answer that filters nothing.
EVERY = ""
_OFFERED = 200


def run_filters(principal: Principal) -> None:
    """Draw the filters."""
    st.selectbox(
        "State",
        [EVERY, *STATES],
        key=keys.RUNS_FILTER,
        format_func=lambda state: words.STATES[state][0] if state != EVERY else "Every state",
        label_visibility="collapsed",
        on_change=_first_page,
        width=170,
    )
    services = broadsheet()
    schedules = {item.id: item.name for item in services.schedules.list(principal, limit=_OFFERED).items}
    reports = {item.id: item.name for item in services.reports.list(principal, limit=_OFFERED).items}
    _choice("schedule", keys.RUNS_SCHEDULE, schedules, "Every schedule")
    _choice("report", keys.RUNS_REPORT, reports, "Every report")


def _choice(name: str, key: str, labels: dict[UUID, str], everything: str) -> None:
    """Draw a choice that stands in the address; what is named there and not on offer is kept."""
    named = _named(name)
    if named is not None and named not in labels:
        labels = {named: f"This {name}"} | labels
    st.session_state[key] = named or EVERY
    told = words.distinct(labels)
    st.selectbox(
        name.capitalize(),
        [EVERY, *labels],
        key=key,
        format_func=lambda item: told[item] if item != EVERY else everything,
        label_visibility="collapsed",
        on_change=_chosen,
        args=(name, key),
        width=210,
    )


def _chosen(name: str, key: str) -> None:
    picked = st.session_state[key]
    if picked == EVERY:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = str(picked)
    _first_page()


def _first_page() -> None:
    st.session_state.pop(keys.RUNS_PAGE, None)


def _named(name: str) -> UUID | None:
    try:
        return UUID(st.query_params[name])
    except (KeyError, ValueError):
        return None
