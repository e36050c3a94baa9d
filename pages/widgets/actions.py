"""What is done with a draft: save, save as, restore a version, download."""

from dataclasses import replace
from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.run import Run
from core.errors import BroadsheetError
from pages.widgets import draft as drafts
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard

_POLL_S = 0.7


def toolbar(principal: Principal) -> None:
    """Draw undo, versions, download, schedule and save."""
    draft = drafts.current()
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="builder_tools"):
        st.button(
            "",
            icon=":material/undo:",
            key="builder_undo",
            help="Undo",
            type="tertiary",
            disabled=not draft.past,
            on_click=drafts.undo,
        )
        st.button(
            "",
            icon=":material/redo:",
            key="builder_redo",
            help="Redo",
            type="tertiary",
            disabled=not draft.future,
            on_click=drafts.redo,
        )
        if draft.report_id is not None and st.button("Versions", key="builder_versions", type="tertiary"):
            _versions(draft.report_id)
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
    except BroadsheetError as error:
        st.session_state[keys.BUILDER_NOTICE] = error.user_message
        return
    drafts.forget_new()
    drafts.put(replace(drafts.of_report(report), past=draft.past, future=draft.future))
    st.query_params["report"] = str(report.id)
    st.toast(f"Version {report.version} saved", icon=":material/check:")


@st.dialog("Save as a new report")
def _save_as() -> None:
    draft = drafts.current()
    name = st.text_input("Name", value=f"{draft.name} (copy)", key="builder_save_as_name")
    if st.button("Save report", type="primary", key="builder_save_as_go"):
        try:
            report = broadsheet().reports.create(
                guard(Permission.EDIT_REPORTS), name=name or "", description=draft.description, definition=draft.asked
            )
        except BroadsheetError as error:
            st.error(error.user_message)
            return
        drafts.put(drafts.of_report(report))
        st.query_params["report"] = str(report.id)
        st.rerun()


@st.dialog("Versions", width="medium")
def _versions(report_id: UUID) -> None:
    principal = guard()
    st.caption("Every save is a new version. Restoring one changes nothing until you save it as the newest.")
    draft = drafts.current()
    for version in broadsheet().reports.versions(principal, report_id):
        with st.container(horizontal=True, vertical_alignment="center", key=f"builder_version_{version.version}"):
            when = words.moment(version.saved_at, principal.timezone)
            st.markdown(f"**Version {version.version}**  \n{when}, by {version.saved_by}", width="stretch")
            if version.definition == draft.definition:
                st.caption("On the screen", width="content")
            elif st.button("Restore", key=f"builder_restore_{version.version}"):
                drafts.change(version.definition)
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
    if not principal.may(Permission.MANAGE_EXPORTS):
        return
    formats = dict(broadsheet().schedules.formats())
    picked = st.menu_button(
        "Download",
        list(formats),
        format_func=lambda key: formats.get(key, key),
        icon=":material/download:",
        key="builder_download",
    )
    if picked is None:
        return
    draft = drafts.current()
    runs = broadsheet().runs
    given = drafts.given(draft.asked)
    try:
        if draft.report_id is not None and not draft.is_changed:
            run = runs.export(principal, draft.report_id, picked, parameters=given)
        else:
            run = runs.export_draft(principal, draft.asked, draft.name or "Report", picked, parameters=given)
    except BroadsheetError as error:
        st.session_state[keys.BUILDER_NOTICE] = error.user_message
        return
    st.session_state[keys.BUILDER_EXPORT] = run.id


def export_status(principal: Principal) -> None:
    """Draw how far the download is, looking again until it has ended."""
    run_id: UUID | None = st.session_state.get(keys.BUILDER_EXPORT)
    if run_id is None:
        return
    run = broadsheet().runs.get_run(principal, run_id)
    if run.state.is_final:
        _export_done(principal, run)
    else:
        st.fragment(_export_progress, run_every=_POLL_S)(run_id)


def _export_progress(run_id: UUID) -> None:
    run = broadsheet().runs.get_run(guard(), run_id)
    if run.state.is_final:
        st.rerun()
    step = run.events[-1].message if run.events else words.STATES[run.state][0]
    with st.container(horizontal=True, vertical_alignment="center", key="builder_export"):
        st.markdown(f":material/hourglass_top: Making {_format_label(run)} … {step}", width="stretch")
        if st.button("Cancel", key="builder_export_cancel", type="tertiary"):
            broadsheet().runs.cancel(guard(), run_id)


def _export_done(principal: Principal, run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="builder_export"):
        if run.artifacts:
            artifact = run.artifacts[0]
            links: dict[UUID, str] = st.session_state.setdefault(keys.LINKS, {})
            if artifact.id not in links:
                links[artifact.id] = broadsheet().runs.mint_link(principal, artifact.id)
            rows = f"{artifact.manifest.rows_delivered:,} rows, {words.size(artifact.size_bytes)}"
            st.markdown(f":material/check_circle: **{artifact.file_name}** is ready: {rows}.", width="stretch")
            st.link_button("Download file", links[artifact.id], icon=":material/download:", type="primary")
        else:
            st.markdown(f":material/error: {run.error_message or words.STATES[run.state][0]}", width="stretch")
        if st.button("", icon=":material/close:", key="builder_export_close", type="tertiary", help="Close"):
            del st.session_state[keys.BUILDER_EXPORT]
            st.rerun()


def _format_label(run: Run) -> str:
    formats = dict(broadsheet().schedules.formats())
    return " and ".join(formats.get(key, key) for key in run.formats)
