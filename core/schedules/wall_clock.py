"""Wall-clock times of a zone as instants, through gaps and repeated hours; knows nothing of schedules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A wall-clock time and the instant it stands for."""

    at: datetime  #: UTC
    wall: datetime  #: naive, what the schedule says
    is_missing: bool = False  #: a gap left it out; `at` is the first instant after the gap
    note: str | None = None


class WallClock:
    """Turns the wall-clock times of one zone into instants."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone

    def first_instant(self, day: date) -> datetime:
        """The first instant in UTC at which the wall clock shows `day` or a later one."""
        return self._once(datetime.combine(day, time())).at

    def slots(self, day: date, offsets: Sequence[timedelta], *, by_elapsed_time: bool) -> Iterator[Slot]:
        """The slots of the wall-clock times `offsets` after midnight of `day`.

        `by_elapsed_time`: both instants of a repeated time and none of a missing one; otherwise one of each.
        """
        midnight = datetime.combine(day, time())
        offset = self._fixed_offset(midnight)
        for distance in offsets:
            wall = midnight + distance
            if offset is not None:
                yield Slot(at=(wall - offset).replace(tzinfo=UTC), wall=wall)
            elif by_elapsed_time:
                yield from self._every(wall)
            else:
                yield self._once(wall)

    def _fixed_offset(self, midnight: datetime) -> timedelta | None:
        """The offset that holds all day, or None where the clock is changed on this day or next to it.

        Looking a day to both sides keeps the shortcut away from changes near midnight.
        """
        offsets = {(midnight + n * _DAY).replace(tzinfo=self.zone).utcoffset() for n in (-1, 0, 1, 2)}
        return offsets.pop() if len(offsets) == 1 else None

    def _instants(self, wall: datetime) -> tuple[datetime, datetime]:
        """The instants of `wall` read with the offset before and with the offset after a change."""
        before = wall.replace(tzinfo=self.zone).astimezone(UTC)
        after = wall.replace(tzinfo=self.zone, fold=1).astimezone(UTC)
        return before, after

    def _exists(self, wall: datetime, at: datetime) -> bool:
        """Whether the clock shows `wall` at `at`."""
        return at.astimezone(self.zone).replace(tzinfo=None, fold=0) == wall

    def _every(self, wall: datetime) -> Iterator[Slot]:
        """Each instant at which the clock shows `wall`."""
        before, after = self._instants(wall)
        if before == after:
            yield Slot(at=before, wall=wall)
        elif self._exists(wall, before):
            yield Slot(at=before, wall=wall, note=f"{wall:%H:%M} comes twice on this day; this is the first")
            yield Slot(at=after, wall=wall, note=f"{wall:%H:%M} comes twice on this day; this is the second")

    def _once(self, wall: datetime) -> Slot:
        """The first instant at which the clock shows `wall`, or the first after the gap that left it out."""
        before, after = self._instants(wall)
        if before == after:
            return Slot(at=before, wall=wall)
        if self._exists(wall, before):
            return Slot(at=before, wall=wall, note=f"{wall:%H:%M} comes twice on this day; runs at the first")
        return Slot(at=self._end_of_gap(after, before), wall=wall, is_missing=True)

    def _end_of_gap(self, low: datetime, high: datetime) -> datetime:
        """The instant of the change in (low, high]: `low` still has the old offset, `high` the new one."""
        new_offset = high.astimezone(self.zone).utcoffset()
        while high - low > _SECOND:
            middle = low + (high - low) // 2
            middle = middle.replace(microsecond=0)
            if middle.astimezone(self.zone).utcoffset() == new_offset:
                high = middle
            else:
                low = middle
        return high
