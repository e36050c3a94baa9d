"""Every schedule: when it runs next, how it last ended, and whether it is on."""

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.schedule import Schedule
from core.errors import BroadsheetError
from pages.widgets import keys, rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.screen import entered, heading
from pages.widgets.states import empty, problem, schedule_mark

PAGE_SIZE = 25
COLUMNS = (
    rows.Column(title="When", width=270),
    rows.Column(title="Next run", width=235),
    rows.Column(title="Last result", width=140),
)
MANAGE = ("Send now", "Send test to me", "Edit", "Pause", "Resume", "History", "Delete")


def draw(principal: Principal, schedule: Schedule) -> None:
    """Draw one schedule."""
    services = broadsheet()
    planned = words.moment(schedule.next_run_at, schedule.config.timezone) if schedule.is_active else "Paused"
    cells = (
        rows.fact(services.schedules.describe(schedule.config)),
        rows.fact(planned or "Has ended", quiet=not (schedule.is_active and planned)),
        schedule_mark(schedule),
    )
    may = principal.may(Permission.MANAGE_SCHEDULES)
    with rows.line(str(schedule.id)):
        query = {"schedule": str(schedule.id)}
        link = rows.Link(page="schedule_form.py" if may else "runs.py", query=query)
        rows.row(schedule.name, link, COLUMNS, cells)
        key = f"schedules_active_{schedule.id}"
        st.session_state[key] = schedule.is_active
        st.toggle(
            "Active",
            key=key,
            label_visibility="collapsed",
            width=rows.MENU_WIDTH,
            disabled=not may,
            on_change=switch,
            args=(schedule, key),
        )
        skipped = "Pause" if not schedule.is_active else "Resume"
        options = [name for name in MANAGE if name != skipped] if may else ["History"]
        chosen = rows.menu(f"schedules_menu_{schedule.id}", options)
    if chosen is not None:
        act(principal, schedule, chosen)


def switch(schedule: Schedule, key: str) -> None:
    """Pause or resume a schedule as its switch says."""
    set_active(schedule, is_active=bool(st.session_state[key]))


def set_active(schedule: Schedule, *, is_active: bool) -> None:
    """Pause or resume a schedule."""
    principal = guard(Permission.MANAGE_SCHEDULES)
    schedules = broadsheet().schedules
    try:
        changed = (schedules.resume if is_active else schedules.pause)(principal, schedule.id)
    except BroadsheetError as error:
        st.session_state[keys.SCHEDULES_NOTICE] = error.user_message
        return
    when = words.moment(changed.next_run_at, changed.config.timezone)
    st.toast(f"Next run: {when}" if changed.is_active else f"{changed.name} is paused", icon=":material/check:")


def act(principal: Principal, schedule: Schedule, chosen: str) -> None:
    """Do what was chosen in a schedule's menu."""
    runs = broadsheet().runs
    if chosen in ("Pause", "Resume"):
        set_active(schedule, is_active=chosen == "Resume")
        st.rerun()
    elif chosen == "Edit":
        st.switch_page("schedule_form.py", query_params={"schedule": str(schedule.id)})
    elif chosen == "History":
        st.switch_page("runs.py", query_params={"schedule": str(schedule.id)})
    elif chosen == "Delete":
        delete(schedule)
    else:
        send = runs.run_schedule_now if chosen == "Send now" else runs.test_schedule
        try:
            run = send(principal, schedule.id)
        except BroadsheetError as error:
            problem(error)
        else:
            st.switch_page("runs.py", query_params={"run": str(run.id)})


@st.dialog("Delete this schedule?")
def delete(schedule: Schedule) -> None:
    """Ask before a schedule is deleted."""
    st.markdown(f"**{schedule.name}** will not run again. Its runs and files stay. Pausing it can be undone.")
    if st.button("Delete schedule", type="primary", key=keys.SCHEDULES_DELETE):
        try:
            broadsheet().schedules.delete(guard(Permission.MANAGE_SCHEDULES), schedule.id)
        except BroadsheetError as error:
            problem(error)
        else:
            st.rerun()


principal = guard(Permission.VIEW_REPORTS)
entered("schedules")
with heading("Schedules", "schedules"):
    if principal.may(Permission.MANAGE_SCHEDULES) and st.button("New schedule", type="primary", key=keys.SCHEDULES_NEW):
        st.switch_page("schedule_form.py")
notice = st.session_state.pop(keys.SCHEDULES_NOTICE, None)
if notice:
    st.error(notice, icon=":material/error:")
try:
    page = broadsheet().schedules.list(principal, page=st.session_state.get(keys.SCHEDULES_PAGE, 1), limit=PAGE_SIZE)
except BroadsheetError as error:
    problem(error)
    st.stop()
if page.items:
    with st.container(key=keys.SCHEDULES_LIST, gap=None):
        rows.heading("Name", COLUMNS, tail=2 * rows.MENU_WIDTH + 16)
        for item in page.items:
            draw(principal, item)
else:
    empty("Nothing is scheduled yet", "Open a report and press Schedule.", icon=":material/event_repeat:")
if page.total > PAGE_SIZE:
    st.pagination(-(-page.total // PAGE_SIZE), key=keys.SCHEDULES_PAGE)
