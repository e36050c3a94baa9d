"""Asks a source whether joins meet as many rows as they say: one more, and figures would count twice without a word."""

from collections.abc import Collection, Iterator
from contextlib import nullcontext
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select

from core.catalog.sources.connector import Snapshot
from core.catalog.sources.sql_functions import SqlFunctions
from core.domain.dataset import Dataset
from core.domain.field import FieldType
from core.domain.relation import Cardinality, Join
from core.errors import InvalidDataset, QueryTimedOut, RunCancelled
from core.query.relation.build import base_rows
from core.query.relation.origin import origin_columns, origin_rows
from core.query.relation.rows import Column, Rows
from core.query.stop_watch import stopped_after

#: Tables too large to be looked through in this time are taken at their word.
BUDGET_S = 10.0


def check_join_keys(
    dataset: Dataset,
    functions: SqlFunctions,
    snapshot: Snapshot,
    *,
    joins: Collection[Join] | None = None,
    budget_s: float | None = BUDGET_S,
) -> None:
    """Raise InvalidDataset at the first join whose keys several rows have on a side that it calls one.

    `joins`: all of the dataset's, or some. With a budget it is the last question to the snapshot.
    """
    looked_at = dataset.joins if joins is None else joins
    try:
        with nullcontext() if budget_s is None else stopped_after(snapshot, budget_s):
            for index, join in enumerate(dataset.joins):
                for words, rows in _single_sides(dataset, join, functions) if join in looked_at else ():
                    if snapshot.fetch(repeated(rows, functions)).num_rows:
                        raise InvalidDataset(words, place=f"joins[{index}].cardinality")
    except (RunCancelled, QueryTimedOut):
        if budget_s is None:
            raise


def repeated(rows: Rows, functions: SqlFunctions) -> Select[Any]:
    """One row where several of `rows` are alike; what is null in part meets nothing."""
    columns = rows.columns.values()
    return (
        select(literal_column("1").label("found"))
        .select_from(rows.source)
        .where(*(column.element.is_not(None) for column in columns))
        .group_by(*(_compared(column, functions) for column in columns))
        .having(func.count() > literal_column("1"))
        .limit(1)
    )


def _single_sides(dataset: Dataset, join: Join, functions: SqlFunctions) -> Iterator[tuple[str, Rows]]:
    """The key columns of each side of a join whose rows must differ in them, and what to say where they do not."""
    if join.cardinality is not Cardinality.ONE_TO_MANY:
        names = " and ".join(f"'{key.right}'" for key in join.keys)
        words = (
            f"'{join.table.table_name}' has several rows with the same {names}: one row meets more than one of them. "
            "Say that they are many, or name all columns of the key."
        )
        yield words, _key_rows(dataset, join.name, {key.right for key in join.keys}, functions)
    if join.cardinality is not Cardinality.MANY_TO_ONE:
        names = " and ".join(f"'{key.left}'" for key in join.keys)
        words = (
            f"Several rows of {join.left or dataset.label} have the same {names}: they share rows of "
            f"'{join.table.table_name}'. Say that they are many, or name all columns of the key."
        )
        yield words, _key_rows(dataset, join.left, {key.left for key in join.keys}, functions)


def _key_rows(dataset: Dataset, table: str | None, names: set[str], functions: SqlFunctions) -> Rows:
    if table is None:
        return base_rows(dataset, dict.fromkeys(names), functions)
    shapes = tuple(column for column in origin_columns(dataset, table) if column.name in names)
    origin = next(join.table for join in dataset.joins if join.name == table)
    return origin_rows(origin, shapes, functions, alias="t0")


def _compared(column: Column, functions: SqlFunctions) -> ColumnElement[Any]:
    """Texts as joins compare them."""
    return functions.text(column.element) if column.shape.type is FieldType.TEXT else column.element
