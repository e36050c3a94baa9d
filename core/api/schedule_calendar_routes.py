"""`/api/scheduled-reports/calendar`: what ran and will run, by day."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from core.api.authentication import Caller
from core.api.inputs import Json, Search
from core.api.threads import blocking
from core.domain.schedule_calendar import CalendarEntry, CalendarMark, ScheduleCalendar
from core.services.schedule_calendar import ScheduleCalendarService


def schedule_calendar_routes(calendar: ScheduleCalendarService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/scheduled-reports", tags=["Scheduled reports"])

    @router.get("/calendar", summary="What ran and what will run from one day to another, in your timezone")
    @blocking
    def get_calendar(
        caller: Caller,
        first_on: Annotated[date, Query(alias="from")],
        last_on: Annotated[date, Query(alias="to")],
        search: Search = "",
    ) -> Json:
        return _calendar_out(calendar.load(caller, first_on, last_on, search=search))

    return router


def _calendar_out(found: ScheduleCalendar) -> Json:
    return {
        "from": found.first_on.isoformat(),
        "to": found.last_on.isoformat(),
        "timezone": found.timezone,
        "items": [_entry_out(entry) for entry in found.entries],
        "marks": [_mark_out(mark) for mark in found.marks],
        "schedules_left_out": found.schedules_left_out,
    }


def _entry_out(entry: CalendarEntry) -> Json:
    """`status` is null for what is still to come; `count` slots from `at` to `until` where they are many."""
    return {
        "on": entry.on.isoformat(),
        "at": entry.at.isoformat(),
        "until": entry.until.isoformat(),
        "count": entry.count,
        "schedule_id": str(entry.schedule_id),
        "schedule_name": entry.name,
        "status": None if entry.state is None else str(entry.state),
        "execution_id": None if entry.run_id is None else str(entry.run_id),
        "note": entry.note,
    }


def _mark_out(mark: CalendarMark) -> Json:
    return {"on": mark.on.isoformat(), "words": mark.words, "kind": "quiet" if mark.is_quiet else "holiday"}
