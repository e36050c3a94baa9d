"""The organization's calendars: days on which nobody works, for schedules to go around."""

from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.calendar import OrganizationCalendar
from core.errors import BroadsheetError
from pages.widgets import keys, rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.calendar_form import calendar_form, week_words
from pages.widgets.screen import back, entered, heading
from pages.widgets.states import empty, problem

COLUMNS = (
    rows.Column(title="Days off", width=90, is_number=True),
    rows.Column(title="Next day off", width=240),
    rows.Column(title="Working week", width=170, narrow=False),
    rows.Column(title="Followed by", width=120),
)


def draw(calendar: OrganizationCalendar, uses: int) -> None:
    """Draw one calendar."""
    today = broadsheet().clock.now().date()
    upcoming = next((day for day in calendar.days_off if day.on >= today), None)
    cells = (
        rows.count(len(calendar.days_off), "day off", many="days off"),
        rows.fact(
            f"{words.day(upcoming.on)} {upcoming.name}".rstrip() if upcoming else "None to come", quiet=upcoming is None
        ),
        rows.fact(week_words(calendar.working_week), quiet=True),
        rows.fact(f"{uses} schedule{'' if uses == 1 else 's'}" if uses else "No schedule", quiet=not uses),
    )
    with rows.line(str(calendar.id)):
        rows.row(calendar.name, rows.Link(page="calendars.py", query={"calendar": str(calendar.id)}), COLUMNS, cells)
        chosen = rows.menu(f"calendars_menu_{calendar.id}", ("Edit", "Delete …"))
    if chosen == "Edit":
        st.switch_page("calendars.py", query_params={"calendar": str(calendar.id)})
    elif chosen == "Delete …":
        delete(calendar)


@st.dialog("Delete this calendar?")
def delete(calendar: OrganizationCalendar) -> None:
    """Ask before a calendar is deleted; schedules that follow it stand in the way."""
    st.markdown(f"**{words.plain(calendar.name)}** and its {len(calendar.days_off):,} days off are forgotten.")
    if st.button("Delete calendar", type="primary", key=keys.CALENDARS_DELETE):
        try:
            broadsheet().calendars.delete(guard(Permission.MANAGE_SCHEDULES), calendar.id)
        except BroadsheetError as error:
            problem(error)
        else:
            st.rerun()


def the_list(principal: Principal) -> None:
    """Draw every calendar."""
    entered("calendars")
    with heading("Calendars", "calendars"):
        if st.button("New calendar", type="primary", key=keys.CALENDARS_NEW):
            st.switch_page("calendars.py", query_params={"calendar": "new"})
    items, uses = broadsheet().calendars.list(principal), broadsheet().calendars.use_counts(principal)
    if not items:
        more = (
            "Countries' holidays are there already. Keep here what is yours: closing days, an inventory, a bridge day."
        )
        empty("No calendar of your own", more, icon=":material/event_busy:")
        return
    with st.container(key=keys.CALENDARS_LIST, gap=None):
        rows.heading("Name", COLUMNS)
        for item in items:
            draw(item, uses.get(item.id, 0))


principal = guard(Permission.MANAGE_SCHEDULES)
named = st.query_params.get("calendar")
try:
    if named is None:
        the_list(principal)
    else:
        back("calendars.py", "All calendars")
        calendar_form(principal, None if named == "new" else UUID(named))
except BroadsheetError as error:
    problem(error)
except ValueError:
    st.error("This address names no calendar.", icon=":material/error:")
