"""Bringing a file: how it was read, what can be read otherwise, and keeping it, new or for a file brought before."""

from pathlib import PurePath
from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.dataset import Source
from core.domain.upload import Reading
from core.errors import BroadsheetError, InvalidInput
from pages.widgets import keys
from pages.widgets import upload_state as state
from pages.widgets.app import broadsheet, guard
from pages.widgets.screen import back, entered
from pages.widgets.states import problem
from pages.widgets.upload_reading import columns_table, counted, options_form, reading_facts, retry_form, sample_table

KINDS = ["csv", "tsv", "txt", "xlsx", "parquet", "jsonl", "ndjson"]
#: Files of text, which can be taken apart in other ways than the one guessed.
TEXT_KINDS = (".csv", ".tsv", ".txt")
REPLACE, APPEND = "Replace its rows", "Add below its rows"


def named_source(principal: Principal) -> Source | None:
    """Return the upload that a newer file is for, None for a new one."""
    named = st.query_params.get("source")
    try:
        return broadsheet().sources.get(principal, UUID(named)) if named else None
    except ValueError as error:
        raise InvalidInput("This address names no source.") from error


def keep() -> None:
    """Make a source and a dataset of the file."""
    reading = state.current()
    name = st.session_state.get(keys.UPLOAD_NAME) or ""
    try:
        principal = guard(Permission.MANAGE_CATALOG)
        _, dataset = broadsheet().uploads.keep(principal, reading.upload_id, name, state.asked())
    except BroadsheetError as error:
        st.session_state[keys.UPLOAD_ERROR] = error
        return
    state.forget()
    st.toast(f"{dataset.label} kept", icon=":material/check:")
    st.session_state[keys.UPLOAD_KEPT] = {"dataset": str(dataset.id)}


def follow(source: Source) -> None:
    """Put the file in the place of a source's rows, or below them."""
    reading = state.current()
    uploads = broadsheet().uploads
    how = uploads.append if st.session_state.get(keys.UPLOAD_HOW) == APPEND else uploads.replace
    try:
        how(guard(Permission.MANAGE_CATALOG), source.id, reading.upload_id, state.asked())
    except BroadsheetError as error:
        st.session_state[keys.UPLOAD_ERROR] = error
        return
    state.forget()
    st.toast(f"{source.name} has its new rows", icon=":material/check:")
    st.session_state[keys.UPLOAD_KEPT] = {}


def ending(reading: Reading, source: Source | None) -> None:
    """Draw what becomes of the file, its effect said before it happens."""
    if source is None:
        if keys.UPLOAD_NAME not in st.session_state:
            st.session_state[keys.UPLOAD_NAME] = state.title(PurePath(reading.file_name).stem)
        st.text_input("Keep it as", key=keys.UPLOAD_NAME, max_chars=200)
        st.caption(f"{counted(reading.row_count)} become a dataset. Next you give its columns the names people know.")
        st.button("Keep file", type="primary", key=keys.UPLOAD_KEEP, on_click=keep)
        return
    st.segmented_control("What to do with it", [REPLACE, APPEND], key=keys.UPLOAD_HOW, default=REPLACE, required=True)
    appends = st.session_state.get(keys.UPLOAD_HOW) == APPEND
    if appends:
        effect = f"This file's {counted(reading.row_count)} come below those that {source.name} has."
    else:
        effect = f"This file's {counted(reading.row_count)} take the place of all rows that {source.name} has now."
    st.caption(f"{effect} Reports over it show that from their next run on. Its columns keep their names and types.")
    st.button(APPEND if appends else REPLACE, type="primary", key=keys.UPLOAD_KEEP, on_click=follow, args=(source,))


principal = guard(Permission.MANAGE_CATALOG)
kept = st.session_state.pop(keys.UPLOAD_KEPT, None)
if kept is not None:
    st.switch_page("dataset.py" if kept else "data.py", query_params=kept)
if entered("upload"):
    state.forget()
back("data.py", "All data")
try:
    source = named_source(principal)
except BroadsheetError as error:
    problem(error)
    st.stop()
st.title(f"Newer file for {source.name}" if source else "Upload a file", anchor=False)
uploads = broadsheet().uploads
given = st.file_uploader(
    "CSV, Excel, Parquet or JSON lines",
    type=KINDS,
    key=state.uploader_key(),
    max_upload_size=max(1, uploads.max_bytes // 1_000_000),
)
reading = state.take(principal, given)
failed = st.session_state.get(keys.UPLOAD_ERROR)
if isinstance(failed, BroadsheetError):
    problem(failed)
if reading is None:
    if given is not None and state.is_waiting() and PurePath(given.name).suffix.lower() in TEXT_KINDS:
        retry_form()
    st.stop()
left, right = st.columns([8, 3], gap="large")
with left:
    reading_facts(reading)
    columns_table(reading)
    st.html('<h2 class="bs-part">First rows</h2>')
    sample_table(reading)
with right, st.container(key="upload_side"):
    ending(reading, source)
    options_form(reading)
