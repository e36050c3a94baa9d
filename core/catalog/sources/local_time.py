"""The wall clock of a place by the offsets that windows are resolved with, as one element that writes its own text.

Servers know other offsets than we do, or none at all. As an expression of many small ones, the choice among a zone's
offsets would take most of the time that a statement takes to be built.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnClause, ColumnElement, DateTime
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from core.catalog.sources.offsets import offsets_within

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: A microsecond before every instant.
_BEFORE_ALL = -(2**62)

#: Stands for the column in a text that is being made.
_COLUMN = "\0"

#: The instant until which an offset holds, and the seconds east of UTC.
Offsets = Sequence[tuple[datetime, int]]


class LocalTime(FunctionElement[datetime]):
    """The wall clock of `timezone`, exact from 1900 to 2200, or in the span that all values are known to lie in."""

    inherit_cache = False
    type = DateTime()

    def __init__(
        self, column: ColumnElement[Any], timezone: str, between: tuple[datetime, datetime] | None = None
    ) -> None:
        self.timezone = timezone
        self.span = between
        super().__init__(column)


@compiles(LocalTime, "duckdb", "mysql", "clickhouse")
def _written(element: LocalTime, compiler: SQLCompiler, **given: Any) -> str:
    """A plain column is written once. Anything else may hold bound values: it is written for each place anew."""
    (column,) = element.clauses
    pieces = local_time_pieces(compiler.dialect.name, element.timezone, element.span)
    text = compiler.process(column, **given)
    if isinstance(column, ColumnClause):
        return text.join(pieces)
    first, *others = pieces[1:]
    return pieces[0] + text + first + "".join(compiler.process(column, **given) + piece for piece in others)


@lru_cache(maxsize=512)
def local_time_pieces(engine: str, timezone: str, between: tuple[datetime, datetime] | None) -> tuple[str, ...]:
    """What stands around the column, which comes between any two pieces."""
    return tuple(_TEXTS[engine](offsets_within(timezone, between)).split(_COLUMN))


def _choice(offsets: Offsets, instant: str, shifted: Callable[[int], str]) -> str:
    """A tree of comparisons: nine for a zone that changes twice a year, where a list would take hundreds."""
    if len(offsets) == 1:
        return shifted(offsets[0][1])
    middle = len(offsets) // 2
    # Offsets change at whole seconds.
    until = offsets[middle - 1][0].astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    before, after = (_choice(half, instant, shifted) for half in (offsets[:middle], offsets[middle:]))
    return f"CASE WHEN ({_COLUMN} < {instant.format(until)}) THEN {before} ELSE {after} END"


def _duckdb_text(offsets: Offsets) -> str:
    return _choice(offsets, "TIMESTAMP '{}'", lambda seconds: f"{_COLUMN} + to_seconds({seconds})")


def _mysql_text(offsets: Offsets) -> str:
    return _choice(
        offsets,
        "TIMESTAMP'{}'",
        lambda seconds: f"timestampadd(SECOND, {seconds}, {_COLUMN})" if seconds else _COLUMN,
    )


def _clickhouse_text(offsets: Offsets) -> str:
    """`roundDown` finds the last change of the offset by halving, so that many of them cost little more than few."""
    # UTC too is said: a column may have a zone of its own.
    instant = f"toDateTime64({_COLUMN}, 6, 'UTC')"
    if len(offsets) == 1:
        return f"plus({instant}, toIntervalSecond({offsets[0][1]}))"
    micros = [(until - _EPOCH) // timedelta(seconds=1) * 1_000_000 for until, _ in offsets[:-1]]
    changes = ", ".join(map(str, [_BEFORE_ALL, *micros]))
    seconds = ", ".join(str(seconds) for _, seconds in offsets)
    place = f"roundDown(toUnixTimestamp64Micro({instant}), [{changes}])"
    return f"plus({instant}, toIntervalSecond(transform({place}, [{changes}], [{seconds}], 0)))"


_TEXTS: dict[str, Callable[[Offsets], str]] = {
    "duckdb": _duckdb_text,
    "mysql": _mysql_text,
    "clickhouse": _clickhouse_text,
}
