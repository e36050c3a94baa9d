"""How a run stands at this moment: how far it is, how long it takes yet, why it waits, or why it ended as it did."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from core.domain.run import Run, RunState
from pages.widgets.run_progress import progress_bar
from pages.widgets.states import mark

if TYPE_CHECKING:
    from core.services.standing import Standing

#: States whose last line in the timeline is the reason.
_TOLD = (RunState.SKIPPED, RunState.MISSED, RunState.CANCELLED)


def standing_line(run: Run, standing: "Standing", labels: Mapping[str, str]) -> None:
    """Draw it."""
    if run.state.is_final:
        _ended(run)
    elif run.state is RunState.HELD:
        st.warning(standing.waiting_because or "It waits for approval.", icon=":material/pan_tool:")
    else:
        progress_bar(run, labels)
        if standing.waiting_because:
            st.info(standing.waiting_because, icon=":material/hourglass_top:")
        facts = _facts(standing)
        if facts:
            st.caption(" ".join(facts))


def marks(run: Run) -> str:
    """Return the HTML of what else to know of a run: its data was old, it is kept."""
    found = [mark("Data not fresh", "amber")] if run.is_stale else []
    found += [mark("Kept", "quiet")] if run.pinned_at else []
    return "".join(found)


def _facts(standing: "Standing") -> list[str]:
    facts = [] if standing.elapsed_s is None else [f"Running for {_duration(standing.elapsed_s)}."]
    if standing.remaining_in_words:
        facts.append(standing.remaining_in_words)
        if standing.based_on:
            facts.append(f"Judged by {standing.based_on} run{'' if standing.based_on == 1 else 's'} before.")
    return facts


def _ended(run: Run) -> None:
    if run.error_message and run.state is not RunState.COMPLETED:
        st.error(run.error_message, icon=":material/error:")
    elif run.state in _TOLD and run.events:
        st.info(run.events[-1].message, icon=":material/info:")


def _duration(seconds: float) -> str:
    """Whole seconds; whole minutes from two of them on."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
