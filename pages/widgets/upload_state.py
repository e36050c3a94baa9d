"""The file being looked at before it is kept: how it was read, and what the person asked to be read otherwise."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.upload import ColumnChoice, Reading, UploadOptions
from core.errors import BroadsheetError, InvalidUpload
from pages.widgets import keys
from pages.widgets.app import broadsheet, guard

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

#: Other columns and other guesses follow from these.
_SHAPING = ("sheet", "delimiter", "encoding", "has_header", "skip_rows")
_ASKED = "upload_asked"
#: The file that could not be read as it was guessed, and waits to be read otherwise.
_WAITING = "upload_waiting"
_OF_A_FILE = (keys.UPLOAD_READING, keys.UPLOAD_ERROR, keys.UPLOAD_NAME, _ASKED, _WAITING)


def uploader_key() -> str:
    """Return the key of the box that takes the file; a fresh one empties it."""
    return f"{keys.UPLOAD_FILE}_{st.session_state.get(keys.UPLOAD_REVISION, 0)}"


def forget() -> None:
    """Begin anew, with an empty box."""
    for name in (*_OF_A_FILE, keys.UPLOAD_TAKEN, keys.UPLOAD_HOW):
        st.session_state.pop(name, None)
    st.session_state[keys.UPLOAD_REVISION] = st.session_state.get(keys.UPLOAD_REVISION, 0) + 1


def take(principal: Principal, given: "UploadedFile | None") -> Reading | None:
    """Return what was read of the file in the box, reading it when it is new there; None where there is none."""
    if given is None:
        for name in (*_OF_A_FILE, keys.UPLOAD_TAKEN):
            st.session_state.pop(name, None)
        return None
    if st.session_state.get(keys.UPLOAD_TAKEN) != given.file_id:
        st.session_state[keys.UPLOAD_TAKEN] = given.file_id
        for name in _OF_A_FILE:
            st.session_state.pop(name, None)
        try:
            with st.spinner(f"Reading {given.name} …"):
                st.session_state[keys.UPLOAD_READING] = broadsheet().uploads.read(principal, given.name, given)
        except BroadsheetError as error:
            st.session_state[keys.UPLOAD_ERROR] = error
            st.session_state[_WAITING] = error.upload_id if isinstance(error, InvalidUpload) else None
    return st.session_state.get(keys.UPLOAD_READING)


def current() -> Reading:
    """Return what was read."""
    reading: Reading = st.session_state[keys.UPLOAD_READING]
    return reading


def is_waiting() -> bool:
    """Whether there is a file that was not read, and may be read otherwise."""
    return st.session_state.get(_WAITING) is not None


def asked() -> UploadOptions:
    """Return what the person asked for; the rest is guessed."""
    found: UploadOptions = st.session_state.get(_ASKED, UploadOptions())
    return found


def ask(**changes: Any) -> None:
    """Read the file again with other options; where that fails, what was read before stays."""
    options = replace(asked(), **changes)
    if changes.keys() & {"sheet"}:
        options = UploadOptions(sheet=options.sheet)
    elif changes.keys() & set(_SHAPING):
        options = replace(options, columns=())
    st.session_state.pop(keys.UPLOAD_ERROR, None)
    upload_id = st.session_state.get(_WAITING) or current().upload_id
    try:
        reading = broadsheet().uploads.preview(guard(Permission.MANAGE_CATALOG), upload_id, options)
    except BroadsheetError as error:
        st.session_state[keys.UPLOAD_ERROR] = error
        if is_waiting():
            st.session_state[_ASKED] = options
        return
    st.session_state.pop(_WAITING, None)
    st.session_state[_ASKED] = options
    st.session_state[keys.UPLOAD_READING] = reading


def choose(changes: dict[str, dict[str, Any]]) -> None:
    """Keep columns, by their headings, otherwise; the others stay as they were asked for."""
    choices = {choice.heading: choice for choice in asked().columns}
    for heading, changed in changes.items():
        choices[heading] = replace(choices.get(heading, ColumnChoice(heading=heading)), **changed)
    if tuple(choices.values()) != asked().columns:
        ask(columns=tuple(choices.values()))


def title(stem: str) -> str:
    """Return a file's name as people write one: "sales_2026-q3" becomes "Sales 2026-q3"."""
    name = " ".join(stem.replace("_", " ").split())
    return name[:1].upper() + name[1:]
