"""Fire times of every timezone against the minute-by-minute oracle, then the time one call takes.

Zones whose clocks do the same from 2020 to 2037 are walked through once. Around every change of the clocks each minute
of 48 hours to both sides is looked at, and some days elsewhere, for every recurrence of the oracle's test.

python -m bench.fire_times_bench [zone ...]
"""

import random
import sys
import time as stopwatch
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import Pool
from zoneinfo import ZoneInfo

from bench.figures import Figure, table
from core.domain.schedule import BusinessDays, Cadence, ScheduleConfig
from core.domain.timezones import known_timezones
from core.schedules.recurrence import next_fire_times
from tests.recurrence_oracle import Minutes, fires, offset_changes
from tests.unit.test_recurrence_oracle import configs, found_in

FIRST_YEAR, LAST_YEAR = 2020, 2037
AROUND = timedelta(hours=48)
SAMPLES, SAMPLE_LASTS = 4, timedelta(days=5)
PROCESSES = 2
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What was compared in one zone."""

    changes: int
    minutes: int
    slots: int
    differences: tuple[str, ...]


def compare(zone: str) -> Compared:
    """Compare every recurrence in every window of a zone."""
    minutes = slots = 0
    differences = []
    changes = offset_changes(ZoneInfo(zone), FIRST_YEAR, LAST_YEAR)
    for window in _windows(zone, changes):
        minutes += len(window.wall)
        for config in configs(zone):
            expected = [at for at in fires(config, window) if at > window.first]
            slots += len(expected)
            if found_in(config, window, expected) != expected:
                differences.append(f"{zone} {window.first} {config.cron_expression or config}")
    return Compared(changes=len(changes), minutes=minutes, slots=slots, differences=tuple(differences))


def _windows(zone: str, changes: list[datetime]) -> Iterator[Minutes]:
    """The minutes around each change, and some elsewhere."""
    place, rng = ZoneInfo(zone), random.Random(zone)
    for change in changes:
        yield Minutes(place, change - AROUND, change + AROUND)
    begin = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    days = (datetime(LAST_YEAR, 12, 25, tzinfo=UTC) - begin).days
    for _ in range(SAMPLES):
        start = begin + timedelta(days=rng.randrange(days), minutes=rng.randrange(1440))
        yield Minutes(place, start, start + SAMPLE_LASTS)


def different_zones() -> list[str]:
    """One zone of each that behave alike: the same offsets, changed at the same instants."""
    alike: dict[tuple[object, ...], str] = {}
    begin = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    for name in sorted(known_timezones()):
        zone = ZoneInfo(name)
        moments = [begin, *offset_changes(zone, FIRST_YEAR, LAST_YEAR)]
        alike.setdefault(tuple((at, at.astimezone(zone).utcoffset()) for at in moments), name)
    return list(alike.values())


def call_times() -> Iterator[Figure]:
    """Milliseconds for the next 100 slots of a few recurrences."""
    after = datetime(2026, 11, 23, 8, tzinfo=UTC)
    moved = {"business_days": BusinessDays.PREVIOUS, "calendar": "US"}
    for label, fields in (
        ("daily", {"cadence": Cadence.DAILY}),
        ("daily, moved by a calendar", {"cadence": Cadence.DAILY, **moved}),
        ("monthly", {"cadence": Cadence.MONTHLY, "day_of_month": 31}),
        ("monthly, moved by a calendar", {"cadence": Cadence.MONTHLY, "day_of_month": 31, **moved}),
        ("cron * * * * *", {"cadence": Cadence.CRON, "cron_expression": "* * * * *"}),
        ("cron * * * * *, moved by a calendar", {"cadence": Cadence.CRON, "cron_expression": "* * * * *", **moved}),
        ("cron 0 0 29 2 */7", {"cadence": Cadence.CRON, "cron_expression": "0 0 29 2 */7"}),
    ):
        config = ScheduleConfig(timezone="Europe/Berlin", **fields)
        next_fire_times(config, after=after, count=100)
        begun = stopwatch.perf_counter()
        for _ in range(20):
            next_fire_times(config, after=after, count=100)
        yield Figure(
            name=f"next 100 slots: {label}", measured=(stopwatch.perf_counter() - begun) / 20 * 1000, unit="ms"
        )


def main(names: list[str]) -> int:
    """Compare, time, and answer 1 where something differs."""
    begun = stopwatch.perf_counter()
    zones = names or different_zones()
    with Pool(PROCESSES) as pool:
        results = pool.map(compare, zones, chunksize=1)
    took = stopwatch.perf_counter() - begun
    differences = [difference for result in results for difference in result.differences]
    figures = [
        Figure(name="zones, those that behave alike once", measured=len(zones), unit=""),
        Figure(name="recurrences in each", measured=len(configs("UTC")), unit=""),
        Figure(name="changes of the clocks", measured=sum(result.changes for result in results), unit=""),
        Figure(name="minutes walked through", measured=sum(result.minutes for result in results) / 1e6, unit="million"),
        Figure(name="slots compared", measured=sum(result.slots for result in results) / 1e6, unit="million"),
        Figure(name="differences", measured=len(differences), unit="", limit=0.5),
        Figure(name=f"the whole walk, {PROCESSES} processes", measured=took, unit="s"),
        *call_times(),
    ]
    print(table(figures))
    for difference in differences[:MOST_SHOWN]:
        print(f"\ndiffers: {difference}")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
