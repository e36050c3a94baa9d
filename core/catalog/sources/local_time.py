"""The wall clock of a place by the offsets that windows are resolved with, as one element that writes its own text.

Servers know other offsets than we do, or none at all. As an expression of many small ones, the choice among a zone's
offsets would take most of the time that a statement takes to be built.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import ColumnClause, ColumnElement, DateTime
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from core.catalog.sources.offsets import offsets_within

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: A microsecond before every instant.
_BEFORE_ALL = -(2**62)

#: Text of the instant until which an offset holds, and the seconds east of UTC.
Changes = Sequence[tuple[str, int]]


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


@compiles(LocalTime, "duckdb")
def _in_duckdb(element: LocalTime, compiler: SQLCompiler, **given: Any) -> str:
    return duckdb_text(_column(element, compiler, given), changes_of(element.timezone, element.span))


@compiles(LocalTime, "mysql")
def _in_mysql(element: LocalTime, compiler: SQLCompiler, **given: Any) -> str:
    column, changes = _column(element, compiler, given), changes_of(element.timezone, element.span)
    return _choice(column, changes, "TIMESTAMP'{}'", _mysql_shifted)


@compiles(LocalTime, "clickhouse")
def _in_clickhouse(element: LocalTime, compiler: SQLCompiler, **given: Any) -> str:
    column = _column(element, compiler, given)
    text, *pieces = _clickhouse_pieces(element.timezone, element.span)
    for piece in pieces:
        # UTC too is said: a column may have a zone of its own.
        text += f"toDateTime64({column()}, 6, 'UTC'){piece}"
    return text


def duckdb_text(column: Callable[[], str], changes: Changes) -> str:
    """DuckDB's text; `column` gives that of the column, for each place anew."""
    return _choice(column, changes, "TIMESTAMP '{}'", _duckdb_shifted)


@lru_cache(maxsize=512)
def changes_of(timezone: str, between: tuple[datetime, datetime] | None) -> Changes:
    """The offsets of a zone in a span, or over three centuries. They change at whole seconds."""
    offsets = offsets_within(timezone, between)
    return tuple((until.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"), seconds) for until, seconds in offsets)


def _column(element: LocalTime, compiler: SQLCompiler, given: dict[str, Any]) -> Callable[[], str]:
    """Gives the text of the column. Anything but a plain one may hold bound values: it is written for each place."""
    (column,) = element.clauses
    write = partial(compiler.process, column, **given)
    if not isinstance(column, ColumnClause):
        return write
    text = write()
    return lambda: text


def _choice(column: Callable[[], str], changes: Changes, instant: str, shifted: Callable[[str, int], str]) -> str:
    """A tree of comparisons: nine for a zone that changes twice a year, where a list would take hundreds."""
    if len(changes) == 1:
        return shifted(column(), changes[0][1])
    middle = len(changes) // 2
    condition = f"{column()} < {instant.format(changes[middle - 1][0])}"
    before, after = (_choice(column, half, instant, shifted) for half in (changes[:middle], changes[middle:]))
    return f"CASE WHEN ({condition}) THEN {before} ELSE {after} END"


def _duckdb_shifted(column: str, seconds: int) -> str:
    return f"{column} + to_seconds({seconds})"


def _mysql_shifted(column: str, seconds: int) -> str:
    return f"timestampadd(SECOND, {seconds}, {column})" if seconds else column


@lru_cache(maxsize=64)
def _clickhouse_pieces(timezone: str, between: tuple[datetime, datetime] | None) -> tuple[str, ...]:
    """What stands around the column in UTC, which comes between any two pieces.

    `roundDown` finds the last change of the offset by halving, so that many of them cost little more than few.
    """
    offsets = offsets_within(timezone, between)
    if len(offsets) == 1:
        return "plus(", f", toIntervalSecond({offsets[0][1]}))"
    micros = [(until - _EPOCH) // timedelta(seconds=1) * 1_000_000 for until, _ in offsets[:-1]]
    changes = ", ".join(map(str, [_BEFORE_ALL, *micros]))
    seconds = ", ".join(str(seconds) for _, seconds in offsets)
    last = f"), [{changes}]), [{changes}], [{seconds}], 0)))"
    return "plus(", ", toIntervalSecond(transform(roundDown(toUnixTimestamp64Micro(", last
