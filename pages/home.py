"""The start screen: what is mine, what arrived, what failed and how to mend it, what runs next."""

from collections.abc import Sequence

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.library import HomeRun, ReportLine
from core.domain.schedule import Schedule
from core.errors import BroadsheetError
from pages.widgets import draft as drafts
from pages.widgets import keys, report_lines, rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.screen import entered, heading
from pages.widgets.states import problem, run_mark
from pages.widgets.tour import tour

REPORT_COLUMNS = (rows.Column(title="Next run", width=170), rows.Column(title="Last result", width=120))
RUN_COLUMNS = (rows.Column(title="Result", width=130), rows.Column(title="When", width=110))
NEXT_COLUMNS = (rows.Column(title="When", width=215),)


def section(title: str, key: str) -> "st.delta_generator.DeltaGenerator":
    """Draw a section's title and return the container of its lines."""
    lines = st.container(key=f"home_{key}", gap=None)
    lines.html(f'<h2 class="bs-section">{title}</h2>')
    return lines


def reports(principal: Principal, lines: Sequence[ReportLine], key: str) -> None:
    """Draw reports with their next run and last result."""
    for line in lines:
        planned = words.moment(line.next_run_at, principal.timezone, zone=False)
        last = run_mark(report_lines.state_of(line)) if line.last_status else ""
        with rows.line(f"{key}_{line.id}"):
            report_lines.star(line)
            cells = (rows.fact(planned or "Not scheduled", quiet=not planned), last)
            rows.row(line.name, report_lines.report_link(line), REPORT_COLUMNS, cells)


def runs(found: Sequence[HomeRun], key: str) -> None:
    """Draw runs; those that failed say why, and what helps is one click away."""
    now = broadsheet().clock.now()
    for run in found:
        with rows.line(f"{key}_{run.id}"):
            cells = (run_mark(run.state), rows.fact(words.ago(run.created_at, now), quiet=True))
            rows.row(run.title, rows.Link(page="runs.py", query={"run": str(run.id)}), RUN_COLUMNS, cells)
        if key == "failed" and run.words:
            st.html(f'<p class="bs-because bs-quiet">{words.html(run.words)}</p>')


def upcoming(principal: Principal, schedules: Sequence[Schedule]) -> None:
    """Draw what is sent next."""
    for one in schedules:
        with rows.line(f"next_{one.id}"):
            cells = (rows.fact(words.moment(one.next_run_at, principal.timezone, zone=False)),)
            may = principal.may(Permission.MANAGE_SCHEDULES)
            link = rows.Link(page="schedule_form.py" if may else "runs.py", query={"schedule": str(one.id)})
            rows.row(one.name, link, NEXT_COLUMNS, cells)


def say(text: str) -> None:
    """Say that a section is empty, and what would fill it."""
    st.html(f'<p class="bs-quiet bs-lead">{text}</p>')


principal = guard(Permission.VIEW_REPORTS)
entered("home")
with heading(f"Good to see you, {words.plain((principal.name or principal.email).split()[0])}", "home"):
    if principal.may(Permission.EDIT_REPORTS) and st.button("New report", type="primary", key=keys.HOME_NEW):
        drafts.forget_new()
        st.switch_page("builder.py")
try:
    home = broadsheet().home.load(principal)
except BroadsheetError as error:
    problem(error)
    st.stop()
if not home.is_tour_done:
    tour(principal)
left, right = st.columns([6, 5], gap="large")
with left:
    with section("Favourites", "favourites"):
        reports(principal, home.favourites, "favourite")
        if not home.favourites:
            say("Press the star in front of a report, here or in the list, and it waits for you here.")
    with section("My reports", "mine"):
        reports(principal, home.mine, "mine")
        if not home.mine:
            none = "No report is yours yet. Press New report: it starts with an answer."
            say("All of yours are among the favourites." if home.favourites else none)
    st.page_link("reports.py", label=f"All {home.reports:,} reports", icon=":material/arrow_forward:")
with right:
    if home.failed:
        with section("Needs a look", "failed"):
            runs(home.failed, "failed")
    with section("Arrived", "arrived"):
        runs(home.arrived, "arrived")
        if not home.arrived:
            say("Files that were made for you in the last two weeks are listed here.")
    with section("Runs next", "next"):
        upcoming(principal, home.next_runs)
        if not home.next_runs:
            say("Nothing is planned. Open a report and press Schedule.")
