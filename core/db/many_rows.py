"""Inserting a few rows in one statement that is made once for their number: SQLAlchemy makes its own one every time."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table, bindparam, select, union_all
from sqlalchemy.dialects import postgresql


@cache
def insert_many(table: Table, names: tuple[str, ...], count: int) -> postgresql.Insert:
    """Return the statement that inserts `count` rows with these columns; `values_of_many` are its parameters."""
    rows = (
        select(*(bindparam(f"{name}_{number}", type_=table.c[name].type) for name in names)) for number in range(count)
    )
    return postgresql.insert(table).from_select(list(names), union_all(*rows), include_defaults=False)


def values_of_many(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the parameters for rows of that number and these columns."""
    return {f"{name}_{number}": value for number, row in enumerate(rows) for name, value in row.items()}
