"""Connecting a source and changing it: its kind, its fields, a test, and then its name in the list."""

from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.dataset import Source
from core.errors import BroadsheetError, InvalidInput
from pages.widgets import keys
from pages.widgets import source_fields as fields
from pages.widgets.app import broadsheet, guard
from pages.widgets.screen import back, entered
from pages.widgets.states import problem


def open_form(principal: Principal) -> Source | None:
    """Fill the form when the screen is opened; returns the source being changed, None for a new one."""
    named = st.query_params.get("source")
    try:
        source = broadsheet().sources.get(principal, UUID(named)) if named else None
    except ValueError as error:
        raise InvalidInput("This address names no source.") from error
    subject = str(source.id) if source else "new"
    if entered("source_form") or st.session_state.get(keys.SOURCE_SUBJECT) != subject:
        st.session_state[keys.SOURCE_SUBJECT] = subject
        fields.fill(source)
    return source


def save(source: Source | None) -> None:
    """Save the form; what is wrong with it is shown beside its control."""
    sources = broadsheet().sources
    try:
        principal = guard(Permission.MANAGE_CATALOG)
        draft = fields.read()
        if source is None:
            made = sources.create(principal, draft)
        else:
            made = sources.save(principal, source.id, draft, expected_version=st.session_state[fields.VERSION])
    except BroadsheetError as error:
        st.session_state[keys.SOURCE_ERROR] = error
        return
    fields.forget_secrets()
    st.toast(f"{made.name} saved", icon=":material/check:")
    st.session_state[keys.SOURCE_SAVED] = (made.id, source is None)


def test(source: Source | None) -> None:
    """Connect as the form says, and keep how it went until the form changes."""
    st.session_state.pop(keys.SOURCE_ERROR, None)
    try:
        draft = fields.read()
        found = broadsheet().sources.test(guard(Permission.MANAGE_CATALOG), draft, source.id if source else None)
    except BroadsheetError as error:
        st.session_state[keys.SOURCE_ERROR] = error
        return
    st.session_state[keys.SOURCE_TEST_RESULT] = (fields.fingerprint(), found)


@st.dialog("Delete this source?")
def delete(source: Source) -> None:
    """Ask before a source is deleted."""
    st.markdown(f"**{source.name}** is forgotten with its password. The data it connects to stays.")
    failed = st.session_state.get(keys.SOURCE_ERROR)
    if isinstance(failed, BroadsheetError):
        problem(failed)
    st.button("Delete source", type="primary", key=keys.SOURCE_DELETE, on_click=forget, args=(source,))


def forget(source: Source) -> None:
    """Delete a source; what stands in the way is kept to be shown."""
    try:
        broadsheet().sources.delete(guard(Permission.MANAGE_CATALOG), source.id)
    except BroadsheetError as error:
        st.session_state[keys.SOURCE_ERROR] = error
        return
    st.switch_page("data.py")


principal = guard(Permission.MANAGE_CATALOG)
saved = st.session_state.pop(keys.SOURCE_SAVED, None)
if saved is not None:
    st.switch_page(
        "new_dataset.py" if saved[1] else "data.py", query_params={"source": str(saved[0])} if saved[1] else {}
    )
back("data.py", "All data")
try:
    source = open_form(principal)
except BroadsheetError as error:
    problem(error)
    st.stop()
failed = st.session_state.get(keys.SOURCE_ERROR)
st.title(f"Edit {source.name}" if source else "Connect a source", anchor=False)
if isinstance(failed, BroadsheetError) and not fields.is_beside_a_field(failed):
    problem(failed)
kind = fields.kind_choice(source)
# A form: without one, a password that was left with the tab key does not arrive.
with st.form(keys.SOURCE_FORM, border=False, enter_to_submit=False):
    left, right = st.columns([7, 4], gap="large")
    with left:
        fields.form(kind, source, failed if isinstance(failed, BroadsheetError) else None)
        with st.container(horizontal=True):
            st.form_submit_button("Test connection", key=keys.SOURCE_TEST, on_click=test, args=(source,))
            label = "Save source" if source else "Save and pick a table"
            st.form_submit_button(label, type="primary", key=keys.SOURCE_SAVE, on_click=save, args=(source,))
        fields.test_result()
    with right, st.container(key="source_form_side"):
        fields.advice(kind)
if source is not None and st.button("Delete source …", type="tertiary", key="source_form_delete_ask"):
    delete(source)
