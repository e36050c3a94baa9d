"""How far a run is, while a worker is at it: rows so far of rows matched, bytes, and which file."""

from collections.abc import Mapping

import streamlit as st

from core.domain.run import Run, RunPhase, RunState
from pages.widgets import words


def progress_words(run: Run, labels: Mapping[str, str]) -> str:
    """Return one line: "Writing the Excel workbook: 120,000 of 1,000,000 rows, 14.2 MB"."""
    progress = run.progress
    if progress is None:
        if run.state is RunState.PENDING:
            return "Waiting for a worker"
        return run.events[-1].message if run.events else words.STATES[run.state][0]
    of = "" if progress.rows_total is None else f" of {progress.rows_total:,}"
    size = f", {words.size(progress.size_bytes)}" if progress.size_bytes else ""
    if progress.phase is RunPhase.READING:
        doing = "Reading"
    else:
        doing = f"Writing {labels.get(progress.format or '', 'the file')}"
    return f"{doing}: {progress.rows:,}{of} rows{size}"


def progress_share(run: Run) -> float | None:
    """Return how much of the present step is done, 0 to 1; None where that is not known."""
    progress = run.progress
    if progress is None or not progress.rows_total:
        return None
    return min(1.0, progress.rows / progress.rows_total)


def progress_bar(run: Run, labels: Mapping[str, str]) -> None:
    """Draw it; a bar where its length means something."""
    text, share = words.plain(progress_words(run, labels)), progress_share(run)
    if share is None:
        st.markdown(f":material/hourglass_top: {text}", width="stretch")
    else:
        st.progress(share, text=text, width="stretch")
