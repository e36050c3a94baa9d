"""Which schedules the list shows, and how each stands in words."""

from zoneinfo import ZoneInfo

import streamlit as st

from core.domain.access import Principal
from core.domain.moments import day_words
from core.domain.page import Page
from core.domain.schedule import Schedule
from core.services.schedules import MAX_SEARCH_LENGTH
from pages.widgets import keys, rows, words
from pages.widgets.app import broadsheet
from pages.widgets.states import mark, schedule_mark

PAGE_SIZE = 25
ALL, ACTIVE, PAUSED, FAILING = "All", "Active", "Paused", "Failing"
COLUMNS = (
    rows.Column(title="When", width=235),
    rows.Column(title="Owner", width=110, narrow=False),
    rows.Column(title="Next run", width=172),
    rows.Column(title="Last result", width=160),
)


def filters(*, with_status: bool = True) -> bool:
    """Draw the search and, unless it means nothing, the status; returns whether anything is left out."""
    search = st.text_input(
        "Search",
        key=keys.SCHEDULES_SEARCH,
        placeholder="Search name, report, owner",
        label_visibility="collapsed",
        width=230,
        max_chars=MAX_SEARCH_LENGTH,
    )
    if not with_status:
        return bool(search)
    status = st.segmented_control(
        "Status",
        [ALL, ACTIVE, PAUSED, FAILING],
        key=keys.SCHEDULES_STATUS,
        default=ALL,
        label_visibility="collapsed",
        required=True,
    )
    return bool(search) or status != ALL


def shown(principal: Principal) -> Page[Schedule]:
    """Return the schedules of the page that is open."""
    search = (st.session_state.get(keys.SCHEDULES_SEARCH) or "").strip()
    status = st.session_state.get(keys.SCHEDULES_STATUS) or ALL
    page = st.session_state.get(keys.SCHEDULES_PAGE, 1)
    return broadsheet().schedules.list(
        principal,
        is_active={ACTIVE: True, PAUSED: False}.get(status),
        is_failing=True if status == FAILING else None,
        search=search,
        page=page,
        limit=PAGE_SIZE,
    )


def cells(principal: Principal, schedule: Schedule) -> tuple[str, ...]:
    """Return a schedule's facts as HTML."""
    return (
        rows.fact(broadsheet().schedules.describe(schedule.config)),
        rows.fact(schedule.owner_name, quiet=True),
        _next(principal, schedule),
        last_mark(schedule),
    )


def _next(principal: Principal, schedule: Schedule) -> str:
    """When a schedule runs next, or until when and why it does not."""
    if schedule.is_active:
        planned = words.moment(schedule.next_run_at, schedule.config.timezone, zone=False)
        return rows.fact(planned or "Has ended", quiet=not planned)
    if schedule.owner_left_at is not None:
        return rows.fact("Paused: its owner left", quiet=True)
    until = schedule.paused_until
    day = until and day_words(until.astimezone(ZoneInfo(principal.timezone)).date())
    paused = rows.fact(f"Paused until {day}" if day else "Paused", quiet=True)
    because = schedule.paused_because
    return f'{paused}<div class="bs-because">{rows.fact(because, quiet=True)}</div>' if because else paused


def last_mark(schedule: Schedule) -> str:
    """Return the mark of how a schedule last ended, since when where it fails."""
    if schedule.failing_since is None:
        return schedule_mark(schedule)
    since = day_words(schedule.failing_since.date()).rpartition(" ")[0]
    return mark(f"Failing since {since}", "red")
