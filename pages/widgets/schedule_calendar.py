"""Schedules as a calendar: a month or a week of what ran and what will run; on narrow screens a list of its days."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from html import escape
from zoneinfo import ZoneInfo

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.run import RunState
from core.domain.schedule_calendar import CalendarEntry, CalendarMark, ScheduleCalendar
from core.errors import BroadsheetError
from pages.widgets import keys, words
from pages.widgets.app import broadsheet
from pages.widgets.states import empty, problem

LIST, MONTH, WEEK = "List", "Month", "Week"
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MOST = {MONTH: 4, WEEK: 40}
_ICONS = {
    RunState.COMPLETED: ":green[:material/check_circle:]",
    RunState.PARTIAL: ":orange[:material/error:]",
    RunState.FAILED: ":red[:material/cancel:]",
    RunState.MISSED: ":orange[:material/event_busy:]",
    RunState.HELD: ":orange[:material/front_hand:]",
    RunState.CANCELLED: ":gray[:material/block:]",
    RunState.SKIPPED: ":gray[:material/skip_next:]",
}
_MOVING, _COMING = ":blue[:material/progress_activity:]", ":gray[:material/schedule:]"


def view_choice() -> str:
    """Draw the choice between the list and the calendar and return it; it stays when the screen is left."""
    chosen = st.segmented_control(
        "Shown as",
        [LIST, MONTH, WEEK],
        key=keys.SCHEDULES_VIEW,
        default=st.session_state.get(keys.SCHEDULES_SHOWN_AS, LIST),
        label_visibility="collapsed",
        required=True,
    )
    st.session_state[keys.SCHEDULES_SHOWN_AS] = chosen or LIST
    return chosen or LIST


def calendar(principal: Principal, view: str) -> None:
    """Draw the month or the week that is open."""
    today = broadsheet().clock.now().astimezone(ZoneInfo(principal.timezone)).date()
    day = st.session_state.setdefault(keys.SCHEDULES_DAY, today)
    first_on, last_on = _span(day, view)
    _turning(principal, day, view)
    search = (st.session_state.get(keys.SCHEDULES_SEARCH) or "").strip()
    try:
        found = broadsheet().schedule_calendar.load(principal, first_on, last_on, search=search)
    except BroadsheetError as error:
        problem(error)
        return
    if found.schedules_left_out:
        st.info(
            f"What {found.schedules_left_out:,} more schedules will send is not shown. Search to see fewer.",
            icon=":material/filter_list:",
        )
    _grid(principal, found, view, day, today)
    if not found.entries:
        empty("Nothing runs in this time", "Turn to another one, or search for less.", icon=":material/event:")


def _span(day: date, view: str) -> tuple[date, date]:
    """The whole weeks that a view shows."""
    first_on, last_on = (day, day) if view == WEEK else (day.replace(day=1), _month_after(day) - timedelta(days=1))
    return first_on - timedelta(days=first_on.weekday()), last_on + timedelta(days=6 - last_on.weekday())


def _month_after(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _turning(principal: Principal, day: date, view: str) -> None:
    """Draw which time is shown and the buttons that turn to another."""
    if view == WEEK:
        first_on, last_on = _span(day, view)
        title = f"{words.day(first_on)} to {words.day(last_on)}"
        before, after = day - timedelta(days=7), day + timedelta(days=7)
    else:
        title = f"{day:%B %Y}"
        before, after = day.replace(day=1) - timedelta(days=1), _month_after(day)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="schedules_turning"):
        _turn(
            f"The {view.lower()} before", ":material/chevron_left:", before.replace(day=1) if view == MONTH else before
        )
        _turn("Today", None, None)
        _turn(f"The {view.lower()} after", ":material/chevron_right:", after)
        st.html(f'<h2 class="bs-when">{escape(title)}</h2>', width="content")
        zone = principal.timezone.replace("_", " ").rpartition("/")[2]
        st.caption(f"Times in {zone}", width="content")


def _turn(label: str, icon: str | None, to: date | None) -> None:
    st.button(
        label,
        icon=icon,
        type="tertiary" if icon else "secondary",
        key=f"schedules_turn_{label}",
        on_click=_go,
        args=(to,),
    )


def _go(to: date | None, view: str | None = None) -> None:
    """Turn to a day, today without one."""
    st.session_state[keys.SCHEDULES_DAY] = to
    if to is None:
        st.session_state.pop(keys.SCHEDULES_DAY)
    if view is not None:
        st.session_state[keys.SCHEDULES_VIEW] = view


def _grid(principal: Principal, found: ScheduleCalendar, view: str, day: date, today: date) -> None:
    """Draw a line of weekdays and a cell for each day."""
    entries: dict[date, list[CalendarEntry]] = defaultdict(list)
    marks: dict[date, list[CalendarMark]] = defaultdict(list)
    for entry in found.entries:
        entries[entry.on].append(entry)
    for mark in found.marks:
        marks[mark.on].append(mark)
    names = "".join(f"<span>{name}</span>" for name in _DAYS)
    st.html(f'<div class="bs-weekdays bs-th" aria-hidden="true">{names}</div>')
    with st.container(key=f"schedules_{view.lower()}"), st.grid(7, gap=None, wrap=False, min_column_width=90):
        for number in range((found.last_on - found.first_on).days + 1):
            on = found.first_on + timedelta(days=number)
            is_other = view == MONTH and on.month != day.month
            tone = "today" if on == today else "other" if is_other else "day"
            filled = "full" if entries[on] or marks[on] else "empty"
            with st.container(key=f"calendar_{filled}_{tone}_{on.isoformat()}", gap=None):
                _day(principal, on, entries[on], marks[on], most=_MOST[view])


def _day(
    principal: Principal, on: date, entries: Sequence[CalendarEntry], marks: Sequence[CalendarMark], *, most: int
) -> None:
    said = "".join(
        f'<p class="bs-mark{" bs-quiet" if mark.is_quiet else ""}">{escape(mark.words)}</p>' for mark in marks
    )
    st.html(f'<h3 class="bs-day"><b>{on.day}</b><span>{escape(words.day(on))}</span></h3>{said}')
    shown = entries if len(entries) <= most else entries[: most - 1]
    for entry in shown:
        _entry(principal, entry)
    if len(shown) < len(entries):
        st.button(
            f"{len(entries) - len(shown):,} more",
            key=f"calendar_more_{on.isoformat()}",
            type="tertiary",
            on_click=_go,
            args=(on, WEEK),
        )


def _entry(principal: Principal, entry: CalendarEntry) -> None:
    """Draw a slot: a link to its run, to the runs of its schedule, or, where it is to come, to the schedule."""
    zone = ZoneInfo(principal.timezone)
    at = f"{entry.at.astimezone(zone):%H:%M}"
    if entry.state is None:
        label, icon = "To come", _COMING
        page = "schedule_form.py" if principal.may(Permission.MANAGE_SCHEDULES) else "runs.py"
    else:
        label, icon = words.STATES[entry.state][0], _ICONS.get(entry.state, _MOVING)
        page = "runs.py"
    is_run = entry.run_id is not None and entry.count == 1
    times = at if entry.count == 1 else f"{at} to {entry.until.astimezone(zone):%H:%M}, {entry.count:,} times"
    shown = at if entry.count == 1 else f"{entry.count:,}\N{MULTIPLICATION SIGN}"
    st.page_link(
        page,
        label=f"{icon} {shown} {words.plain(entry.name)}",
        query_params={"run": str(entry.run_id)} if is_run else {"schedule": str(entry.schedule_id)},
        help=". ".join(filter(None, (f"{label}: {words.plain(entry.name)}, {times}", entry.note))),
    )
