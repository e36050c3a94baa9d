"""What a person can do with a run: the buttons beside its title."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.run import Run
from core.errors import BroadsheetError
from pages.widgets import keys
from pages.widgets.app import broadsheet, guard

if TYPE_CHECKING:
    from core.services.standing import Standing

Action = Callable[[Principal, UUID], Run]


def run_tools(run: Run, standing: "Standing") -> None:
    """Draw the buttons that lead on from where the run stands; the service checks again who may."""
    services = broadsheet()
    if standing.may_pin:
        label, action = (
            ("Keep no longer", services.run_care.unpin) if run.pinned_at else ("Keep", services.run_care.pin)
        )
        kept = "Its files stay until it is kept no longer."
        st.button(label, key=keys.RUN_PIN, type="tertiary", help=kept, on_click=do, args=(action, run.id))
    if standing.may_cancel and not standing.may_decide:
        st.button("Cancel run", key=keys.RUN_CANCEL, on_click=do, args=(services.runs.cancel, run.id))
    if standing.may_decide:
        _decision(run)
    if standing.may_resend_failed:
        action = services.run_care.resend_failed
        st.button("Send to those it missed", type="primary", key=keys.RUN_RESEND, on_click=do, args=(action, run.id))
    if standing.may_retry:
        st.button("Retry", type="primary", key=keys.RUN_RETRY, on_click=do, args=(services.runs.retry, run.id))


def do(action: Action, run_id: UUID) -> None:
    """Do it and go to the run that comes of it; what stands in the way is said in passing."""
    try:
        changed = action(guard(), run_id)
    except BroadsheetError as error:
        st.toast(error.user_message, icon=":material/error:")
        return
    st.query_params["run"] = str(changed.id)


def _decision(run: Run) -> None:
    """Draw yes and no for a held run; a no may give its reason."""
    with st.popover("Reject …"):
        st.text_input(
            "Why", key=keys.RUN_REJECT_BECAUSE, max_chars=500, placeholder="Optional; it stays in the history"
        )
        st.button("Reject: nobody gets it", key=keys.RUN_REJECT, on_click=_reject, args=(run.id,))
    approve = broadsheet().approvals.approve
    st.button("Approve and send", type="primary", key=keys.RUN_APPROVE, on_click=do, args=(approve, run.id))


def _reject(run_id: UUID) -> None:
    because = st.session_state.get(keys.RUN_REJECT_BECAUSE) or ""
    do(lambda principal, rejected: broadsheet().approvals.reject(principal, rejected, because), run_id)
