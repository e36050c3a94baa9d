"""The home screen: every report, one line each."""

from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.report import Report
from core.domain.schedule import Schedule
from core.errors import BroadsheetError
from pages.widgets import draft as drafts
from pages.widgets import keys, rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.export import Subject, open_export
from pages.widgets.export_status import export_status
from pages.widgets.screen import entered, heading
from pages.widgets.states import empty, problem, schedule_mark

PAGE_SIZE = 25
COLUMNS = (
    rows.Column(title="Owner", width=140, narrow=False),
    rows.Column(title="Changed", width=150),
    rows.Column(title="Next run", width=235, narrow=False),
    rows.Column(title="Last result", width=140),
)


def new_report() -> None:
    """Open the builder on a fresh question."""
    drafts.forget_new()
    st.switch_page("builder.py")


def next_schedules(principal: Principal) -> dict[UUID, Schedule]:
    """Return for each scheduled report the schedule that runs next."""
    found: dict[UUID, Schedule] = {}
    for item in broadsheet().schedules.list(principal, limit=200).items:
        present = found.get(item.report_id)
        if present is None or (item.next_run_at is not None and present.next_run_at is None):
            found[item.report_id] = item
    return found


def draw(principal: Principal, report: Report, schedule: Schedule | None) -> None:
    """Draw one report."""
    now = broadsheet().clock.now()
    planned = words.moment(schedule.next_run_at, principal.timezone) if schedule else ""
    cells = (
        rows.fact(report.owner_name, quiet=True),
        rows.fact(f"{words.ago(report.updated_at, now)}, v{report.version}", quiet=True),
        rows.fact(planned or ("Paused" if schedule else "Not scheduled"), quiet=not planned),
        schedule_mark(schedule),
    )
    with rows.line(str(report.id)):
        rows.row(report.name, rows.Link(page="builder.py", query={"report": str(report.id)}), COLUMNS, cells)
        chosen = rows.menu(f"reports_menu_{report.id}", actions(principal, schedule))
    if chosen is not None:
        act(principal, report, schedule, chosen)


def actions(principal: Principal, schedule: Schedule | None) -> list[str]:
    """Return what the person may do with a report."""
    found = ["Open"]
    if principal.may(Permission.MANAGE_EXPORTS):
        found.append("Download …")
    if principal.may(Permission.MANAGE_SCHEDULES):
        if schedule:
            found.append("Send now")
        found.append("Schedule …")
    found.append("History")
    if principal.may(Permission.EDIT_REPORTS):
        found.append("Archive")
    return found


def act(principal: Principal, report: Report, schedule: Schedule | None, chosen: str) -> None:
    """Do what was chosen in a report's menu."""
    if chosen == "Open":
        st.switch_page("builder.py", query_params={"report": str(report.id)})
    elif chosen == "Download …":
        open_export(
            Subject(report_id=report.id, title=report.name, definition=report.definition, is_saved=True, given={})
        )
    elif chosen == "Schedule …":
        st.switch_page("schedule_form.py", query_params={"report": str(report.id)})
    elif chosen == "History":
        st.switch_page("runs.py", query_params={"report": str(report.id)})
    elif chosen == "Archive":
        archive(report)
    elif schedule is not None:
        try:
            run = broadsheet().runs.run_schedule_now(principal, schedule.id)
        except BroadsheetError as error:
            problem(error)
        else:
            st.switch_page("runs.py", query_params={"run": str(run.id)})


@st.dialog("Archive this report?")
def archive(report: Report) -> None:
    """Ask before a report leaves the lists."""
    st.markdown(f"**{report.name}** leaves the lists. Its versions, runs and files stay.")
    if st.button("Archive report", type="primary", key=keys.REPORTS_ARCHIVE):
        try:
            broadsheet().reports.archive(guard(Permission.EDIT_REPORTS), report.id)
        except BroadsheetError as error:
            problem(error)
        else:
            st.rerun()


principal = guard(Permission.VIEW_REPORTS)
entered("reports")
with heading("Reports", "reports"):
    search = st.text_input(
        "Search reports",
        key=keys.REPORTS_SEARCH,
        label_visibility="collapsed",
        placeholder="Search reports",
        icon=":material/search:",
        width=260,
        live=True,
    )
    if principal.may(Permission.EDIT_REPORTS) and st.button("New report", type="primary", key=keys.REPORTS_NEW):
        new_report()
export_status(principal)
try:
    page = broadsheet().reports.list(
        principal, search=search or "", page=st.session_state.get(keys.REPORTS_PAGE, 1), limit=PAGE_SIZE
    )
    planned = next_schedules(principal)
except BroadsheetError as error:
    problem(error)
    st.stop()
if page.items:
    with st.container(key=keys.REPORTS_LIST, gap=None):
        rows.heading("Name", COLUMNS)
        for item in page.items:
            draw(principal, item, planned.get(item.id))
elif search:
    empty("No report is called that", "Try fewer words.", icon=":material/search_off:")
else:
    empty("No reports yet", "Press New report: it starts with an answer, and you change the question from there.")
if page.total > PAGE_SIZE:
    st.pagination(-(-page.total // PAGE_SIZE), key=keys.REPORTS_PAGE)
