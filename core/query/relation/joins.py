"""Joins: which ones a query needs, how they follow each other, and whose rows they multiply."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import reduce

from sqlalchemy import ColumnElement, FromClause, and_

from core.catalog.sources.sql_functions import SqlFunctions
from core.domain.dataset import Dataset
from core.domain.field import FieldType
from core.domain.relation import Cardinality, Join
from core.query.relation.rows import Column, Rows

#: Walking from a row of the joined table to the table it is joined to meets at most one row.
_ONE_UPWARDS = (Cardinality.ONE_TO_MANY, Cardinality.ONE_TO_ONE)
#: Walking from a row to the table joined to it meets at most one row.
_ONE_DOWNWARDS = (Cardinality.MANY_TO_ONE, Cardinality.ONE_TO_ONE)


def needed_joins(joins: Sequence[Join], tables: Collection[str | None]) -> tuple[Join, ...]:
    """The joins that lead to `tables`, and those that leave rows out; without the others the rows are the same."""
    wanted = {*tables, *(join.name for join in joins if join.is_required)}
    # A join's left side comes before it, so that one pass from behind finds everything on the way.
    for join in reversed(joins):
        if join.name in wanted:
            wanted.add(join.left)
    return tuple(join for join in joins if join.name in wanted)


def joined(tables: Mapping[str | None, Rows], joins: Sequence[Join], functions: SqlFunctions) -> FromClause:
    """The base rows with `joins` on them; `tables` holds the rows of each, the base's under None."""

    def with_join(source: FromClause, join: Join) -> FromClause:
        left, right = tables[join.left], tables[join.name]
        pairs = [equal(left.columns[key.left], right.columns[key.right], functions) for key in join.keys]
        return source.join(right.source, and_(*pairs), isouter=not join.is_required)

    return reduce(with_join, joins, tables[None].source)


def equal(left: Column, right: Column, functions: SqlFunctions) -> ColumnElement[bool]:
    """Two key columns are equal; texts by code point whatever the collations of their tables."""
    if left.shape.type is right.shape.type is FieldType.TEXT:
        return functions.text(left.element) == functions.text(right.element)
    return left.element == right.element


def multiplied_by(name: str | None, joins: Sequence[Join]) -> tuple[Join | None, ...]:
    """What multiplies the rows of `name` where all of `joins` are used; None stands for the base."""
    by_name = {join.name: join for join in joins}
    others: list[tuple[str | None, Join | None]] = [(None, None), *by_name.items()]
    return tuple(join for other, join in others if not determines(name, other, by_name))


def determines(one: str | None, other: str | None, joins: Mapping[str, Join]) -> bool:
    """Whether a row of `one` goes with at most one row of `other`."""
    up, down = list(_path(one, joins)), list(_path(other, joins))
    shared = {join.name for join in up} & {join.name for join in down}
    return all(join.cardinality in _ONE_UPWARDS for join in up if join.name not in shared) and all(
        join.cardinality in _ONE_DOWNWARDS for join in down if join.name not in shared
    )


def _path(name: str | None, joins: Mapping[str, Join]) -> Iterator[Join]:
    """The joins between `name` and the base."""
    while name is not None:
        yield joins[name]
        name = joins[name].left


def row_key_names(dataset: Dataset, table: str | None) -> tuple[str, ...]:
    """The names of the columns that tell rows apart: the right side of the keys does where a join meets one row."""
    if table is None:
        return dataset.row_key
    join = next(join for join in dataset.joins if join.name == table)
    if join.row_key or join.cardinality is Cardinality.ONE_TO_MANY:
        return join.row_key
    return tuple(key.right for key in join.keys)


def missing_key_message(dataset: Dataset, table: str | None) -> str:
    """What to say where rows come more than once and nothing tells them apart."""
    what = dataset.label if table is None else f"the joined table '{table}'"
    return f"A join multiplies the rows of {what}. Name the columns that tell its rows apart (the row key)."
