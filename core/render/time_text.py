"""Exact text of days and instants: ISO 8601, with the offset of the report's timezone."""

import functools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.render.cell_text import TEXT, text_scalar

_FIRST_OFFSET_DAY = datetime(
    1920, 1, 1, tzinfo=UTC
)  #: offsets have whole minutes from here on (Liberia aside: until 1972)
_LAST_OFFSET_DAY = datetime(2037, 1, 1, tzinfo=UTC)  #: Arrow knows no summer times later on, `zoneinfo` does
#: The days around them, since 1970: local times may lie on the day before or after.
_FIRST_DAY, _LAST_DAY = -18_264, 24_472
_DAY_S = 86_400
_MOST_MINUTES = 24 * 60  #: that a local time is from UTC
_SECONDS_END = 19  #: of an ISO instant
_WHOLE_MINUTES_ONLY_LATER = frozenset({"Africa/Monrovia", "Liberia"})


def day_text(array: pa.Array) -> pa.Array:
    """Days as ISO 8601. Nulls stay."""
    days = array.cast(pa.date32())
    text = days.cast(TEXT)
    beyond = pc.starts_with(text, "<")  # Arrow writes the years up to 32,767
    if not pc.any(beyond).as_py():
        return text
    numbers = days.filter(beyond).cast(pa.int32()).to_numpy()
    return pc.replace_with_mask(text, beyond, pa.array([str(np.datetime64(int(day), "D")) for day in numbers], TEXT))


def instant_text(array: pa.Array, timezone: str) -> pa.Array:
    """Instants as ISO 8601 with the offset of `timezone`, microseconds only where a cell has any. Nulls stay."""
    zoned = array.cast(pa.timestamp("us", tz=timezone if array.type.tz is not None else None))
    micros = zoned.cast(pa.int64())
    low, high = pc.min_max(micros).as_py().values()
    ordinary = low is None or (
        low >= _microseconds(_FIRST_OFFSET_DAY)
        and high < _microseconds(_LAST_OFFSET_DAY)
        and timezone not in _WHOLE_MINUTES_ONLY_LATER
    )
    if not ordinary:
        return pa.array([_slow_instant(value, zoned.type.tz) for value in micros.to_pylist()], TEXT)
    local = pc.local_timestamp(zoned) if zoned.type.tz not in (None, "UTC") else zoned
    here = local.cast(pa.int64())
    shifts = None if zoned.type.tz is None else pc.subtract(here, micros).fill_null(0).to_numpy() // 60_000_000
    text = _whole_seconds(here.fill_null(0).to_numpy(), shifts)
    fractional = pa.array(here.fill_null(0).to_numpy() % 1_000_000 != 0)
    if pc.any(fractional).as_py():
        text = pc.replace_with_mask(text, fractional, _with_fractions(here.filter(fractional), text.filter(fractional)))
    return pc.if_else(micros.is_valid(), text, pa.scalar(None, TEXT)) if micros.null_count else text


def _whole_seconds(local: "np.ndarray", shifts: "np.ndarray | None") -> pa.Array:
    """Microseconds of local time without their fractions, with `shifts` from UTC in minutes where there are any.

    There are few days, clocks and shifts: each is written once, and copied to where it belongs.
    """
    days, clock = np.divmod(local // 1_000_000, _DAY_S)
    parts = [_days()[days - _FIRST_DAY], _clocks()[clock]]
    if shifts is not None:
        parts.append(_shifts()[shifts + _MOST_MINUTES])
    rows = np.empty(len(local), [(str(place), part.dtype) for place, part in enumerate(parts)])
    for place, part in enumerate(parts):
        rows[str(place)] = part
    ends = np.arange(len(rows) + 1, dtype=np.int64) * rows.itemsize
    return pa.Array.from_buffers(TEXT, len(rows), [None, pa.py_buffer(ends), pa.py_buffer(rows)])


def _with_fractions(local: pa.Array, whole: pa.Array) -> pa.Array:
    """`whole` with all six digits of the fractions of `local`."""
    digits = local.cast(pa.timestamp("us")).cast(TEXT)
    return pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(whole, 0, _SECONDS_END),
        pc.utf8_slice_codeunits(digits, _SECONDS_END),
        pc.utf8_slice_codeunits(whole, _SECONDS_END),
        text_scalar(""),
    )


@functools.cache
def _days() -> "np.ndarray":
    """Every day that is ordinary somewhere on Earth, from `_FIRST_DAY` on."""
    return np.datetime_as_string(np.arange(_FIRST_DAY, _LAST_DAY + 1).astype("M8[D]"), unit="D").astype("S10")


@functools.cache
def _clocks() -> "np.ndarray":
    """Every second of a day, behind a T."""
    instants = np.datetime_as_string(np.arange(_DAY_S).astype("M8[s]"), unit="s").astype("S19")
    return instants.view("S1").reshape(-1, 19)[:, 10:].copy().view("S9").ravel()


@functools.cache
def _shifts() -> "np.ndarray":
    """Every shift from UTC to the minute, from the westernmost on."""
    minutes = range(-_MOST_MINUTES, _MOST_MINUTES + 1)
    return np.array([f"{'-' if each < 0 else '+'}{abs(each) // 60:02d}:{abs(each) % 60:02d}" for each in minutes], "S6")


def _microseconds(instant: datetime) -> int:
    return int(instant.timestamp()) * 1_000_000


def _slow_instant(micros: int | None, timezone: str | None) -> str | None:
    """One instant in full: offsets with seconds, and years that `datetime` lacks (those in UTC)."""
    if micros is None:
        return None
    try:
        naive = datetime(1970, 1, 1) + timedelta(microseconds=micros)  # noqa: DTZ001 - the zone follows
        zoned = naive.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)) if timezone else naive
        return zoned.isoformat()
    except OverflowError:
        return f"{np.datetime64(micros, 'us')}" + ("+00:00" if timezone else "")
