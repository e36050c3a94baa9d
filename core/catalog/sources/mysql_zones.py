"""Local times for servers that know no timezones: the instants at which a zone's offset changes, as one expression.

MySQL and MariaDB convert times by name only where somebody loaded the tables, and only from 1970 to 2038; outside they
hand back null or the time as it was.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, DateTime
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from core.catalog.sources.offsets import utc_offsets

_FIRST = datetime(1900, 1, 1, tzinfo=UTC)
_LAST = datetime(2200, 1, 1, tzinfo=UTC)
_STEP = timedelta(days=3650)


def local_time(
    column: ColumnElement[Any], timezone: str, between: tuple[datetime, datetime] | None
) -> ColumnElement[Any]:
    """The wall clock of `timezone`, exact from 1900 to 2200, or in the span that all values are known to lie in."""
    known = utc_offsets(timezone, *between) if between is not None else None
    return LocalTime(column, known or _offsets_within(timezone, between))


def _offsets_within(timezone: str, between: tuple[datetime, datetime] | None) -> tuple[tuple[datetime, int], ...]:
    """As `utc_offsets`, for spans of any length; without one, over three centuries."""
    known = _all_offsets(timezone)
    if between is None:
        return known
    starts_at, ends_at = between
    first = next((place for place, (until, _) in enumerate(known) if until > starts_at), len(known) - 1)
    last = next((place for place, (until, _) in enumerate(known) if until >= ends_at), len(known) - 1)
    return known[first : last + 1]


@lru_cache(maxsize=64)
def _all_offsets(timezone: str) -> tuple[tuple[datetime, int], ...]:
    """As `utc_offsets`, over three centuries."""
    found: list[tuple[datetime, int]] = []
    at = _FIRST
    while at < _LAST:
        until = min(at + _STEP, _LAST)
        for end, seconds in utc_offsets(timezone, at, until) or ():
            if found and found[-1][1] == seconds:
                found.pop()
            found.append((end, seconds))
        at = until
    return tuple(found)


class LocalTime(FunctionElement[datetime]):
    """The wall clock of a place. One element, however many changes of the offset its text tells apart."""

    inherit_cache = False
    type = DateTime()

    def __init__(self, column: ColumnElement[Any], offsets: tuple[tuple[datetime, int], ...]) -> None:
        self.offsets = offsets
        super().__init__(column)


@compiles(LocalTime)
def _written(element: LocalTime, compiler: SQLCompiler, **given: Any) -> str:
    (column,) = element.clauses
    return _choice(compiler.process(column, **given), element.offsets)


def _choice(column: str, offsets: tuple[tuple[datetime, int], ...]) -> str:
    """A tree of comparisons: nine for a zone that changes twice a year, where a list would take hundreds."""
    if len(offsets) == 1:
        seconds = offsets[0][1]
        return f"timestampadd(SECOND, {seconds}, {column})" if seconds else column
    middle = len(offsets) // 2
    until = offsets[middle - 1][0].astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    before, after = _choice(column, offsets[:middle]), _choice(column, offsets[middle:])
    return f"CASE WHEN ({column} < TIMESTAMP'{until}') THEN {before} ELSE {after} END"
