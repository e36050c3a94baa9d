"""Saving a policy from its dialogs and switches, and what is said afterwards."""

import streamlit as st

from core.domain.access import Permission
from core.domain.data_policy import DataPolicy
from core.errors import BroadsheetError
from core.services.data_policies import KeptPolicy
from pages.widgets import policy_keys as keys
from pages.widgets.app import broadsheet, guard
from pages.widgets.states import problem


def save(kept: KeptPolicy, policy: DataPolicy) -> None:
    """Save and draw the screen anew, or say why not."""
    try:
        broadsheet().data_policies.save(
            guard(Permission.MANAGE_POLICIES), kept.dataset.id, policy, expected_version=kept.version
        )
    except BroadsheetError as error:
        problem(error)
        return
    st.session_state.pop(keys.POLICY_DIALOG, None)
    st.toast("Saved. It holds from the next question on.", icon=":material/check:")
    st.rerun()
