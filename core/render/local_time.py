"""Local times of instants beyond what Arrow knows of a zone, and the spans in which clocks show a time twice."""

import functools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_US = 1_000_000
_HOUR_US = 3_600 * _SECOND_US
#: Arrow knows no summer times from here on.
_LATE_US = int(datetime(2037, 1, 1, tzinfo=UTC).timestamp()) * _SECOND_US
#: Years whose local times are written as times of a clock.
_FIRST_YEAR, _LAST_YEAR = 1900, 9998


def local_micros(zoned: pa.Array) -> npt.NDArray[np.int64]:
    """Microseconds since 1970 on the clocks of the array's zone; naive ones as they stand, 0 for nulls."""
    local = pc.local_timestamp(zoned) if zoned.type.tz is not None else zoned
    micros: npt.NDArray[np.int64] = local.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    if zoned.type.tz in (None, "UTC"):
        return micros
    instants = zoned.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    late = instants >= _LATE_US
    if not late.any():
        return micros
    hours, places = np.unique(instants[late] // _HOUR_US, return_inverse=True)  # clocks change on the hour by then
    shifts = np.array([_shift(int(hour) * _HOUR_US, zoned.type.tz) for hour in hours])
    micros = micros.copy()
    known = instants[late] // _HOUR_US * _HOUR_US <= _last_us()
    micros[late] = np.where(known, instants[late] + shifts[places], micros[late])
    return micros


def shown_twice(zoned: pa.Array) -> npt.NDArray[np.bool_]:
    """Which instants from 1900 on share their local time with another one, because clocks went back."""
    twice = np.zeros(len(zoned), bool)
    if zoned.type.tz in (None, "UTC"):
        return twice
    micros = zoned.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    years = np.unique(micros.astype("M8[us]").astype("M8[Y]").astype(np.int64) + 1970)
    for year in years[(years >= _FIRST_YEAR) & (years <= _LAST_YEAR)].tolist():
        for start, end in _repeats(zoned.type.tz, year):
            twice |= (micros >= start) & (micros < end)
    valid: npt.NDArray[np.bool_] = zoned.is_valid().to_numpy(zero_copy_only=False)
    return twice & valid


@functools.lru_cache(maxsize=4096)
def _repeats(timezone: str, year: int) -> tuple[tuple[int, int], ...]:
    """From and until when clocks show each time twice around this year."""
    return tuple(_found_repeats(timezone, year))


def _found_repeats(timezone: str, year: int) -> Iterator[tuple[int, int]]:
    day = int((datetime(year, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds()) * _SECOND_US - 48 * _HOUR_US
    before = _shift(day, timezone)
    for _ in range(370):
        after = _shift(day + 24 * _HOUR_US, timezone)
        if after < before:
            change = _change(day, day + 24 * _HOUR_US, timezone)
            yield change - (before - after), change + (before - after)
        day, before = day + 24 * _HOUR_US, after


def _change(low: int, high: int, timezone: str) -> int:
    """When, between the two, the shift of `high` begins; to the second."""
    after = _shift(high, timezone)
    while high - low > _SECOND_US:
        middle = (low + high) // 2 // _SECOND_US * _SECOND_US
        low, high = (low, middle) if _shift(middle, timezone) == after else (middle, high)
    return high


def _last_us() -> int:
    return int((datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH).total_seconds()) * _SECOND_US


def _shift(micros: int, timezone: str) -> int:
    """Microseconds that local time is from UTC; none in years that `datetime` lacks."""
    try:
        offset = (_EPOCH + timedelta(microseconds=micros)).astimezone(ZoneInfo(timezone)).utcoffset()
    except OverflowError:
        return 0
    return 0 if offset is None else round(offset.total_seconds()) * _SECOND_US
