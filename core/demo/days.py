"""Days of the demo's history: which ones a table covers, how busy each is, and at what time of day things happen."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from core.demo.randomness import Draws, Floats, Ints

#: The first day anything in the demo happened.
FIRST_DAY = date(2019, 1, 1)
#: The earliest "today": a full history has to fit after `FIRST_DAY`.
EARLIEST_TODAY = FIRST_DAY + timedelta(days=1096)

_UNIX_EPOCH = date(1970, 1, 1)
_DAYS_A_YEAR = 365.2425
_MONTH_STARTS = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334], dtype=np.float64)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _UNIX_EPOCH).days


def days_up_to(today: date, *, count: int) -> Ints:
    """The numbers of the `count` days that end with `today`."""
    last = day_number(today)
    return np.arange(last - count + 1, last + 1, dtype=np.int64)


def weekdays(days: Ints) -> Ints:
    """0 for Monday to 6 for Sunday."""
    return (days + 3) % 7


def years(days: Ints) -> Ints:
    """The calendar year of each day."""
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def months(days: Ints) -> Ints:
    """The month of each day, 1 to 12."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1


def days_of_year(days: Ints) -> Ints:
    """0 for 1 January."""
    dates = days.astype("datetime64[D]")
    return np.asarray(dates - dates.astype("datetime64[Y]"), dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How busy days are: a base count with yearly growth, a season and a weekly pattern."""

    base: float  #: rows a day at the start of 2026
    growth: float  #: per year, 0.1 = +10%
    weekday: tuple[float, ...]  #: factor for Monday to Sunday
    month: tuple[float, ...]  #: factor in the middle of January to December
    noise: float = 0.08  #: largest relative deviation of a day

    def counts(self, days: Ints, *, seed: int, table: str, factor: Floats | float = 1.0) -> Ints:
        """Rows of each day, at least one."""
        noise = Draws(seed=seed, table=f"{table}.day", days=days, rows=np.zeros_like(days)).uniform("noise")
        age = np.clip((days - day_number(date(2026, 1, 1))) / _DAYS_A_YEAR, -4.0, 6.0)
        season = np.interp(days_of_year(days), _MONTH_STARTS + 15.0, self.month, period=_DAYS_A_YEAR)
        busy = self.base * (1.0 + self.growth) ** age * season * np.take(self.weekday, weekdays(days)) * factor
        return np.asarray(np.maximum(np.rint(busy * (1.0 + self.noise * (2.0 * noise - 1.0))), 1), dtype=np.int64)


def rows_of_days(days: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """For each row its day and its number within that day, counted from 0."""
    starts = np.cumsum(counts) - counts
    return np.repeat(days, counts), np.arange(int(counts.sum()), dtype=np.int64) - np.repeat(starts, counts)


def seconds_of_day(draws: Draws, hours: tuple[float, ...], *, utc_offset_h: Ints | int = 0) -> Ints:
    """Seconds since midnight UTC, with `hours` the weights of the 24 local hours."""
    hour = (draws.choice("hour", hours) - utc_offset_h) % 24
    return hour * 3600 + draws.below("second", 3600)
