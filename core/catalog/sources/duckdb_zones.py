"""Local times in DuckDB: its own way where it knows a zone as we do, else by the offsets that we know."""

from contextlib import closing
from datetime import UTC
from functools import lru_cache
from typing import Any

import duckdb
from sqlalchemy import ColumnElement, DateTime, cast, func

from core.catalog.sources.local_time import local_time_pieces
from core.catalog.sources.offsets import all_utc_offsets

#: Far enough apart to be quick, close enough for changes that DuckDB alone knows: the shortest last a month.
_PROBES = "generate_series(TIMESTAMP '1900-01-01', TIMESTAMP '2199-12-31', INTERVAL 10 DAY)"


def own_local(column: ColumnElement[Any], timezone: str) -> ColumnElement[Any]:
    """The wall clock of `timezone` as DuckDB knows it; the cast is for aware columns, it is dropped for naive ones."""
    return func.timezone(timezone, func.timezone("UTC", cast(column, DateTime)))


@lru_cache(maxsize=512)
def knows_zone(timezone: str) -> bool:
    """Whether DuckDB's database of timezones says of this one what ours says, from 1900 to 2200.

    They are of different years: the engine brings its own, and governments change their minds in between.
    """
    changes = [until.astimezone(UTC).replace(tzinfo=None) for until, _ in all_utc_offsets(timezone)[:-1]]
    ours = "x".join(local_time_pieces("duckdb", timezone, None))
    agree = f"bool_and({ours} = timezone($2, timezone('UTC', x)))"
    with closing(duckdb.connect(":memory:")) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        try:
            found = connection.execute(
                f"SELECT {agree} FROM ("  # noqa: S608 - a statement of ours
                f"SELECT unnest({_PROBES}) AS x UNION ALL SELECT unnest($1::TIMESTAMP[]))",
                [changes, timezone],
            ).fetchone()
        except duckdb.Error:  # it does not know the zone at all
            return False
    return bool(found and found[0])
