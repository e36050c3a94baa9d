"""A report as a line of a list: its star, its facts, and what its menu does."""

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.library import Action, Folder, ReportLine, Visibility
from core.domain.run import RunState
from core.errors import BroadsheetError
from pages.widgets import report_dialogs, report_sharing, report_versions, rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.export import Subject, open_export
from pages.widgets.states import problem, run_mark

STAR_WIDTH = 26
COLUMNS = (
    rows.Column(title="Folder and tags", width=190, narrow=False),
    rows.Column(title="Owner", width=135, narrow=False),
    rows.Column(title="Changed", width=105, narrow=False),
    rows.Column(title="Next run", width=225),
    rows.Column(title="Last result", width=130),
)
_VISIBILITY = {Visibility.PRIVATE: "Private", Visibility.SHARED: "Shared with some"}


def report_link(line: ReportLine) -> rows.Link:
    """Return where a report's name leads."""
    return rows.Link(page="builder.py", query={"report": str(line.id)})


def state_of(line: ReportLine) -> RunState:
    """Return how a report's last run ended, where there is one."""
    return RunState(line.last_status or RunState.PENDING)


def star(line: ReportLine) -> None:
    """Draw the star that marks a favourite."""
    words_ = f"{'No favourite any more' if line.is_favourite else 'Make it a favourite'}: {line.name}"
    st.button(
        words.plain(words_),
        icon=":material/star:" if line.is_favourite else ":material/star_border:",
        key=f"reports_star_{'on' if line.is_favourite else 'off'}_{line.id}",
        help=words_,
        type="tertiary",
        width=STAR_WIDTH,
        on_click=_mark,
        args=(line,),
    )


def cells(principal: Principal, line: ReportLine, folders: dict[object, Folder]) -> tuple[str, ...]:
    """Return the facts of a report as HTML."""
    folder = folders.get(line.folder_id)
    places = [folder.label] if folder else []
    places += [f"#{tag}" for tag in line.tags]
    places += [_VISIBILITY[line.visibility]] if line.visibility in _VISIBILITY else []
    planned = words.moment(line.next_run_at, principal.timezone)
    now = broadsheet().clock.now()
    return (
        rows.fact(" · ".join(places), quiet=True),
        rows.fact(line.owner_name, quiet=True),
        rows.fact(words.ago(line.updated_at, now), quiet=True),
        rows.fact(planned or ("Paused" if line.schedules else "Not scheduled"), quiet=not planned),
        run_mark(state_of(line)) if line.last_status else '<span class="bs-quiet">&ndash;</span>',
    )


def options(principal: Principal, line: ReportLine) -> list[str]:
    """Return what the person may do with a report."""
    library = broadsheet().library
    may_edit, may_share = (library.may(principal, action, line) for action in (Action.EDIT, Action.SHARE))
    if line.archived_at is not None:
        return [*(["Bring back"] if may_edit else []), *(["Delete …"] if may_share else [])]
    found = ["Open"]
    if principal.may(Permission.MANAGE_EXPORTS):
        found.append("Download …")
    if principal.may(Permission.MANAGE_SCHEDULES):
        found += [*(["Send now"] if line.schedule_id else []), "Schedule …"]
    found += ["Versions …", "History"]
    if may_edit:
        found += ["Move …", "Tags …"]
    found.append("Share …" if may_share else "Who sees it …")
    if may_edit:
        found.append("Archive …")
    return found + (["Delete …"] if may_share else [])


def act(principal: Principal, line: ReportLine, chosen: str) -> None:
    """Do what was chosen in a report's menu."""
    query = {"report": str(line.id)}
    match chosen:
        case "Open":
            st.switch_page("builder.py", query_params=query)
        case "Schedule …":
            st.switch_page("schedule_form.py", query_params=query)
        case "History":
            st.switch_page("runs.py", query_params=query)
        case "Download …":
            _download(principal, line)
        case "Send now":
            _send(principal, line)
        case "Versions …":
            report_versions.open_versions(line.id)
        case "Share …" | "Who sees it …":
            report_sharing.open_sharing(line)
        case _:
            report_dialogs.act([line], chosen)


def _download(principal: Principal, line: ReportLine) -> None:
    try:
        report = broadsheet().reports.get(principal, line.id)
    except BroadsheetError as error:
        problem(error)
        return
    open_export(Subject(report_id=line.id, title=line.name, definition=report.definition, is_saved=True, given={}))


def _send(principal: Principal, line: ReportLine) -> None:
    if line.schedule_id is None:
        return
    try:
        run = broadsheet().runs.run_schedule_now(principal, line.schedule_id)
    except BroadsheetError as error:
        problem(error)
    else:
        st.switch_page("runs.py", query_params={"run": str(run.id)})


def _mark(line: ReportLine) -> None:
    try:
        broadsheet().library.set_favourite(guard(), line.id, is_favourite=not line.is_favourite)
    except BroadsheetError as error:
        st.toast(error.user_message, icon=":material/error:")
