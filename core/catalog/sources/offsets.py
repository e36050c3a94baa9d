"""The offsets a timezone has in a span of time, from the same database that windows are resolved with."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

#: Two changes this close together are taken for none; the shortest on record are weeks apart.
_STEP = timedelta(days=1)
_LONGEST = timedelta(days=4000)
_FIRST = datetime(1900, 1, 1, tzinfo=UTC)
_LAST = datetime(2200, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=512)
def utc_offsets(timezone: str, starts_at: datetime, ends_at: datetime) -> tuple[tuple[datetime, int], ...] | None:
    """Pairs of (instant until which it holds, seconds east of UTC), the last one until `ends_at`.

    None for spans longer than a decade, where walking through them is no bargain.
    """
    if ends_at - starts_at > _LONGEST:
        return None
    zone = ZoneInfo(timezone)
    at, last = starts_at.astimezone(UTC), ends_at.astimezone(UTC) - timedelta(microseconds=1)
    offsets = []
    while at < last:
        after = min(at + _STEP, last)
        if _seconds(at, zone) != _seconds(after, zone):
            offsets.append((_change(at, after, zone), _seconds(at, zone)))
        at = after
    return (*offsets, (last + timedelta(microseconds=1), _seconds(last, zone)))


@lru_cache(maxsize=64)
def all_utc_offsets(timezone: str) -> tuple[tuple[datetime, int], ...]:
    """As `utc_offsets`, from 1900 to 2200."""
    found: list[tuple[datetime, int]] = []
    at = _FIRST
    while at < _LAST:
        until = min(at + _LONGEST, _LAST)
        for end, seconds in utc_offsets(timezone, at, until) or ():
            if found and found[-1][1] == seconds:
                found.pop()
            found.append((end, seconds))
        at = until
    return tuple(found)


@lru_cache(maxsize=512)
def offsets_within(timezone: str, between: tuple[datetime, datetime] | None) -> tuple[tuple[datetime, int], ...]:
    """As `utc_offsets`, for spans of any length; without one, from 1900 to 2200."""
    if between is None:
        return all_utc_offsets(timezone)
    starts_at, ends_at = between
    offsets = utc_offsets(timezone, starts_at, ends_at)
    if offsets is not None:
        return offsets
    known = all_utc_offsets(timezone)
    first = next((place for place, (until, _) in enumerate(known) if until > starts_at), len(known) - 1)
    last = next((place for place, (until, _) in enumerate(known) if until >= ends_at), len(known) - 1)
    return known[first : last + 1]


def _change(earlier: datetime, later: datetime, zone: ZoneInfo) -> datetime:
    """The instant between the two at which the offset changes, to the second."""
    before = _seconds(earlier, zone)
    while later - earlier > timedelta(seconds=1):
        middle = (earlier + (later - earlier) / 2).replace(microsecond=0)
        middle = max(middle, earlier + timedelta(seconds=1))
        if _seconds(middle, zone) == before:
            earlier = middle
        else:
            later = middle
    return later


def _seconds(instant: datetime, zone: ZoneInfo) -> int:
    return int((instant.astimezone(zone).utcoffset() or timedelta()).total_seconds())
