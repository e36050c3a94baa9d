"""What reports take: the slowest ones, those that cost most, and the files that are kept."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.domain.access import Principal
from core.domain.operations import Operations, ReportCost
from pages.widgets import rows, words
from pages.widgets.operations_now import say, section, whose
from pages.widgets.states import empty

SLOW = (
    rows.Column(title="Runs", width=80, is_number=True),
    rows.Column(title="Half within", width=120, is_number=True, narrow=False),
    rows.Column(title="95 % within", width=120, is_number=True),
)
COSTLY = (
    rows.Column(title="Time at the source", width=150, is_number=True),
    rows.Column(title="Rows", width=130, is_number=True),
    rows.Column(title="Files", width=110, is_number=True, narrow=False),
)
KEPT = (
    rows.Column(title="Files", width=110, is_number=True),
    rows.Column(title="Size", width=130, is_number=True),
    rows.Column(title="Kept in", width=120, narrow=False),
)
STORES = {"file": "Data folder", "s3": "S3"}


def reports(principal: Principal, found: Operations) -> None:
    """Draw what reports took."""
    if not found.slow:
        empty("No report ran in this time", "Choose more days, or send a report.", icon=":material/timer:")
        return
    section("Slowest reports")
    _table(principal, found.slow, SLOW, "Report", _slow)
    section("Costliest reports")
    _table(principal, found.costly, COSTLY, "Title", _costly)


def files(principal: Principal, found: Operations) -> None:
    """Draw the kept files."""
    if not found.stored:
        empty("No files are kept", "Files of reports appear here once they were made.", icon=":material/folder_open:")
        return
    whole = sum(one.bytes for one in found.stored)
    count = sum(one.files for one in found.stored)
    say(f"{words.counted(count, 'file', 'files')} of {words.size(whole)} together.")
    with st.container(gap=None):
        rows.heading("Format", KEPT, tail=0)
        for one in found.stored:
            cells = (
                rows.count(one.files, "file"),
                words.size(one.bytes),
                rows.fact(STORES.get(one.store, one.store), quiet=True),
            )
            with rows.line(f"kept_{one.organization_id}_{one.store}_{one.format}"):
                rows.row(whose(one.organization, principal, one.format.upper()), None, KEPT, cells)


def _table(
    principal: Principal,
    lines: Sequence[ReportCost],
    columns: Sequence[rows.Column],
    title: str,
    cells: Callable[[ReportCost], tuple[str, ...]],
) -> None:
    with st.container(gap=None):
        rows.heading(title, columns, tail=0)
        for number, line in enumerate(lines):
            with rows.line(f"{title.lower()}_{number}"):
                name = whose(line.organization, principal, line.title)
                rows.row(name, _way(principal, line), columns, cells(line))


def _way(principal: Principal, line: ReportCost) -> rows.Link | None:
    if line.report_id is None or line.organization_id != principal.organization_id:
        return None
    return rows.Link(page="builder.py", query={"report": str(line.report_id)})


def _slow(line: ReportCost) -> tuple[str, ...]:
    return rows.count(line.runs, "run"), words.seconds(line.p50_s), _told(words.seconds(line.p95_s), "for 95 %")


def _costly(line: ReportCost) -> tuple[str, ...]:
    return (
        _told(words.seconds(line.query_s), "at the source"),
        rows.count(line.rows_made, "row"),
        words.size(line.bytes_made),
    )


def _told(value: str, what: str) -> str:
    """On narrow screens no heading says what a number is."""
    return f'{value}<span class="bs-only-narrow"> {what}</span>'
