"""Two people change one report: the second to save sees what the first one changed, and chooses."""

from dataclasses import replace

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.report import Report
from core.errors import BroadsheetError, Conflict
from pages.widgets import draft as drafts
from pages.widgets import keys
from pages.widgets.app import broadsheet, guard
from pages.widgets.report_versions import change_lines
from pages.widgets.states import problem


def remember(error: Conflict) -> None:
    """Keep a refused save, so that the next run offers what can be done."""
    st.session_state[keys.REPORT_CONFLICT] = error.user_message


def offer() -> None:
    """Open the dialog where a save was refused by this run."""
    message = st.session_state.pop(keys.REPORT_CONFLICT, None)
    if message is not None:
        _dialog(message)


@st.dialog("Somebody saved it before you", width="medium")
def _dialog(message: str) -> None:
    draft = drafts.current()
    principal = guard(Permission.EDIT_REPORTS)
    if draft.report_id is None or draft.version is None:
        return
    try:
        theirs = broadsheet().reports.get(principal, draft.report_id)
        changes = broadsheet().versions.diff(principal, draft.report_id, draft.version, theirs.version)
        against = broadsheet().versions.differences(principal, theirs.definition, draft.asked)
    except BroadsheetError as error:
        problem(error)
        return
    st.markdown(message)
    st.html('<p class="bs-eyebrow">What they changed</p>')
    change_lines(changes, nothing="Its name or description only")
    st.html('<p class="bs-eyebrow">What yours would change of theirs</p>')
    change_lines(against, nothing="Nothing: both ask the same")
    _choices(principal, draft, theirs)


def _choices(principal: Principal, draft: drafts.Draft, theirs: Report) -> None:
    """Draw the three ways on."""
    with st.container(horizontal=True, key="report_conflict_choices"):
        if st.button("Look at theirs", key="report_conflict_theirs", help="Yours is one Undo away"):
            _show(draft, theirs)
        if st.button(f"Save mine as version {theirs.version + 1}", key="report_conflict_mine", type="primary"):
            _save_over(principal, draft, theirs)
    name = st.text_input("Or save mine as a report of its own", f"{draft.name} (mine)", key=keys.REPORT_CONFLICT_NAME)
    if st.button("Save as a new report", key="report_conflict_new"):
        _save_beside(principal, draft, name or "")


def _show(draft: drafts.Draft, theirs: Report) -> None:
    drafts.put(replace(drafts.of_report(theirs), past=(*draft.past, draft.definition)))
    st.rerun()


def _save_over(principal: Principal, draft: drafts.Draft, theirs: Report) -> None:
    """Save what is on the screen after the version that was just looked at, and after no other."""
    try:
        saved = broadsheet().versions.save(
            principal,
            theirs.id,
            name=draft.name,
            description=draft.description,
            definition=draft.asked,
            expected_version=theirs.version,
        )
    except Conflict as error:
        remember(error)
        st.rerun()
    except BroadsheetError as error:
        problem(error)
    else:
        _go_on(saved)


def _save_beside(principal: Principal, draft: drafts.Draft, name: str) -> None:
    try:
        saved = broadsheet().reports.create(principal, name=name, description=draft.description, definition=draft.asked)
    except BroadsheetError as error:
        problem(error)
    else:
        _go_on(saved)


def _go_on(saved: Report) -> None:
    drafts.put(drafts.of_report(saved))
    st.query_params["report"] = str(saved.id)
    st.toast(f"{saved.name}: version {saved.version} saved", icon=":material/check:")
    st.rerun()
