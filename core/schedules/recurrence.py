"""When a schedule fires: pure functions from a recurrence to instants, without a clock and without a database."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from core.domain.calendar import BusinessCalendar, DatedCalendar
from core.domain.schedule import Cadence, FireTime, ScheduleConfig
from core.errors import InvalidSchedule
from core.schedules.check import check_fields
from core.schedules.cron import CronLine, parse_cron
from core.schedules.days import HORIZON_ON
from core.schedules.rolling import calendar_for, due_days, moved_words
from core.schedules.wall_clock import Slot, WallClock

_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


def next_fire_times(
    config: ScheduleConfig, *, after: datetime, count: int, calendar: BusinessCalendar | None = None
) -> tuple[FireTime, ...]:
    """The next `count` slots strictly after `after` (aware), in order; fewer where the schedule or the year 2100 ends.

    A wall-clock time that does not exist fires once, at the first valid instant; one that exists twice fires at the
    first. A cron line whose hour starts with `*` runs by elapsed time: at every instant whose local time matches, so
    in both of two equal hours and not at all for an hour that is left out (crontab(5)). Slots that fall on the same
    instant are one slot. `calendar` is the one that `config` names; it may be left out unless that is an
    organization's own. Raises InvalidSchedule where the configuration itself is wrong.
    """
    if after.tzinfo is None:
        raise ValueError("`after` must be aware")
    check_fields(config)
    slots = _fire_times(config, max(after.astimezone(UTC), _EARLIEST), calendar_for(config, calendar))
    return tuple(islice(slots, max(count, 0)))


def check_config(config: ScheduleConfig, calendar: BusinessCalendar | None = None) -> None:
    """Raise InvalidSchedule, with the place and the mend, where `config` cannot be used or would never fire.

    Without the organization's calendar that it names, whether that one lets it fire is left open.
    """
    check_fields(config)
    if calendar is None and config.calendar_id is not None:
        calendar = DatedCalendar(working_week=frozenset(range(1, 8)))
    begin = config.starts_on or date(2000, 1, 1)
    # A day earlier in UTC is before the first local midnight of `begin` everywhere on earth.
    after = datetime(begin.year, begin.month, begin.day, tzinfo=UTC) - timedelta(days=1, seconds=1)
    if next_fire_times(config, after=after, count=1, calendar=calendar):
        return
    raise _never(config)


def _never(config: ScheduleConfig) -> InvalidSchedule:
    """Why a recurrence that can be read does not fire at all."""
    if config.ends_on is not None:
        return InvalidSchedule(
            "This schedule ends before it has run once. Choose a later end.", place="schedule_config.ends_on"
        )
    if config.asks_calendar:
        return InvalidSchedule(
            "This schedule would never run: none of its days is a business day. Move its runs instead of skipping "
            "them, or choose other days.",
            place="schedule_config.business_days",
        )
    if config.cadence is Cadence.CRON:
        return InvalidSchedule(
            f'"{config.cron_expression}" never runs: no such day exists.', place="schedule_config.cron_expression"
        )
    return InvalidSchedule("This schedule would never run before the year 2101.", place="schedule_config")


def _fire_times(config: ScheduleConfig, after: datetime, calendar: BusinessCalendar) -> Iterator[FireTime]:
    """All slots after `after` in order."""
    clock = WallClock(ZoneInfo(config.timezone))
    line = parse_cron(config.cron_expression) if config.cadence is Cadence.CRON and config.cron_expression else None
    by_elapsed_time = line is not None and line.hour_is_star
    offsets = _offsets(config, line)
    # A day back: where a repeated hour lies across midnight, yesterday's second 23:30 comes after today's first 00:00.
    first_on = after.astimezone(clock.zone).date() - timedelta(days=1)
    merge = _Merge(after=after, zone=clock.zone, quiet=frozenset(config.quiet_dates))
    held: list[Slot] = []
    for due in due_days(config, line, calendar, first_on):
        midnight = clock.first_instant(due.on)
        # Not every slot of a day comes before the next day's: an hour repeated across midnight, a slot moved over it.
        ready = [slot for slot in held if slot.at < midnight]
        held = [slot for slot in held if slot.at >= midnight]
        yield from merge(ready)
        if words := moved_words(due, calendar):
            merge.moved[due.on] = words
        held += clock.slots(due.on, offsets, by_elapsed_time=by_elapsed_time)
    yield from merge(held)


def _offsets(config: ScheduleConfig, line: CronLine | None) -> tuple[timedelta, ...]:
    """The times of day, as distances from midnight on the wall clock, in order."""
    if line is not None:
        return tuple(timedelta(hours=h, minutes=m) for h in sorted(line.hours) for m in sorted(line.minutes))
    return tuple(timedelta(hours=t.hour, minutes=t.minute) for t in sorted(set(config.times)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Merge:
    """Makes fire times of slots: one for each instant after `after`, with the notes of all slots that fell on it."""

    after: datetime
    zone: ZoneInfo
    quiet: frozenset[date]  #: asked again here, as a gap can carry a slot into the day after its own
    moved: dict[date, str] = field(default_factory=dict)  #: what the calendar moved to a day, in words

    def __call__(self, slots: list[Slot]) -> Iterator[FireTime]:
        by_instant: dict[datetime, list[Slot]] = {}
        for slot in slots:
            if slot.at > self.after:
                by_instant.setdefault(slot.at, []).append(slot)
        for at in sorted(by_instant):
            local = at.astimezone(self.zone)
            if local.date() > HORIZON_ON:
                return
            if local.date() not in self.quiet:
                yield FireTime(at=at, local=local, note=self._note(by_instant[at], local))

    def _note(self, slots: list[Slot], local: datetime) -> str | None:
        """What happened to the slots of one instant, in words."""
        days = sorted({slot.wall.date() for slot in slots})
        notes = [self.moved[day] for day in days if day in self.moved]
        if (clock_note := _clock_note(slots, local)) is not None:
            notes.append(clock_note)
        return "; ".join(notes) or None


def _clock_note(slots: list[Slot], local: datetime) -> str | None:
    """What a change of the clocks did to the slots of one instant, in words."""
    missing = sorted(slot.wall for slot in slots if slot.is_missing)
    if missing:
        names = [f"{wall:%H:%M}" for wall in missing]
        if len(names) == 1:
            return f"{names[0]} does not exist on this day; runs at {local:%H:%M}"
        listed = f"{names[0]} and {names[1]}" if len(names) == 2 else f"{names[0]} to {names[-1]}"
        return f"{listed} do not exist on this day; runs once at {local:%H:%M}"
    return next((slot.note for slot in slots if slot.note), None)
