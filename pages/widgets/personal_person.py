"""One person or address: everything that is kept about them, and erasing them."""

from urllib.parse import urlencode

import streamlit as st

from core.domain.access import Permission
from core.domain.personal_data import Erased
from core.errors import BroadsheetError
from pages.widgets import policy_keys as keys
from pages.widgets import words
from pages.widgets.app import broadsheet, guard
from pages.widgets.states import problem


def person_panel() -> None:
    """Draw the two things that a person may ask for."""
    who = st.text_input("E-mail address", key=keys.PERSONAL_WHO, placeholder="ann@example.org", width=360).strip()
    left, right = st.columns(2, gap="large")
    with left:
        st.html('<h2 class="bs-part">Everything about them</h2>')
        st.caption(
            "Their profile, memberships, groups and attributes, what they own, their runs, what was sent to them and "
            "the lines of the audit, as a ZIP of JSON files."
        )
        st.link_button(
            "Download as ZIP",
            f"/saved/about.zip?{urlencode({'who': who})}",
            icon=":material/download:",
            disabled=not who,
        )
    with right:
        st.html('<h2 class="bs-part">Erase them</h2>')
        st.caption(
            "What went out stays in the record, to whom does not. They leave every group and schedule and are not "
            "written to again; of their address only a hash is kept. This cannot be undone."
        )
        st.checkbox("Delete the files that went to them alone", key=keys.PERSONAL_FILES)
        if st.button("Erase …", key="personal_erase", disabled=not who):
            _erase(who, with_files=st.session_state[keys.PERSONAL_FILES])


@st.dialog("Erase this person?")
def _erase(who: str, *, with_files: bool) -> None:
    st.markdown(f"**{words.plain(who)}** is erased from this organization. Type the address again to go on.")
    st.text_input("Address", key=keys.PERSONAL_SURE, label_visibility="collapsed")
    is_sure = st.session_state[keys.PERSONAL_SURE].strip().lower() == who.lower()
    if not st.button("Erase for good", type="primary", key="personal_erase_sure", disabled=not is_sure):
        return
    try:
        done = broadsheet().personal_data.erase(guard(Permission.MANAGE_POLICIES), who, with_files=with_files)
    except BroadsheetError as error:
        problem(error)
        return
    st.success(_said(done), icon=":material/check:")


def _said(done: Erased) -> str:
    parts = [words.counted(done.deliveries, "delivery has", "deliveries have") + " no name any more"]
    if done.schedules:
        parts.append(f"taken out of {', '.join(done.schedules)}")
    if done.files:
        parts.append(words.counted(done.files, "file", "files") + " deleted")
    if done.account:
        parts.append("the account is erased")
    return words.plain("Done: " + "; ".join(parts) + ".")
