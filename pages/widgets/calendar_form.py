"""Making and changing a calendar: its days off typed or read from a file, its working week, and what it means."""

from html import escape
from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.calendar import WORKING_WEEK, CalendarDraft, DayOff, OrganizationCalendar
from core.errors import BroadsheetError, InvalidInput
from pages.widgets import calendar_lines as lines
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.screen import entered
from pages.widgets.states import problem

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SHOWN = 12
_MOST_MISREAD = 5


def week_words(week: tuple[int, ...]) -> str:
    """Return a working week: "Mon to Fri", "Sun, Mon, Tue"."""
    days = sorted(week)
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{_DAYS[days[0] - 1]} to {_DAYS[days[-1] - 1]}"
    return ", ".join(_DAYS[day - 1] for day in days)


def calendar_form(principal: Principal, calendar_id: UUID | None) -> None:
    """Draw the form."""
    calendar = broadsheet().calendars.get(principal, calendar_id) if calendar_id else None
    _open(calendar)
    if st.session_state.pop(keys.CALENDAR_SAVED, False):
        st.switch_page("calendars.py")
    failed = st.session_state.get(keys.CALENDAR_ERROR)
    st.title(f"Edit {calendar.name}" if calendar else "New calendar", anchor=False)
    left, right = st.columns([6, 5], gap="large")
    with left:
        st.text_input("Name", key=keys.CALENDAR_NAME, max_chars=100, placeholder="How people know it: Press room")
        _error_at(failed, "name")
        st.pills(
            "Working week",
            range(1, 8),
            selection_mode="multi",
            key=keys.CALENDAR_WEEK,
            format_func=lambda day: _DAYS[day - 1],
        )
        _error_at(failed, "working_week")
        _days(failed)
        if isinstance(failed, BroadsheetError) and not isinstance(failed, InvalidInput):
            problem(failed)
        st.button("Save calendar", type="primary", key=keys.CALENDAR_SAVE, on_click=_save, args=(calendar,))
    with right, st.container(key="calendar_side"):
        _preview()
        if calendar is not None:
            _followers(broadsheet().calendars.used_by(principal, calendar.id))


def _open(calendar: OrganizationCalendar | None) -> None:
    """Fill the form when it is opened."""
    subject = str(calendar.id) if calendar else "new"
    if not entered("calendar_form") and st.session_state.get(keys.CALENDAR_SUBJECT) == subject:
        return
    st.session_state[keys.CALENDAR_SUBJECT] = subject
    st.session_state[keys.CALENDAR_NAME] = calendar.name if calendar else ""
    st.session_state[keys.CALENDAR_WEEK] = list(calendar.working_week if calendar else WORKING_WEEK)
    st.session_state[keys.CALENDAR_DAYS] = lines.text_of(calendar.days_off if calendar else ())
    for key in (keys.CALENDAR_ERROR, keys.CALENDAR_LEFT_OUT):
        st.session_state.pop(key, None)


def _days(failed: object) -> None:
    st.text_area(
        "Days off, one a line",
        key=keys.CALENDAR_DAYS,
        height=220,
        placeholder="2026-12-24 Christmas Eve\n2026-12-28 to 2026-12-30 Inventory",
    )
    misread = lines.days_in(st.session_state[keys.CALENDAR_DAYS] or "").misread
    for line in misread[:_MOST_MISREAD]:
        st.caption(f":red[:material/error: {words.plain(line)}] is no date such as 2026-12-24.")
    if len(misread) > _MOST_MISREAD:
        st.caption(f"and {len(misread) - _MOST_MISREAD} more lines")
    _error_at(failed, "days_off")
    most = broadsheet().calendars.max_bytes
    st.file_uploader(
        "Or take them from a calendar file",
        type=["ics"],
        key=keys.CALENDAR_FILE,
        max_upload_size=1,
        help=f"iCalendar, up to {words.size(most)}. Its days are added to those above.",
        on_change=_take,
    )
    for said in st.session_state.get(keys.CALENDAR_LEFT_OUT, ()):
        st.caption(said)
    _error_at(failed, "file")


def _take() -> None:
    """Add the days of the file to those in the box."""
    given = st.session_state.get(keys.CALENDAR_FILE)
    st.session_state.pop(keys.CALENDAR_ERROR, None)
    if given is None:
        return
    try:
        read = broadsheet().calendars.read_ics(guard(Permission.MANAGE_SCHEDULES), given.getvalue())
    except BroadsheetError as error:
        st.session_state[keys.CALENDAR_ERROR] = InvalidInput(error.user_message, place="file")
        return
    present = lines.days_in(st.session_state[keys.CALENDAR_DAYS] or "")
    text = lines.text_of((*present.days_off, *read.days_off))
    st.session_state[keys.CALENDAR_DAYS] = "\n".join((text, *present.misread)) if present.misread else text
    st.session_state[keys.CALENDAR_LEFT_OUT] = read.left_out


def _save(calendar: OrganizationCalendar | None) -> None:
    found = lines.days_in(st.session_state[keys.CALENDAR_DAYS] or "")
    draft = CalendarDraft(
        name=st.session_state[keys.CALENDAR_NAME] or "",
        days_off=found.days_off,
        working_week=tuple(st.session_state[keys.CALENDAR_WEEK]),
    )
    calendars = broadsheet().calendars
    try:
        if found.misread:
            raise InvalidInput("Mend the lines that are no dates first.", place="days_off")
        principal = guard(Permission.MANAGE_SCHEDULES)
        if calendar is None:
            calendars.create(principal, draft)
        else:
            calendars.change(principal, calendar.id, draft, expected_version=calendar.version)
    except BroadsheetError as error:
        st.session_state[keys.CALENDAR_ERROR] = error
        return
    st.toast(f"{draft.name} saved", icon=":material/check:")
    st.session_state[keys.CALENDAR_SAVED] = True


def _preview() -> None:
    """Draw the days off to come, as they are understood."""
    days = lines.days_in(st.session_state[keys.CALENDAR_DAYS] or "").days_off
    today = broadsheet().clock.now().date()
    coming = [day for day in days if day.on >= today]
    st.html('<div class="bs-eyebrow">Days off to come</div>')
    if not coming:
        st.caption("None yet: only the days outside the working week are off.")
        return
    st.html(f'<ol class="bs-slots">{"".join(_line(day) for day in coming[:_SHOWN])}</ol>')
    past = len(days) - len(coming)
    more = [f"{len(coming) - _SHOWN:,} more to come"] if len(coming) > _SHOWN else []
    more += [f"{past:,} past"] if past else []
    if more:
        st.caption(", ".join(more))


def _line(day: DayOff) -> str:
    return f'<li><span>{words.day(day.on)}</span><span class="bs-quiet">{escape(day.name)}</span></li>'


def _followers(names: tuple[str, ...]) -> None:
    st.html('<div class="bs-eyebrow">Followed by</div>')
    if not names:
        st.caption("No schedule yet. Choose it in a schedule under Days off.")
        return
    st.html(f'<ol class="bs-slots">{"".join(f"<li><span>{escape(name)}</span></li>" for name in names)}</ol>')
    st.caption("Their next runs move when the calendar is saved.")


def _error_at(failed: object, place: str) -> None:
    if isinstance(failed, BroadsheetError) and (failed.place or "").startswith(place):
        st.error(failed.user_message, icon=":material/error:")
