"""A run's recipients from data: how many came to what, and a page of them instead of thousands of lines."""

from html import escape

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.burst_preview import BurstLine
from core.domain.bursting import Outcome
from core.domain.delivery import DeliveryState
from core.domain.run import Run
from core.services.bursting import Outcomes
from pages.widgets import words
from pages.widgets.app import broadsheet
from pages.widgets.delivery_states import DELIVERIES, RESENDABLE
from pages.widgets.run_tools import do
from pages.widgets.states import mark

_LINES = 25
_ALL = "All"
_SAID = {
    DeliveryState.SENT: "sent",
    DeliveryState.PENDING: "waiting",
    DeliveryState.SENDING: "being sent",
    DeliveryState.RETRY: "tried again later",
    DeliveryState.FAILED: "not delivered",
    DeliveryState.BOUNCED: "came back",
    DeliveryState.UNKNOWN: "perhaps delivered",
    DeliveryState.HELD: "held",
    DeliveryState.SUPPRESSED: "not written to",
}


def counts_in_words(found: Outcomes) -> str:
    """Return how a run went: "9,997 sent, 2 skipped with no rows, 1 refused"."""
    refused = found.outcomes.get(Outcome.REFUSED, 0)
    deliveries = dict(found.deliveries)
    # Who cannot be written to has a delivery that failed from the start.
    deliveries[DeliveryState.FAILED] = max(deliveries.get(DeliveryState.FAILED, 0) - refused, 0)
    parts = [f"{count:,} {_SAID[state]}" for state, count in deliveries.items() if count]
    skipped = found.outcomes.get(Outcome.SKIPPED, 0)
    if skipped:
        parts.append(f"{skipped:,} skipped with no rows")
    if refused:
        parts.append(f"{refused:,} refused")
    return ", ".join(parts) or "Nobody was found yet"


def burst_deliveries(principal: Principal, run: Run) -> None:
    """Draw the counts, a filter and a page of recipients."""
    st.html('<div class="bs-eyebrow">Recipients from data</div>')
    state = st.session_state.get(f"burst_state_{run.id}", _ALL)
    page = st.session_state.get(f"burst_page_{run.id}", 1)
    found = broadsheet().bursts.outcomes(
        principal,
        run.id,
        outcome=state if isinstance(state, Outcome) else None,
        state=state if isinstance(state, DeliveryState) else None,
        page=page,
        limit=_LINES,
    )
    st.markdown(f"**{counts_in_words(found)}**")
    st.selectbox(
        "Show",
        [_ALL, *found.deliveries, Outcome.SKIPPED, Outcome.REFUSED],
        key=f"burst_state_{run.id}",
        format_func=_label,
        on_change=_turn,
        args=(run, 1),
    )
    for line in found.lines.items:
        with st.container(horizontal=True, vertical_alignment="center", key=f"burst_line_{run.id}_{line.line}"):
            st.html(_line(line), width="stretch")
            if line.state in RESENDABLE and principal.may(Permission.MANAGE_SCHEDULES):
                st.button(
                    "Send again",
                    key=f"burst_resend_{line.delivery_id}",
                    on_click=do,
                    args=(broadsheet().runs.resend_delivery, line.delivery_id),
                )
    pages = -(-found.lines.total // _LINES)
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            for label, to, off in (("Earlier", page - 1, page <= 1), ("Later", page + 1, page >= pages)):
                st.button(label, key=f"burst_{label}_{run.id}", disabled=off, on_click=_turn, args=(run, to))
            st.caption(f"Page {page} of {pages:,}")


def _turn(run: Run, page: int) -> None:
    st.session_state[f"burst_page_{run.id}"] = page


def _label(choice: object) -> str:
    if isinstance(choice, DeliveryState):
        return _SAID[choice].capitalize()
    return {Outcome.SKIPPED: "Skipped with no rows", Outcome.REFUSED: "Refused"}.get(choice, _ALL)  # type: ignore[call-overload]


def _line(line: BurstLine) -> str:
    shown = mark(*DELIVERIES[line.state]) if line.state is not None else escape(_label(line.outcome))
    rows = "" if line.rows is None else words.counted(line.rows, "row", "rows")
    said = line.reason or rows
    return (
        f'<div class="bs-item"><div>{escape(line.address)}</div><div>{shown}</div>'
        f'<div class="bs-quiet bs-note">{escape(said)}</div></div>'
    )
