"""The history: every run with its state, and one run in full when the address names it."""

from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.run import Run
from core.errors import BroadsheetError
from pages.widgets import keys, rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.mishap import shielded
from pages.widgets.run_detail import run_detail
from pages.widgets.run_filters import run_filters
from pages.widgets.run_standing import marks
from pages.widgets.screen import back, entered, heading
from pages.widgets.states import empty, problem, run_mark

PAGE_SIZE = 25
POLL_S = 2.0
IDLE_POLL_S = 15.0
COLUMNS = (
    rows.Column(title="State", width=180),
    rows.Column(title="When", width=235),
    rows.Column(title="Why", width=110, narrow=False),
    rows.Column(title="Rows", width=80, narrow=False, is_number=True),
    rows.Column(title="Took", width=70, narrow=False, is_number=True),
    rows.Column(title="Files", width=110, narrow=False),
)


def draw(principal: Principal, run: Run) -> None:
    """Draw one run."""
    took = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None
    cells = (
        run_mark(run.state) + marks(run),
        rows.fact(words.moment(run.scheduled_for or run.created_at, principal.timezone)),
        rows.fact(words.RUN_KINDS[run.kind], quiet=True),
        "" if run.rows_delivered is None else f"{run.rows_delivered:,}",
        words.seconds(took),
        rows.fact(", ".join(key.upper() for key in run.formats), quiet=True),
    )
    with rows.line(str(run.id)):
        link = rows.Link(page="runs.py", query={"run": str(run.id)})
        rows.row(run.title, link, COLUMNS, cells)


def history() -> None:
    """Draw the list, and look again: often while something in it moves, seldom otherwise."""
    principal = guard(Permission.VIEW_REPORTS)
    try:
        page = broadsheet().runs.list_runs(
            principal,
            schedule_id=named("schedule"),
            report_id=named("report"),
            dashboard_id=named("dashboard"),
            state=st.session_state.get(keys.RUNS_FILTER) or None,
            page=st.session_state.get(keys.RUNS_PAGE, 1),
            limit=PAGE_SIZE,
        )
    except BroadsheetError as error:
        problem(error)
        return
    if not page.items:
        nothing()
        return
    with st.container(key=keys.RUNS_LIST, gap=None):
        rows.heading("Report", COLUMNS, tail=0)
        for item in page.items:
            draw(principal, item)
    if page.total > PAGE_SIZE:
        st.pagination(-(-page.total // PAGE_SIZE), key=keys.RUNS_PAGE)
    moving = any(not item.state.is_final for item in page.items)
    if moving != st.session_state.get(keys.RUNS_MOVING, True):
        st.session_state[keys.RUNS_MOVING] = moving
        st.rerun()


def nothing() -> None:
    """Say why there is nothing, and what helps."""
    if st.session_state.get(keys.RUNS_FILTER) or named("schedule") or named("report"):
        empty("No run is like that", "Choose other filters, or take them away.", icon=":material/search_off:")
    else:
        empty("No runs yet", "Send a schedule now, or download a report.", icon=":material/history:")


def named(name: str) -> UUID | None:
    """Return the id that the address gives under `name`, or None."""
    try:
        return UUID(st.query_params[name])
    except (KeyError, ValueError):
        return None


guard(Permission.VIEW_REPORTS)
entered("runs")
run_id = named("run")
if run_id is not None:
    back("runs.py", "All runs")
    run_detail(run_id)
else:
    with heading("Runs", "runs"):
        run_filters(guard(Permission.VIEW_REPORTS))
    st.fragment(shielded(history), run_every=POLL_S if st.session_state.get(keys.RUNS_MOVING, True) else IDLE_POLL_S)()
