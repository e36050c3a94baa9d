"""Dialogs of the templates screen: bring a workbook, look inside, replace, delete, start from a report."""

from collections.abc import Callable
from pathlib import PurePath

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.domain.access import Permission
from core.domain.workbook_template import TemplateContents, WorkbookTemplate
from core.errors import BroadsheetError
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.states import problem
from pages.widgets.template_contents import contents_view

_MOST_REPORTS = 200


@st.dialog("Upload a workbook", width="medium")
def new_template() -> None:
    """Take a workbook, show what was found in it, and keep it."""
    given = _uploader(f"{keys.TEMPLATE_FILE}_new")
    if given is None or _inspected(given) is None:
        return
    name = st.text_input("Keep it as", value=PurePath(given.name).stem, key=keys.TEMPLATE_NAME, max_chars=200)
    if st.button("Keep template", type="primary", key=keys.TEMPLATE_KEEP):
        principal = guard(Permission.EDIT_REPORTS)
        _do(lambda: broadsheet().templates.create(principal, name or "", given.name, given.getvalue()), "Template kept")


@st.dialog("Newer file", width="medium")
def newer_file(template: WorkbookTemplate) -> None:
    """Take a workbook in the place of a template's."""
    st.markdown(f"Schedules that fill **{words.plain(template.name)}** fill the newer file from then on.")
    given = _uploader(f"{keys.TEMPLATE_FILE}_{template.id}")
    if given is None or _inspected(given) is None:
        return
    if st.button("Replace file", type="primary", key=keys.TEMPLATE_KEEP):
        principal = guard(Permission.EDIT_REPORTS)
        _do(
            lambda: broadsheet().templates.replace(principal, template.id, given.name, given.getvalue()),
            "The newer file is kept",
        )


@st.dialog("Look inside", width="medium")
def show_template(template: WorkbookTemplate) -> None:
    """Show what is in a template, and hand it out."""
    st.markdown(f"**{words.plain(template.name)}**")
    facts = f"{template.file_name} · {words.size(template.size_bytes)} · version {template.version}"
    st.html(f'<p class="bs-facts bs-quiet">{words.html(facts)}</p>')
    contents_view(template.contents)
    try:
        used = broadsheet().templates.used_by(guard(Permission.EDIT_REPORTS), template.id)
    except BroadsheetError as error:
        problem(error)
        return
    if used:
        st.caption(f"Filled by {words.plain(', '.join(used))}.")
    st.link_button("Download workbook", f"/saved/template/{template.id}", icon=":material/download:")


@st.dialog("Delete this template?")
def ask_delete(template: WorkbookTemplate) -> None:
    """Ask before a template is deleted."""
    st.markdown(f"**{words.plain(template.name)}** is taken away. Files that were made with it stay.")
    if st.button("Delete template", type="primary", key=keys.TEMPLATE_DELETE):
        principal = guard(Permission.EDIT_REPORTS)
        _do(lambda: broadsheet().templates.delete(principal, template.id), "Template deleted")


@st.dialog("Start from a report")
def start_example() -> None:
    """Make a workbook with a report's columns and names."""
    principal = guard(Permission.EDIT_REPORTS)
    reports = {item.id: item.name for item in broadsheet().reports.list(principal, limit=_MOST_REPORTS).items}
    if not reports:
        st.caption("There is no report yet. Make one first.")
        return
    st.caption("You get a workbook with its columns as a table, totals, a chart, and the cells with names.")
    labels = words.distinct(reports)
    chosen = st.selectbox("Report", list(reports), format_func=labels.__getitem__, key=keys.TEMPLATE_REPORT)
    if chosen is not None:
        st.link_button("Download example", f"/saved/example/{chosen}", type="primary", icon=":material/download:")


def _uploader(key: str) -> UploadedFile | None:
    most = max(1, broadsheet().templates.max_bytes // 1_000_000)
    return st.file_uploader("Excel workbook (.xlsx)", type=["xlsx", "xltx"], key=key, max_upload_size=most)


def _inspected(given: UploadedFile) -> TemplateContents | None:
    """What is in the file, drawn; None where it cannot be a template, and then its words are."""
    memo: dict[str, TemplateContents | BroadsheetError] = st.session_state.setdefault(keys.TEMPLATES_INSPECTED, {})
    if given.file_id not in memo:
        memo.clear()
        try:
            principal = guard(Permission.EDIT_REPORTS)
            memo[given.file_id] = broadsheet().templates.inspect(principal, given.name, given.getvalue())
        except BroadsheetError as error:
            memo[given.file_id] = error
    found = memo[given.file_id]
    if isinstance(found, BroadsheetError):
        problem(found)
        return None
    contents_view(found)
    return found


def _do(action: Callable[[], object], done: str) -> None:
    """Do what was asked and close the dialog; an error stays in it."""
    try:
        action()
    except BroadsheetError as error:
        problem(error)
        return
    st.toast(done, icon=":material/check:")
    st.rerun()
