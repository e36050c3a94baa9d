"""`/api/calendars`: which days are business days."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import Field

from core.api.authentication import Caller
from core.api.bodies import read_body
from core.api.inputs import Json, Text
from core.api.listing import Listing, listed
from core.api.models import In
from core.api.preconditions import expected_version, stale_as_412
from core.api.threads import blocking, run_in_api_thread
from core.domain.calendar import WORKING_WEEK, CalendarDraft, DayOff, OrganizationCalendar, Region
from core.services.calendars import CalendarService

_NO_LIMIT = 2**60

IfMatch = Annotated[str | None, Header(alias="If-Match")]
Name = Annotated[Text, Query(max_length=100, description="What the calendar is called.")]


class DayOffIn(In):
    """A day on which nobody works."""

    on: date
    name: Text = ""


class CalendarIn(In):
    """A calendar to save."""

    name: Text
    days_off: list[DayOffIn] = Field(default_factory=list)
    working_week: list[int] = Field(default_factory=lambda: list(WORKING_WEEK), max_length=7)

    def draft(self) -> CalendarDraft:
        """Return it as a domain value."""
        days_off = tuple(DayOff(on=day.on, name=day.name) for day in self.days_off)
        return CalendarDraft(name=self.name, days_off=days_off, working_week=tuple(self.working_week))


def calendar_routes(calendars: CalendarService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/calendars", tags=["Calendars"])

    @router.get("", summary="The organization's calendars by name")
    @blocking
    def list_calendars(caller: Caller, asked: Listing) -> Json:
        counts = calendars.use_counts(caller)
        return listed([calendar_out(one, counts) for one in calendars.list(caller)], asked)

    @router.post("", status_code=201, summary="Keep a calendar")
    @blocking
    def create(body: CalendarIn, caller: Caller) -> Json:
        return calendar_out(calendars.create(caller, body.draft()), {})

    @router.get("/countries", summary="Countries and their parts, whose codes a schedule can name")
    @blocking
    def countries(caller: Caller, asked: Listing) -> Json:
        return listed([region_out(region) for region in calendars.countries(caller)], asked)

    # Larger bodies than the route allows would be answered in plain text; the service says it as a problem.
    @router.post("/ics", status_code=201, summary="Keep a calendar file (.ics), the body", max_body_size=_NO_LIMIT)
    async def upload(request: Request, caller: Caller, name: Name) -> Json:
        content = await read_body(request, calendars.max_bytes)
        reading = await run_in_api_thread(calendars.read_ics, caller, content)
        draft = CalendarDraft(name=name, days_off=reading.days_off)
        made = await run_in_api_thread(calendars.create, caller, draft)
        return {**calendar_out(made, {}), "left_out": list(reading.left_out)}

    @router.get("/{calendar_id}", summary="One calendar and the schedules that follow it")
    @blocking
    def get(calendar_id: UUID, caller: Caller, response: Response) -> Json:
        calendar = calendars.get(caller, calendar_id)
        response.headers["ETag"] = f'"{calendar.version}"'
        using = calendars.used_by(caller, calendar_id)
        return {**calendar_out(calendar, {calendar_id: len(using)}), "used_by": list(using)}

    @router.put("/{calendar_id}", summary="Replace a calendar; next runs move with it")
    @blocking
    def change(calendar_id: UUID, body: CalendarIn, caller: Caller, if_match: IfMatch = None) -> Json:
        with stale_as_412(if_match):
            changed = calendars.change(caller, calendar_id, body.draft(), expected_version=expected_version(if_match))
        return calendar_out(changed, calendars.use_counts(caller))

    @router.delete("/{calendar_id}", status_code=204, summary="Take a calendar away; refused while schedules follow it")
    @blocking
    def delete(calendar_id: UUID, caller: Caller) -> Response:
        calendars.delete(caller, calendar_id)
        return Response(status_code=204)

    return router


def calendar_out(calendar: OrganizationCalendar, counts: Mapping[UUID, int]) -> Json:
    """Return a calendar's JSON with how many schedules follow it."""
    return {
        "id": str(calendar.id),
        "name": calendar.name,
        "days_off": [{"on": day.on.isoformat(), "name": day.name} for day in calendar.days_off],
        "working_week": list(calendar.working_week),
        "version": calendar.version,
        "created_at": calendar.created_at.isoformat(),
        "updated_at": calendar.updated_at.isoformat(),
        "schedules": counts.get(calendar.id, 0),
    }


def region_out(region: Region) -> Json:
    """Return a country's JSON with its parts."""
    return {
        "code": region.code,
        "name": region.name,
        "parts": [{"code": part.code, "name": part.name} for part in region.parts],
    }
