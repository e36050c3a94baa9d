"""When a schedule fires: pure functions from a recurrence to instants, without a clock and without a database."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from core.domain.schedule import Cadence, FireTime, ScheduleConfig
from core.errors import InvalidSchedule
from core.schedules.check import check_fields
from core.schedules.cron import CronLine, parse_cron
from core.schedules.days import HORIZON_ON, matching_days
from core.schedules.wall_clock import Slot, WallClock

_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


def next_fire_times(config: ScheduleConfig, *, after: datetime, count: int) -> tuple[FireTime, ...]:
    """The next `count` slots strictly after `after` (aware), in order; fewer where the schedule or the year 2100 ends.

    A wall-clock time that does not exist fires once, at the first valid instant; one that exists twice fires at the
    first. A cron line whose hour starts with `*` runs by elapsed time: at every instant whose local time matches, so
    in both of two equal hours and not at all for an hour that is left out (crontab(5)). Slots that fall on the same
    instant are one slot. Raises InvalidSchedule where the configuration itself is wrong.
    """
    if after.tzinfo is None:
        raise ValueError("`after` must be aware")
    check_fields(config)
    return tuple(islice(_fire_times(config, max(after.astimezone(UTC), _EARLIEST)), max(count, 0)))


def check_config(config: ScheduleConfig) -> None:
    """Raise InvalidSchedule, with the place and the mend, where `config` cannot be used or would never fire."""
    check_fields(config)
    begin = config.starts_on or date(2000, 1, 1)
    # A day earlier in UTC is before the first local midnight of `begin` everywhere on earth.
    after = datetime(begin.year, begin.month, begin.day, tzinfo=UTC) - timedelta(days=1, seconds=1)
    if next_fire_times(config, after=after, count=1):
        return
    if config.ends_on is not None:
        raise InvalidSchedule(
            "This schedule ends before it has run once. Choose a later end.", place="schedule_config.ends_on"
        )
    if config.cadence is Cadence.CRON:
        raise InvalidSchedule(
            f'"{config.cron_expression}" never runs: no such day exists.', place="schedule_config.cron_expression"
        )
    raise InvalidSchedule("This schedule would never run before the year 2101.", place="schedule_config")


def _fire_times(config: ScheduleConfig, after: datetime) -> Iterator[FireTime]:
    """All slots after `after` in order."""
    clock = WallClock(ZoneInfo(config.timezone))
    line = parse_cron(config.cron_expression) if config.cadence is Cadence.CRON and config.cron_expression else None
    by_elapsed_time = line is not None and line.hour_is_star
    offsets = _offsets(config, line)
    # A day back: where a repeated hour lies across midnight, yesterday's second 23:30 comes after today's first 00:00.
    first_on = after.astimezone(clock.zone).date() - timedelta(days=1)
    held: list[Slot] = []
    for day in matching_days(config, line, first_on):
        midnight = clock.first_instant(day)
        # Not every slot of a day comes before the next day's: an hour repeated across midnight, a slot moved over it.
        ready = [slot for slot in held if slot.at < midnight]
        held = [slot for slot in held if slot.at >= midnight]
        yield from _merged(ready, after, clock.zone)
        held += clock.slots(day, offsets, by_elapsed_time=by_elapsed_time)
    yield from _merged(held, after, clock.zone)


def _offsets(config: ScheduleConfig, line: CronLine | None) -> tuple[timedelta, ...]:
    """The times of day, as distances from midnight on the wall clock, in order."""
    if line is not None:
        return tuple(timedelta(hours=h, minutes=m) for h in sorted(line.hours) for m in sorted(line.minutes))
    return tuple(timedelta(hours=t.hour, minutes=t.minute) for t in sorted(set(config.times)))


def _merged(slots: list[Slot], after: datetime, zone: ZoneInfo) -> Iterator[FireTime]:
    """One fire time for each instant after `after`, with the notes of all slots that fell on it."""
    by_instant: dict[datetime, list[Slot]] = {}
    for slot in slots:
        if slot.at > after:
            by_instant.setdefault(slot.at, []).append(slot)
    for at in sorted(by_instant):
        local = at.astimezone(zone)
        if local.date() > HORIZON_ON:
            return
        yield FireTime(at=at, local=local, note=_note(by_instant[at], local))


def _note(slots: list[Slot], local: datetime) -> str | None:
    """What happened to the slots of one instant, in words."""
    missing = sorted(slot.wall for slot in slots if slot.is_missing)
    if missing:
        names = [f"{wall:%H:%M}" for wall in missing]
        if len(names) == 1:
            return f"{names[0]} does not exist on this day; runs at {local:%H:%M}"
        listed = f"{names[0]} and {names[1]}" if len(names) == 2 else f"{names[0]} to {names[-1]}"
        return f"{listed} do not exist on this day; runs once at {local:%H:%M}"
    return next((slot.note for slot in slots if slot.note), None)
