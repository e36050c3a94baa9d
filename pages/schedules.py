"""Every schedule: when it runs next, how it last ended, whose it is, and whether it is on."""

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.schedule import Schedule
from core.errors import BroadsheetError
from pages.widgets import keys, rows, schedule_bulk, schedule_calendar
from pages.widgets.app import guard
from pages.widgets.schedule_actions import act, options, set_active
from pages.widgets.schedule_list import COLUMNS, PAGE_SIZE, cells, filters, shown
from pages.widgets.screen import entered, heading
from pages.widgets.states import empty, problem

_TICK_WIDTH = 24


def draw(principal: Principal, schedule: Schedule) -> None:
    """Draw one schedule."""
    may = principal.may(Permission.MANAGE_SCHEDULES)
    with rows.line(str(schedule.id)):
        if may:
            schedule_bulk.tick(schedule)
        query = {"schedule": str(schedule.id)}
        link = rows.Link(page="schedule_form.py" if may else "runs.py", query=query)
        rows.row(schedule.name, link, COLUMNS, cells(principal, schedule))
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
        chosen = rows.menu(f"schedules_menu_{schedule.id}", options(principal, schedule))
    if chosen is not None:
        act(principal, schedule, chosen)


def switch(schedule: Schedule, key: str) -> None:
    """Pause or resume a schedule as its switch says."""
    set_active(schedule, is_active=bool(st.session_state[key]))


def nothing(*, is_filtered: bool) -> None:
    """Say why there is nothing, and what helps."""
    if is_filtered:
        empty("No schedule is like that", "Search for something else, or show all.", icon=":material/search_off:")
    else:
        empty("Nothing is scheduled yet", "Open a report and press Schedule.", icon=":material/event_repeat:")


principal = guard(Permission.VIEW_REPORTS)
entered("schedules")
schedule_bulk.forget_done()
may_manage = principal.may(Permission.MANAGE_SCHEDULES)
with heading("Schedules", "schedules"):
    view = schedule_calendar.view_choice()
    is_filtered = filters(with_status=view == schedule_calendar.LIST)
    if may_manage and st.button("New schedule", type="primary", key=keys.SCHEDULES_NEW):
        st.switch_page("schedule_form.py")
notice = st.session_state.pop(keys.SCHEDULES_NOTICE, None)
if notice:
    st.error(notice, icon=":material/error:")
if view != schedule_calendar.LIST:
    schedule_calendar.calendar(principal, view)
    st.stop()
try:
    page = shown(principal)
    if not page.items and st.session_state.get(keys.SCHEDULES_PAGE, 1) > 1:
        st.session_state.pop(keys.SCHEDULES_PAGE)
        page = shown(principal)
except BroadsheetError as error:
    problem(error)
    st.stop()
if page.items:
    schedule_bulk.bulk_bar(schedule_bulk.chosen(page.items))
    with st.container(key=keys.SCHEDULES_LIST, gap=None):
        rows.heading("Name", COLUMNS, lead=_TICK_WIDTH if may_manage else 0, tail=2 * rows.MENU_WIDTH + 16)
        for item in page.items:
            draw(principal, item)
else:
    nothing(is_filtered=is_filtered)
if page.total > PAGE_SIZE:
    st.pagination(-(-page.total // PAGE_SIZE), key=keys.SCHEDULES_PAGE)
