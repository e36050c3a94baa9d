"""What is done to one or several reports of the list: moving, tagging, archiving, bringing back, deleting."""

from collections.abc import Callable, Sequence
from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.library import Folder, ReportLine, ReportUses
from core.errors import BroadsheetError
from core.services.library import Done
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.states import problem

_MOST_NAMED = 5
TOP = "No folder"


def act(lines: Sequence[ReportLine], chosen: str) -> None:
    """Do what was chosen, or ask first."""
    if chosen == "Bring back":
        order(lines, "brought back", lambda who, ids: broadsheet().library.unarchive(who, ids))
    else:
        _DIALOGS[chosen](lines)


def order(
    lines: Sequence[ReportLine], done_words: str, do: Callable[[Principal, list[UUID]], tuple[Done, ...]]
) -> None:
    """Do it to each; what could not be done is named above the list."""
    names = {line.id: line.name for line in lines}
    try:
        answers = do(guard(Permission.EDIT_REPORTS), list(names))
    except BroadsheetError as error:
        problem(error)
        return
    refused = [answer for answer in answers if answer.refused is not None]
    if len(refused) < len(answers):
        st.toast(f"{len(answers) - len(refused)} {done_words}", icon=":material/check:")
    if refused:
        said = "; ".join(f"{names[answer.report_id]}: {answer.refused}" for answer in refused[:_MOST_NAMED])
        st.session_state[keys.REPORTS_NOTICE] = f"{len(refused)} not {done_words}. {said}"
    st.session_state[keys.REPORTS_TICKED] = list(names)
    st.rerun()


@st.dialog("Move to a folder")
def _move(lines: Sequence[ReportLine]) -> None:
    folders = broadsheet().library.shelves(guard(Permission.EDIT_REPORTS)).folders
    _name(lines)
    chosen = st.selectbox(
        "Folder",
        [None, *folders],
        key=keys.REPORT_FOLDER,
        format_func=lambda one: TOP if one is None else one.label,
    )
    new = st.text_input(
        f"New folder in {chosen.label}" if chosen else "New folder",
        key=keys.REPORT_NEW_FOLDER,
        placeholder="Leave empty to use the one above",
    ).strip()
    if st.button(f"Move {_count(lines)}", type="primary", key=keys.REPORT_GO):
        folder = _made(chosen, new) if new else chosen
        if folder is not None or not new:
            place = None if folder is None else folder.id
            order(lines, "moved", lambda who, ids: broadsheet().library.move(who, ids, place))


def _made(parent: Folder | None, name: str) -> Folder | None:
    try:
        return broadsheet().library.create_folder(
            guard(Permission.EDIT_REPORTS), name=name, parent_id=None if parent is None else parent.id
        )
    except BroadsheetError as error:
        problem(error)
        return None


@st.dialog("Tags")
def _tag(lines: Sequence[ReportLine]) -> None:
    known = [choice.label for choice in broadsheet().library.shelves(guard(Permission.EDIT_REPORTS)).tags]
    common = [tag for tag in lines[0].tags if all(tag in line.tags for line in lines)]
    _name(lines)
    tags = st.multiselect(
        "Tags of all of them" if len(lines) > 1 else "Tags",
        list(dict.fromkeys([*common, *known])),
        default=common,
        key=keys.REPORT_TAGS,
        accept_new_options=True,
        placeholder="Choose, or write a new one and press Enter",
    )
    if st.button(f"Save the tags of {_count(lines)}", type="primary", key=keys.REPORT_GO):
        gone = [tag for tag in common if tag not in tags]
        order(lines, "tagged", lambda who, ids: broadsheet().library.tag(who, ids, add=tags, remove=gone))


@st.dialog("Archive?")
def _archive(lines: Sequence[ReportLine]) -> None:
    _name(lines)
    paused = [name for line in lines for name in _uses(line).active_schedules]
    if paused:
        st.warning(
            f"{_listed(paused)} will be paused: nothing is sent while the report is in the archive.",
            icon=":material/pause_circle:",
        )
    st.caption("It leaves the lists. Versions, runs and files stay, and Archive above the list brings it back.")
    if st.button(f"Archive {_count(lines)}", type="primary", key=keys.REPORT_GO):
        order(lines, "archived", lambda who, ids: broadsheet().library.archive(who, ids))


@st.dialog("Delete for good?")
def _delete(lines: Sequence[ReportLine]) -> None:
    line = lines[0]
    uses = _uses(line)
    _name(lines)
    if uses.schedules:
        st.warning(f"Sent by {_listed(uses.schedules)}. Delete what sends it first.", icon=":material/event_repeat:")
    if uses.dashboards:
        st.warning(f"Shown on {_listed(uses.dashboards)}. Take it off there first.", icon=":material/dashboard:")
    st.caption("This cannot be undone. Its runs and files stay until their time is over. Archiving can be undone.")
    is_used = bool(uses.schedules or uses.dashboards)
    if st.button("Delete report", type="primary", key=keys.REPORT_GO, disabled=is_used):
        try:
            broadsheet().library.delete(guard(Permission.EDIT_REPORTS), line.id)
        except BroadsheetError as error:
            problem(error)
        else:
            st.toast("Deleted", icon=":material/check:")
            st.rerun()


_DIALOGS: dict[str, Callable[[Sequence[ReportLine]], None]] = {
    "Move …": _move,
    "Tags …": _tag,
    "Archive …": _archive,
    "Delete …": _delete,
}


def _uses(line: ReportLine) -> ReportUses:
    try:
        return broadsheet().library.uses(guard(), line.id)
    except BroadsheetError:
        return ReportUses(schedules=(), active_schedules=(), dashboards=())


def _name(lines: Sequence[ReportLine]) -> None:
    st.markdown("  \n".join(f"**{words.plain(line.name)}**" for line in lines[:_MOST_NAMED]))
    if len(lines) > _MOST_NAMED:
        st.caption(f"and {len(lines) - _MOST_NAMED} more")


def _count(lines: Sequence[ReportLine]) -> str:
    return "report" if len(lines) == 1 else f"{len(lines)} reports"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{words.plain(name)}”" for name in names[:_MOST_NAMED])
    return shown if len(names) <= _MOST_NAMED else f"{shown} and {len(names) - _MOST_NAMED} more"
