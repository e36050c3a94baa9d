"""Exact text of days and instants: ISO 8601, with the offset of the report's timezone."""

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
_WHOLE_MINUTES_ONLY_LATER = frozenset({"Africa/Monrovia", "Liberia"})


def day_text(array: pa.Array) -> pa.Array:
    """Days as ISO 8601. Nulls stay."""
    return array.cast(pa.date32()).cast(TEXT)


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
    local = pc.local_timestamp(zoned) if zoned.type.tz is not None else zoned
    text = local.cast(pa.timestamp("s"), safe=False).cast(TEXT)
    fractional = pa.array(micros.fill_null(0).to_numpy() % 1_000_000 != 0)
    if pc.any(fractional).as_py():
        text = pc.if_else(fractional, local.cast(TEXT), text)
    text = pc.binary_replace_slice(text, 10, 11, "T")
    if zoned.type.tz is None:
        return text
    return pc.binary_join_element_wise(text, _offsets(pc.subtract(local.cast(pa.int64()), micros)), text_scalar(""))


def _offsets(shifts: pa.Array) -> pa.Array | pa.Scalar:
    """Shifts from UTC in microseconds as "+01:00"; there are few different ones, each is written once."""
    written = shifts.dictionary_encode()
    minutes = [(abs(shift) // 60_000_000, "-" if shift < 0 else "+") for shift in written.dictionary.to_pylist()]
    texts = pa.array([f"{sign}{minute // 60:02d}:{minute % 60:02d}" for minute, sign in minutes], TEXT)
    return texts[0] if len(texts) == 1 else texts.take(written.indices)


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
