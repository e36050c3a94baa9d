"""How far the download of this session is, and its files once they are there."""

from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.artifact import Artifact
from core.domain.run import Run
from core.errors import BroadsheetError
from pages.widgets import words
from pages.widgets.app import broadsheet, guard
from pages.widgets.file_links import file_path
from pages.widgets.mishap import shielded
from pages.widgets.run_progress import progress_bar
from pages.widgets.states import problem

#: The run of the download.
RUN = "export_run"
_MANIFEST = ".manifest"
_POLL_S = 0.7


def export_status(principal: Principal) -> None:
    """Draw how far the download is, looking again until it has ended."""
    run_id: UUID | None = st.session_state.get(RUN)
    if run_id is None:
        return
    try:
        run = broadsheet().runs.get_run(principal, run_id)
    except BroadsheetError as error:
        problem(error)
        return
    if run.state.is_final:
        _done(principal, run)
    else:
        st.fragment(shielded(_progress), run_every=_POLL_S)(run_id)


def _progress(run_id: UUID) -> None:
    run = broadsheet().runs.get_run(guard(), run_id)
    if run.state.is_final:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key="export_bar"):
        progress_bar(run, dict(broadsheet().schedules.formats()))
        if st.button("Cancel", key="export_cancel", type="tertiary"):
            broadsheet().runs.cancel(guard(), run_id)
            st.rerun()


def _done(principal: Principal, run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="export_bar"):
        if run.artifacts:
            _files(principal, run)
        else:
            label = run.error_message or words.STATES[run.state][0]
            st.markdown(f":material/error: {words.plain(label)}", width="stretch")
        if st.button("", icon=":material/close:", key="export_close", type="tertiary", help="Close"):
            del st.session_state[RUN]
            st.rerun()


def _files(principal: Principal, run: Run) -> None:
    """Draw a button for each file; manifests are on the run's own page."""
    files = [item for item in run.artifacts if not item.format.endswith(_MANIFEST)]
    if len(files) == 1:
        said = f"**{words.plain(files[0].file_name)}** is ready: {_facts(files[0])}."
    else:
        said = f"{len(files)} files of **{words.plain(run.title)}** are ready."
    st.markdown(f":material/check_circle: {said}", width="stretch")
    labels = dict(broadsheet().schedules.formats())
    for item in files:
        label = "Download file" if len(files) == 1 else labels.get(item.format, item.format.upper())
        kind = "primary" if len(files) == 1 else "secondary"
        st.link_button(label, file_path(principal, item.id), icon=":material/download:", type=kind, help=_facts(item))


def _facts(item: Artifact) -> str:
    return f"{item.manifest.rows_delivered:,} rows, {words.size(item.size_bytes)}"
