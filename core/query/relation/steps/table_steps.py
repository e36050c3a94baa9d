"""Steps that read another table: union and look-up."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, select, union_all

from core.catalog.sources.sql_functions import SqlFunctions
from core.domain.field import FieldType
from core.domain.relation import LookUpStep, SourceColumn, UnionStep
from core.query.relation.checks import (
    TYPE_WORDS,
    check_comparable,
    check_new_name,
    existing,
    refusal,
    table_columns,
)
from core.query.relation.joins import equal
from core.query.relation.rows import Column, Rows, identifier, selected_rows, table_rows
from core.query.relation.scales import widest
from core.query.relation.steps.kinds import Columns, StepContext, applied, columns_of, reads_of, reads_where_made

#: Types that values of another type become without losing anything.
_HELD_BY = {
    FieldType.TEXT: frozenset(FieldType),
    FieldType.DECIMAL: frozenset({FieldType.INTEGER}),
    FieldType.DATETIME: frozenset({FieldType.DATE}),
}


@columns_of.register
def _union_columns(step: UnionStep, before: Columns) -> Columns:
    others = table_columns(step.table, "table")
    after = dict(before)
    for name in before.keys() & others.keys():
        ours, theirs = before[name], others[name]
        if theirs.type is not ours.type and theirs.type not in _HELD_BY.get(ours.type, ()):
            words = f"'{name}' holds {TYPE_WORDS[ours.type]} here and {TYPE_WORDS[theirs.type]} there."
            raise refusal("table", f"{words} Cast it to text first.")
        if ours.type is FieldType.DECIMAL:
            after[name] = replace(ours, scale=widest((ours.scale, _scale(theirs))))
    if not before.keys() & others.keys():
        raise refusal("table", f"'{step.table.table_name}' has no column of the same name.")
    return after


def _scale(column: SourceColumn) -> int | None:
    return 0 if column.type is FieldType.INTEGER else column.scale


@applied.register
def _union(step: UnionStep, rows: Rows, context: StepContext) -> Rows:
    functions, after = context.functions, columns_of(step, rows.shapes)
    others = {name: column for name, column in table_columns(step.table, "table").items() if name in after}
    other = table_rows(step.table, others.values(), alias=context.other)
    below = [_matching(name, after[name], other, functions).label(identifier(name)) for name in after]
    above = rows.with_elements(after.values(), {name: _as_text(rows.columns[name], functions) for name in after})
    statement = union_all(above.select(), select(*below).select_from(other.source))
    return selected_rows(statement, after.values(), alias=context.own)


def _matching(name: str, wanted: SourceColumn, other: Rows, functions: SqlFunctions) -> ColumnElement[Any]:
    """The other table's column of that name as the wanted type; empty where it has none."""
    column = other.columns.get(name)
    if column is None:
        empty = functions.empty(wanted.type)
        if wanted.scale is None:
            return empty
        return functions.converted(empty, wanted.type, wanted.type, scale=wanted.scale)
    if column.shape.type is wanted.type:
        return _as_text(column, functions)
    return functions.converted(column.element, column.shape.type, wanted.type, scale=wanted.scale)


def _as_text(column: Column, functions: SqlFunctions) -> ColumnElement[Any]:
    """Texts of two tables may differ in their collation."""
    return functions.text(column.element) if column.shape.type is FieldType.TEXT else column.element


@reads_of.register
def _union_reads(step: UnionStep, wanted: frozenset[str]) -> frozenset[str] | None:
    # One column is needed to have rows at all, and both tables have it.
    shared = [column.name for column in step.table.columns]
    return wanted if wanted.intersection(shared) else wanted | frozenset(shared)


@columns_of.register
def _look_up_columns(step: LookUpStep, before: Columns) -> Columns:
    others = table_columns(step.table, "table")
    if not step.keys:
        raise refusal("keys", "Name the columns that are equal.")
    for index, key in enumerate(step.keys):
        left = existing(before, key.left, f"keys[{index}].left")
        check_comparable(left, existing(others, key.right, f"keys[{index}].right"), f"keys[{index}]")
    if not step.columns:
        raise refusal("columns", "Name at least one column to add.")
    after = dict(before)
    for index, name in enumerate(step.columns):
        column = existing(others, name, f"columns[{index}]")
        added = step.prefix + name
        check_new_name(added, after, f"columns[{index}]")
        after[added] = replace(column, name=added)
    return after


@applied.register
def _look_up(step: LookUpStep, rows: Rows, context: StepContext) -> Rows:
    rows = rows.ready(*(key.left for key in step.keys), alias=context.before)
    other = _least(step, context)
    pairs = [equal(rows.columns[key.left], other.columns[key.right], context.functions) for key in step.keys]
    return replace(rows, source=rows.source.outerjoin(other.source, and_(*pairs))).with_elements(
        columns_of(step, rows.shapes).values(), {step.prefix + name: other.element(name) for name in step.columns}
    )


def _least(step: LookUpStep, context: StepContext) -> Rows:
    """One row for each key: the least in the order of the columns looked up."""
    functions = context.functions
    known = table_columns(step.table, "table")
    names = dict.fromkeys((*(key.right for key in step.keys), *step.columns))
    other = table_rows(step.table, [known[name] for name in names], alias=context.other)
    keys = [_as_text(other.columns[key.right], functions) for key in step.keys]
    order = [part for name in step.columns for part in functions.order(other.element(name), descending=False)]
    place = _free_name("place", names)
    number = func.row_number().over(partition_by=keys, order_by=order).label(identifier(place))
    numbered = other.select().add_columns(number).subquery(identifier(f"{context.other}_numbered"))
    least = Rows(
        source=numbered,
        columns={name: Column(shape=known[name], element=numbered.c[name]) for name in names},
        where=(numbered.c[place] == literal_column("1"),),
    )
    return least.settled(alias=f"{context.other}_least")


def _free_name(name: str, taken: Iterable[str]) -> str:
    """`name`, longer by as much as it takes to be no other one's."""
    folded = {other.casefold() for other in taken}
    while name in folded:
        name += "_"
    return name


@reads_of.register
def _look_up_reads(step: LookUpStep, wanted: frozenset[str]) -> frozenset[str] | None:
    made = [step.prefix + name for name in step.columns]
    return reads_where_made(wanted, made=made, reads=[key.left for key in step.keys])
