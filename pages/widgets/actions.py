"""What is done with a draft: save, save as, download."""

from dataclasses import replace

import streamlit as st

from core.domain.access import Permission, Principal
from core.errors import BroadsheetError, Conflict
from pages.widgets import draft as drafts
from pages.widgets import keys, report_conflict, report_versions
from pages.widgets.app import broadsheet, guard
from pages.widgets.export import Subject, open_export, start_export
from pages.widgets.history import settled

_ASK = "Choose how …"


def toolbar(principal: Principal) -> None:
    """Draw undo, versions, download, schedule and save."""
    draft = drafts.current()
    report_conflict.offer()
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="builder_tools"):
        st.button(
            "Undo",
            icon=":material/undo:",
            key="builder_undo",
            help="Undo (Ctrl+Z)",
            type="tertiary",
            disabled=not draft.past,
            on_click=drafts.undo,
        )
        st.button(
            "Redo",
            icon=":material/redo:",
            key="builder_redo",
            help="Redo (Ctrl+Shift+Z)",
            type="tertiary",
            disabled=not draft.future,
            on_click=drafts.redo,
        )
        if draft.report_id is not None and st.button("Versions", key="builder_versions", type="tertiary"):
            report_versions.open_versions(draft.report_id)
        _download(principal)
        _schedule(principal, draft)
        _save(principal, draft)


def _save(principal: Principal, draft: drafts.Draft) -> None:
    if not principal.may(Permission.EDIT_REPORTS):
        return
    if draft.report_id is None:
        st.button("Save report", type="primary", key="builder_save", on_click=save)
        return
    if st.button("Save as …", key="builder_save_as"):
        _save_as()
    st.button("Save as new version", type="primary", key="builder_save", on_click=save, disabled=not draft.is_changed)


def save() -> None:
    """Save the draft: a new report, or a new version of its report."""
    draft = drafts.current()
    reports = broadsheet().reports
    try:
        principal = guard(Permission.EDIT_REPORTS)
        if draft.report_id is None:
            report = reports.create(principal, name=draft.name, description=draft.description, definition=draft.asked)
        else:
            report = reports.save(
                principal,
                draft.report_id,
                name=draft.name,
                description=draft.description,
                definition=draft.asked,
                expected_version=draft.version,
            )
        settled(principal, draft, replace(drafts.of_report(report), past=draft.past, future=draft.future))
    except Conflict as error:
        report_conflict.remember(error)
        return
    except BroadsheetError as error:
        st.session_state[keys.BUILDER_NOTICE] = error.user_message
        return
    st.toast(f"Version {report.version} saved", icon=":material/check:")


@st.dialog("Save as a new report")
def _save_as() -> None:
    draft = drafts.current()
    name = st.text_input("Name", value=f"{draft.name} (copy)", key="builder_save_as_name")
    if st.button("Save report", type="primary", key="builder_save_as_go"):
        try:
            principal = guard(Permission.EDIT_REPORTS)
            report = broadsheet().reports.create(
                principal, name=name or "", description=draft.description, definition=draft.asked
            )
            settled(principal, draft, drafts.of_report(report))
        except BroadsheetError as error:
            st.error(error.user_message)
            return
        st.rerun()


def _schedule(principal: Principal, draft: drafts.Draft) -> None:
    if not principal.may(Permission.MANAGE_SCHEDULES):
        return
    asked = st.button(
        "Schedule …",
        icon=":material/event_repeat:",
        key="builder_schedule",
        disabled=draft.report_id is None,
        help="Save the report first; schedules send its newest version." if draft.report_id is None else None,
    )
    if asked:
        st.switch_page("schedule_form.py", query_params={"report": str(draft.report_id)})


def _download(principal: Principal) -> None:
    """A format is made as the report's last download was; the last entry asks."""
    if not principal.may(Permission.MANAGE_EXPORTS):
        return
    formats = dict(broadsheet().schedules.formats())
    picked = st.menu_button(
        "Download",
        [*formats, _ASK],
        format_func=lambda key: formats.get(key, key),
        icon=":material/download:",
        key="builder_download",
    )
    if picked is None:
        return
    draft = drafts.current()
    subject = Subject(
        report_id=draft.report_id,
        title=draft.name,
        definition=draft.asked,
        is_saved=not draft.is_changed,
        given=drafts.given(draft.asked),
    )
    if picked == _ASK:
        open_export(subject)
        return
    try:
        start_export(principal, subject, (picked,))
    except BroadsheetError as error:
        st.session_state[keys.BUILDER_NOTICE] = error.user_message
