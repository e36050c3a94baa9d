"""Calendars as files: a working week, and the days off by date."""

from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field, StrictInt

from core.domain.calendar import WORKING_WEEK, CalendarDraft, DayOff, OrganizationCalendar
from core.domain.json_values import Day, Name, Words
from core.services.as_code.desk import Desk, Json
from core.services.as_code.kind import CALENDARS, FileModel, Plain


class CalendarFile(FileModel):
    """A calendar of business days."""

    name: Name = Field(description="What it is called; schedules name it so.")
    working_week: tuple[StrictInt, ...] = Field(WORKING_WEEK, description="Working days; Monday is 1.")
    days_off: dict[Day, Words] = Field({}, description="Days on which nobody works, each with its name.")


class CalendarKind(Plain):
    """The calendars that an organization keeps."""

    folder: ClassVar[str] = CALENDARS
    has_namesakes: ClassVar[bool] = False
    model: ClassVar[type[BaseModel]] = CalendarFile

    def read_all(self, desk: Desk) -> Iterator[tuple[UUID, str, Json | str]]:
        """Every calendar."""
        for calendar in desk.tools.calendars.list(desk.principal):
            yield calendar.id, calendar.name, _data(calendar)

    def read(self, desk: Desk, thing_id: UUID) -> Json:
        """One calendar."""
        return _data(desk.tools.calendars.get(desk.principal, thing_id))

    def put(self, desk: Desk, data: Json, thing_id: UUID | None) -> UUID:
        """Keep a calendar; schedules that follow it move."""
        days: dict[str, Any] = data.get("days_off", {})
        draft = CalendarDraft(
            name=data["name"],
            working_week=tuple(data.get("working_week", WORKING_WEEK)),
            days_off=tuple(DayOff(on=date.fromisoformat(on), name=name) for on, name in days.items()),
        )
        if thing_id is None:
            return desk.tools.calendars.create(desk.principal, draft).id
        return desk.tools.calendars.change(desk.principal, thing_id, draft).id

    def remove(self, desk: Desk, thing_id: UUID) -> None:
        """Take a calendar away."""
        desk.tools.calendars.delete(desk.principal, thing_id)


def _data(calendar: OrganizationCalendar) -> Json:
    data: Json = {"name": calendar.name, "working_week": list(calendar.working_week)}
    if calendar.days_off:
        data["days_off"] = {day.on.isoformat(): day.name for day in calendar.days_off}
    return data
