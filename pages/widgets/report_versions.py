"""The versions of a report: who saved each and what it changed, any two compared, and one brought back."""

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.errors import BroadsheetError, Conflict
from core.services.report_versions import VersionChange
from pages.widgets import draft as drafts
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.states import problem

_MOST_LINES = 8
_MOST_VERSIONS = 30


@st.dialog("Versions", width="medium")
def open_versions(report_id: UUID) -> None:
    """Show a report's versions, the newest first."""
    principal = guard(Permission.VIEW_REPORTS)
    try:
        history = broadsheet().versions.history(principal, report_id)
    except BroadsheetError as error:
        problem(error)
        return
    st.caption("Every save is a new version, and none is ever changed. Restoring saves an older one as the newest.")
    if len(history) > 1:
        _compare(principal, report_id, history)
    for each in history[:_MOST_VERSIONS]:
        _version(principal, report_id, each, newest=history[0])
    if len(history) > _MOST_VERSIONS:
        st.caption(f"{len(history) - _MOST_VERSIONS} older ones can be compared and restored through the choice above.")


def change_lines(changes: Sequence[str], *, nothing: str) -> None:
    """Draw a difference, a line each."""
    if not changes:
        st.html(f'<p class="bs-quiet bs-notes">{words.html(nothing)}</p>')
        return
    shown = "".join(f"<li>{words.html(line)}</li>" for line in changes[:_MOST_LINES])
    more = len(changes) - _MOST_LINES
    rest = f"<li>and {more} more</li>" if more > 0 else ""
    st.html(f'<ul class="bs-notes">{shown}{rest}</ul>')


def _version(principal: Principal, report_id: UUID, each: VersionChange, *, newest: VersionChange) -> None:
    version = each.version
    with st.container(key=f"report_version_{version.version}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            when = words.moment(version.saved_at, principal.timezone)
            st.markdown(f"**Version {version.version}** · {when} · {words.plain(version.saved_by)}", width="stretch")
            if version.version == newest.version.version:
                st.caption("Newest", width="content")
            elif principal.may(Permission.EDIT_REPORTS) and st.button(
                "Restore",
                key=f"report_restore_{version.version}",
                disabled=version.definition == newest.version.definition,
            ):
                _restore(principal, report_id, version.version)
        change_lines(each.changes, nothing="The first version" if version.version == 1 else "Saved without a change")


def _compare(principal: Principal, report_id: UUID, history: Sequence[VersionChange]) -> None:
    numbers = [each.version.version for each in history]
    with st.container(horizontal=True, vertical_alignment="bottom", key="report_compare"):
        before = st.selectbox("From version", numbers, index=1, key=keys.REPORT_VERSION_BEFORE, width=130)
        after = st.selectbox("to version", numbers, index=0, key=keys.REPORT_VERSION_AFTER, width=130)
        may = principal.may(Permission.EDIT_REPORTS) and before != numbers[0]
        if may and st.button(f"Restore version {before}", key="report_restore_chosen"):
            _restore(principal, report_id, before)
    if before is None or after is None or (before, after) == (numbers[1], numbers[0]):
        return
    try:
        changes = broadsheet().versions.diff(principal, report_id, before, after)
    except BroadsheetError as error:
        problem(error)
        return
    change_lines(changes, nothing="These two ask the same.")
    st.divider()


def _restore(principal: Principal, report_id: UUID, number: int) -> None:
    """Save a version as the newest; the builder goes on with it where it shows this report."""
    try:
        report = broadsheet().versions.restore(principal, report_id, number)
    except Conflict as error:
        st.info(error.user_message)
        return
    except BroadsheetError as error:
        problem(error)
        return
    if st.query_params.get("report") == str(report_id):
        drafts.put(drafts.of_report(report))
    st.toast(f"Version {number} is back, as version {report.version}", icon=":material/check:")
    st.rerun()
