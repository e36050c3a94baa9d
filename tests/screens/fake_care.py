"""Calendars, destinations and the care of schedules and runs in memory, with the signatures the screens call."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

from core.deliver.slack_channel import SlackChannel
from core.deliver.webhook_channel import WebhookChannel
from core.domain.calendar import DayOff, OrganizationCalendar, Region
from core.domain.destination import Destination, DestinationTest
from core.domain.run import RunKind, RunState
from core.domain.schedule_calendar import CalendarEntry, CalendarMark, ScheduleCalendar
from core.errors import Conflict, InvalidInput, NotFound
from core.schedules.ics import read_ics
from core.services.backfill import MAX_BACKFILL
from core.services.destinations import DestinationKind
from core.services.schedule_care import BulkAction, BulkAnswer

from . import fake_data as data


class FakeCalendars:
    max_bytes = 1000

    def __init__(self) -> None:
        days = (DayOff(on=date(2026, 12, 24), name="Christmas Eve"), DayOff(on=date(2026, 12, 31), name="Inventory"))
        made = _calendar("Press room", days)
        self.items = {made.id: made}

    def list(self, principal):
        return tuple(self.items.values())

    def get(self, principal, calendar_id):
        if calendar_id not in self.items:
            raise NotFound
        return self.items[calendar_id]

    def use_counts(self, principal):
        return {data.make_id("calendar Press room"): 2}

    def used_by(self, principal, calendar_id):
        return ("Board pack", "Churn watch") if calendar_id == data.make_id("calendar Press room") else ()

    def countries(self, principal):
        california = Region(code="US-CA", name="California")
        return (Region(code="DE", name="Germany"), Region(code="US", name="United States", parts=(california,)))

    def read_ics(self, principal, content):
        return read_ics(content)

    def create(self, principal, draft):
        if not draft.name.strip():
            raise InvalidInput("Give the calendar a name.", place="name")
        made = replace(_calendar(draft.name, draft.days_off), working_week=draft.working_week)
        self.items[made.id] = made
        return made

    def change(self, principal, calendar_id, draft, *, expected_version=None):
        self.items[calendar_id] = replace(
            self.items[calendar_id], name=draft.name, days_off=draft.days_off, working_week=draft.working_week
        )
        return self.items[calendar_id]

    def delete(self, principal, calendar_id):
        using = self.used_by(principal, calendar_id)
        if using:
            raise Conflict(f"Schedules follow this calendar: {', '.join(using)}. Choose another one there first.")
        del self.items[calendar_id]


def _calendar(name, days):
    return OrganizationCalendar(
        id=data.make_id(f"calendar {name}"),
        name=name,
        days_off=days,
        working_week=(1, 2, 3, 4, 5),
        version=1,
        created_at=data.NOW,
        updated_at=data.NOW,
    )


class FakeScheduleCalendar:
    """A day with a run that failed, a slot to come, and many of them."""

    def __init__(self) -> None:
        self.asked = []
        self.copies = 1

    def load(self, principal, first_on, last_on, *, search=""):
        self.asked.append((first_on, last_on, search))
        on, at = data.NOW.date(), data.NOW
        usage, revenue = data.make_id("schedule Usage Summary"), data.make_id("schedule Revenue by country")
        one = CalendarEntry(
            on=on,
            at=at,
            until=at,
            count=1,
            schedule_id=usage,
            name="Usage Summary, regularly",
            state=RunState.FAILED,
            run_id=usage,
        )
        coming = replace(one, schedule_id=revenue, name="Revenue by country", state=None, run_id=None)
        many = replace(coming, at=at.replace(hour=10, minute=0), until=at.replace(hour=14, minute=55), count=60)
        marks = (
            CalendarMark(on=on, words="Thanksgiving (United States)", is_quiet=False),
            CalendarMark(on=on, words="Quiet: Usage Summary, regularly", is_quiet=True),
        )
        return ScheduleCalendar(
            first_on=first_on,
            last_on=last_on,
            timezone=principal.timezone,
            entries=(one, coming, many) * self.copies if first_on <= on <= last_on else (),
            marks=marks,
        )


class FakeDestinations:
    def __init__(self) -> None:
        made = Destination(
            id=data.make_id("destination Newsroom"),
            organization_id=data.ORGANIZATION,
            channel="slack",
            name="Newsroom",
            settings={},
            created_at=data.NOW,
        )
        self.items = {made.id: made}
        self.drafts = []

    def kinds(self):
        return tuple(
            DestinationKind(
                key=channel.key,
                label=channel.label,
                address_help=channel.address_help,
                fields=channel.form,
                has_built_in=False,
            )
            for channel in (SlackChannel, WebhookChannel)
        )

    def list(self, principal, *, channel=None):
        return tuple(one for one in self.items.values() if channel in (None, one.channel))

    def get(self, principal, destination_id):
        if destination_id not in self.items:
            raise NotFound
        return self.items[destination_id]

    def create(self, principal, draft):
        self.drafts.append(draft)
        if not draft.settings.get("url") and draft.channel == "webhook":
            raise InvalidInput("Fill in the address.", place="settings.url")
        made = Destination(
            id=uuid4(),
            organization_id=data.ORGANIZATION,
            channel=draft.channel,
            name=draft.name,
            settings=dict(draft.settings),
        )
        self.items[made.id] = made
        return made

    def change(self, principal, destination_id, draft, *, expected_version=None):
        self.drafts.append(draft)
        self.items[destination_id] = replace(self.items[destination_id], name=draft.name)
        return self.items[destination_id]

    def delete(self, principal, destination_id):
        del self.items[destination_id]

    def test(self, principal, draft, *, address="", destination_id=None):
        self.drafts.append(draft)
        return DestinationTest(is_ok=True, message="Sent: 200.", elapsed_s=0.2)

    def test_saved(self, principal, destination_id, *, address=""):
        return DestinationTest(is_ok=False, message="The channel #nowhere does not exist.", elapsed_s=0.2)


class FakeScheduleCare:
    def __init__(self, schedules, runs) -> None:
        self._schedules, self._runs = schedules, runs
        self.orders = []

    def clone(self, principal, schedule_id):
        found = self._schedules.get(principal, schedule_id)
        made = replace(found, id=uuid4(), name=f"Copy of {found.name}", is_active=False, next_run_at=None)
        self._schedules.items[made.id] = made
        return made

    def transfer(self, principal, schedule_id, *, owner):
        if owner != "grace@example.com":
            raise InvalidInput("Nobody with this address is a member of your organization.", place="owner")
        self._schedules.items[schedule_id] = replace(self._schedules.items[schedule_id], owner_name="Grace Hopper")
        return self._schedules.items[schedule_id]

    def bulk(self, principal, ids, order):
        self.orders.append((tuple(ids), order))
        if order.action is BulkAction.PAUSE:
            for schedule_id in ids:
                self._schedules.pause(principal, schedule_id, until=order.until, because=order.because)
        return tuple(BulkAnswer(schedule_id=one, is_done=True, message="Paused.") for one in ids)


class FakeRunCare:
    def __init__(self, runs) -> None:
        self._runs = runs

    def pin(self, principal, run_id):
        return self._changed(run_id, pinned_at=data.NOW)

    def unpin(self, principal, run_id):
        return self._changed(run_id, pinned_at=None)

    def resend_failed(self, principal, run_id):
        run = self._runs.get_run(principal, run_id)
        for delivery in run.deliveries:
            self._runs.resend_delivery(principal, delivery.id)
        return self._runs.get_run(principal, run_id)

    def _changed(self, run_id, **changes):
        self._runs.items[run_id] = replace(self._runs.items[run_id], **changes)
        return self._runs.items[run_id]


class FakeBackfill:
    def __init__(self, runs) -> None:
        self._runs = runs
        self.asked = []

    def backfill(self, principal, schedule_id, *, first, last, deliver=False, limit=MAX_BACKFILL, again=False):
        self.asked.append((schedule_id, first, last, deliver, again))
        return (self._runs._add(RunKind.BACKFILL),)


class FakeApprovals:
    def __init__(self, runs) -> None:
        self._runs = runs
        self.reasons = []

    def approve(self, principal, run_id):
        return self._changed(run_id, RunState.PENDING)

    def reject(self, principal, run_id, because=""):
        self.reasons.append(because)
        return self._changed(run_id, RunState.CANCELLED)

    def _changed(self, run_id, state):
        self._runs.items[run_id] = replace(self._runs.items[run_id], state=state)
        return self._runs.items[run_id]
