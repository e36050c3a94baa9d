"""Local times in DuckDB: its own way where it knows a zone as we do, else by the offsets that we know."""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import duckdb
from sqlalchemy import ColumnElement, DateTime, case, cast, func, literal_column, select

from core.catalog.sources.offsets import all_utc_offsets

#: Far enough apart to be quick, close enough for changes that DuckDB alone knows: the shortest last a month.
_PROBES = "generate_series(TIMESTAMP '1900-01-01', TIMESTAMP '2199-12-31', INTERVAL 10 DAY)"


def own_local(column: ColumnElement[Any], timezone: str) -> ColumnElement[Any]:
    """The wall clock of `timezone` as DuckDB knows it; the cast is for aware columns, it is dropped for naive ones."""
    return func.timezone(timezone, func.timezone("UTC", cast(column, DateTime)))


def by_offsets(column: ColumnElement[Any], offsets: Sequence[tuple[datetime, int]]) -> ColumnElement[Any]:
    """The wall clock by pairs of (instant until which it holds, seconds east of UTC).

    A tree of comparisons: nine for a zone that changes twice a year, where a list would take hundreds.
    """
    if len(offsets) == 1:
        return column + func.to_seconds(literal_column(str(offsets[0][1])))
    middle = len(offsets) // 2
    until = offsets[middle - 1][0].astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    is_before = column < literal_column(f"TIMESTAMP '{until}'")
    return case((is_before, by_offsets(column, offsets[:middle])), else_=by_offsets(column, offsets[middle:]))


@lru_cache(maxsize=512)
def knows_zone(timezone: str) -> bool:
    """Whether DuckDB's database of timezones says of this one what ours says, from 1900 to 2200.

    They are of different years: the engine brings its own, and governments change their minds in between.
    """
    offsets = all_utc_offsets(timezone)
    x = literal_column("x", DateTime())
    agree = by_offsets(x, offsets) == func.timezone(
        literal_column(f"'{timezone}'"), func.timezone(literal_column("'UTC'"), x)
    )
    changes = [until.astimezone(UTC).replace(tzinfo=None) for until, _ in offsets[:-1]]
    compiled = select(func.bool_and(agree))
    with closing(duckdb.connect(":memory:")) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        try:
            found = connection.execute(
                f"{compiled} FROM (SELECT unnest({_PROBES}) AS x UNION ALL SELECT unnest($1::TIMESTAMP[]))", [changes]
            ).fetchone()
        except duckdb.Error:  # it does not know the zone at all
            return False
    return bool(found and found[0])
