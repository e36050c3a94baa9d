"""Fire times of every timezone against the minute-by-minute oracle, then the time one call takes.

python -m bench.fire_times_bench [first_year last_year [zone ...]]
"""

import sys
import time as stopwatch
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from core.domain.schedule import Cadence, ScheduleConfig
from core.schedules.check import known_timezones
from core.schedules.recurrence import next_fire_times
from tests.recurrence_oracle import fires, local_minutes, offset_changes
from tests.unit.test_recurrence_oracle import configs


def compare(zone: str, first_year: int, last_year: int) -> tuple[int, list[str]]:
    """Windows compared and the configurations that differ."""
    place, differences = ZoneInfo(zone), []
    changes = offset_changes(place, first_year, last_year)
    for change in changes:
        minutes = local_minutes(place, change - timedelta(hours=26), change + timedelta(hours=27))
        first, last = minutes[0][0], minutes[-1][0]
        for config in configs(zone):
            expected = [at for at in fires(config, minutes) if at > first]
            found = [slot.at for slot in next_fire_times(config, after=first, count=len(expected) + 1)]
            if [at for at in found if at <= last] != expected:
                differences.append(f"{zone} {change} {config.cron_expression or config}")
    return len(changes), differences


def time_calls() -> None:
    """Milliseconds for the next 100 slots of a few schedules."""
    after = datetime(2026, 11, 23, 8, tzinfo=UTC)
    for label, fields in (
        ("daily", {"cadence": Cadence.DAILY}),
        ("weekly", {"cadence": Cadence.WEEKLY, "days_of_week": (1, 4)}),
        ("monthly", {"cadence": Cadence.MONTHLY, "day_of_month": 31}),
        ("cron * * * * *", {"cadence": Cadence.CRON, "cron_expression": "* * * * *"}),
        ("cron 0 0 29 2 mon", {"cadence": Cadence.CRON, "cron_expression": "0 0 29 2 */7"}),
    ):
        config = ScheduleConfig(timezone="Europe/Berlin", **fields)
        begun = stopwatch.perf_counter()
        for _ in range(20):
            next_fire_times(config, after=after, count=100)
        print(f"{label:20} {(stopwatch.perf_counter() - begun) / 20 * 1000:8.2f} ms for 100 slots")


def main(arguments: list[str]) -> int:
    """Compare, time, and answer 1 where something differs."""
    first_year, last_year = (int(year) for year in arguments[:2]) if len(arguments) >= 2 else (2024, 2028)
    zones = arguments[2:] or sorted(known_timezones())
    windows, differences = 0, []
    for zone in zones:
        compared, wrong = compare(zone, first_year, last_year)
        windows += compared
        differences += wrong
    print(
        f"{len(zones)} zones, {windows} clock changes from {first_year} to {last_year}: {len(differences)} differences"
    )
    for difference in differences[:50]:
        print("  " + difference)
    time_calls()
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
