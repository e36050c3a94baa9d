"""Making past runs of a schedule: a range of days, how many runs that is, files only or delivered as well."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from core.domain.access import Permission
from core.domain.schedule import Schedule
from core.errors import BroadsheetError
from core.services.backfill import MAX_BACKFILL
from core.services.schedules import MAX_NEXT_RUNS
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.states import problem

_FILES, _DELIVER = "Files only", "Deliver to the recipients as well"


@st.dialog("Make past runs", width="medium")
def backfill(schedule: Schedule) -> None:
    """Ask for the range, say what it comes to, and make it."""
    st.markdown(f"Runs of **{words.plain(schedule.name)}**, each as it would have been on its own day.")
    zone = ZoneInfo(schedule.config.timezone)
    today = broadsheet().clock.now().astimezone(zone).date()
    with st.container(horizontal=True):
        first = st.date_input("From", value=today - timedelta(days=28), max_value=today, format="YYYY-MM-DD")
        last = st.date_input("To", value=today, max_value=today, format="YYYY-MM-DD")
    since, until = _span(first, last, zone)
    what = st.radio("What is made", [_FILES, _DELIVER], key=keys.BACKFILL_WHAT)
    again = st.checkbox("Make those again that were made before", key=keys.BACKFILL_AGAIN)
    try:
        number = _number(schedule, since, until)
        st.caption(_words(number))
        if st.button("Make them", type="primary", key=keys.BACKFILL_GO, disabled=not 0 < number <= MAX_BACKFILL):
            broadsheet().backfill.backfill(
                guard(Permission.MANAGE_SCHEDULES),
                schedule.id,
                first=since,
                last=until,
                deliver=what == _DELIVER,
                again=again,
            )
            st.switch_page("runs.py", query_params={"schedule": str(schedule.id)})
    except BroadsheetError as error:
        problem(error)


def _span(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Whole days in the schedule's timezone, up to now."""
    end = datetime.combine(last, time.max, tzinfo=zone)
    return datetime.combine(first, time.min, tzinfo=zone), min(end, broadsheet().clock.now())


def _number(schedule: Schedule, since: datetime, until: datetime) -> int:
    """Return how many times the schedule has in a range; counted up to one more than can be made."""
    principal, found, after = guard(Permission.MANAGE_SCHEDULES), 0, since - timedelta(microseconds=1)
    while found <= MAX_BACKFILL:
        slots = broadsheet().schedules.next_runs(principal, schedule.config, count=MAX_NEXT_RUNS, after=after)
        passed = [slot for slot in slots if slot.at <= until]
        found += len(passed)
        if len(passed) < MAX_NEXT_RUNS:
            break
        after = passed[-1].at
    return found


def _words(number: int) -> str:
    if number == 0:
        return "The schedule has no times in this range."
    if number > MAX_BACKFILL:
        return f"The schedule has more than {MAX_BACKFILL} times in this range, the most that are made at once."
    return f"The schedule has {number} time{'' if number == 1 else 's'} in this range."
