"""Steps that turn rows into columns and columns into rows: pivot and unpivot."""

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, case, literal_column, select, true, union_all

from core.domain.definition import Aggregation
from core.domain.field import FieldType
from core.domain.filter import Scalar
from core.domain.relation import PivotStep, SourceColumn, UnpivotStep
from core.query.field_rules import aggregated_type, aggregations_for
from core.query.relation.checks import TYPE_WORDS, check_new_name, existing, read_value, refusal
from core.query.relation.rows import Rows, identifier, selected_rows
from core.query.relation.scales import widest
from core.query.relation.steps.kinds import Columns, StepContext, applied, columns_of, reads_of

MAX_SPREAD = 200
#: What the other side of an unpivot's product is called; nothing outside of it sees the name.
_TURN = "turn"


@columns_of.register
def _pivot_columns(step: PivotStep, before: Columns) -> Columns:
    if not step.keys:
        raise refusal("keys", "Name at least one column that tells the rows apart.")
    after: dict[str, SourceColumn] = {}
    for index, name in enumerate(step.keys):
        after[name] = existing(before, name, f"keys[{index}]")
        if len(after) <= index:
            raise refusal(f"keys[{index}]", f"'{name}' is named twice.")
    spread = existing(before, step.column, "column")
    if not 1 <= len(step.values) <= MAX_SPREAD:
        raise refusal("values", f"1 to {MAX_SPREAD} values become columns; these are {len(step.values)}.")
    made = _pivoted(step, before)
    for index, value in enumerate(step.values):
        name = pivoted_name(read_value(value, spread, f"values[{index}]"))
        check_new_name(name, after, f"values[{index}]")
        after[name] = replace(made, name=name)
    return after


def _pivoted(step: PivotStep, before: Columns) -> SourceColumn:
    """The columns that values become, but for their names."""
    if step.aggregation is Aggregation.COUNT:
        if step.value_column is not None:
            raise refusal("value_column", "Counting rows takes no column.")
        return SourceColumn(name="", type=FieldType.INTEGER)
    if step.value_column is None:
        raise refusal("value_column", "Name the column whose values are aggregated.")
    operand = existing(before, step.value_column, "value_column")
    if step.aggregation is Aggregation.PERCENTILE or step.aggregation not in aggregations_for(operand.type):
        words = f"'{step.aggregation}' does not go with '{operand.name}', which holds {TYPE_WORDS[operand.type]}."
        raise refusal("aggregation", words)
    keeps_digits = step.aggregation in (Aggregation.SUM, Aggregation.MIN, Aggregation.MAX)
    return SourceColumn(
        name="",
        type=aggregated_type(step.aggregation, operand.type),
        scale=operand.scale if keeps_digits else None,
    )


def pivoted_name(value: Scalar) -> str:
    """The name of the column that a value becomes."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@applied.register
def _pivot(step: PivotStep, rows: Rows, context: StepContext) -> Rows:
    rows = rows.ready(*_pivot_reads_columns(step), alias=context.before)
    after = columns_of(step, rows.shapes)
    keys = [_by_code_point(rows, name, context) for name in step.keys]
    spread = [_aggregated(step, value, rows, context) for value in step.values]
    labelled = [element.label(identifier(name)) for name, element in zip(after, [*keys, *spread], strict=True)]
    statement = select(*labelled).select_from(rows.source).where(*rows.where).group_by(*keys)
    return selected_rows(statement, after.values(), alias=context.own)


def _aggregated(step: PivotStep, value: Scalar, rows: Rows, context: StepContext) -> ColumnElement[Any]:
    """The aggregate of the rows whose column holds `value`."""
    functions, spread = context.functions, rows.columns[step.column]
    wanted = functions.literal(read_value(value, spread.shape, "values"), spread.shape.type)
    is_it = _by_code_point(rows, step.column, context) == wanted
    if step.value_column is None:
        return functions.aggregate(Aggregation.COUNT, case((is_it, literal_column("1"))), FieldType.INTEGER)
    operand = rows.columns[step.value_column]
    return functions.aggregate(step.aggregation, case((is_it, operand.element)), operand.shape.type)


def _by_code_point(rows: Rows, name: str, context: StepContext) -> ColumnElement[Any]:
    column = rows.columns[name]
    return context.functions.text(column.element) if column.shape.type is FieldType.TEXT else column.element


@reads_of.register
def _pivot_reads(step: PivotStep, wanted: frozenset[str]) -> frozenset[str] | None:  # noqa: ARG001 - it makes all
    return _pivot_reads_columns(step)


def _pivot_reads_columns(step: PivotStep) -> frozenset[str]:
    operand = () if step.value_column is None else (step.value_column,)
    return frozenset((*step.keys, step.column, *operand))


@columns_of.register
def _unpivot_columns(step: UnpivotStep, before: Columns) -> Columns:
    if not 1 <= len(step.columns) <= MAX_SPREAD:
        raise refusal("columns", f"1 to {MAX_SPREAD} columns become rows; these are {len(step.columns)}.")
    turned = [existing(before, name, f"columns[{index}]") for index, name in enumerate(step.columns)]
    for index, column in enumerate(turned):
        if column.type is not turned[0].type:
            words = f"'{column.name}' holds {TYPE_WORDS[column.type]}, '{turned[0].name}' {TYPE_WORDS[turned[0].type]}."
            raise refusal(f"columns[{index}]", f"{words} Cast them to one type first.")
        if column in turned[:index]:
            raise refusal(f"columns[{index}]", f"'{column.name}' is named twice.")
    after = {name: column for name, column in before.items() if name not in step.columns}
    check_new_name(step.name_into, after, "name_into")
    after[step.name_into] = SourceColumn(name=step.name_into, type=FieldType.TEXT)
    check_new_name(step.value_into, after, "value_into")
    scale = widest(column.scale for column in turned)
    after[step.value_into] = SourceColumn(name=step.value_into, type=turned[0].type, scale=scale)
    return after


@applied.register
def _unpivot(step: UnpivotStep, rows: Rows, context: StepContext) -> Rows:
    """Each row meets the numbers of the columns: the rows are read once, not once for each column."""
    rows = rows.ready(*step.columns, alias=context.before)
    functions, after = context.functions, columns_of(step, rows.shapes)
    numbers: list[ColumnElement[int]] = [literal_column(str(number)) for number in range(1, len(step.columns) + 1)]
    turns = union_all(*(select(number.label(identifier(_TURN))) for number in numbers)).subquery(
        identifier(context.other)
    )
    turn = turns.c[_TURN]
    names = [functions.literal(name, FieldType.TEXT) for name in step.columns]
    values = [_by_code_point(rows, name, context) for name in step.columns]
    return replace(rows, source=rows.source.join(turns, true())).with_elements(
        after.values(),
        {
            step.name_into: case(*zip(numbers, names, strict=True), value=turn),
            step.value_into: case(*zip(numbers, values, strict=True), value=turn),
        },
    )


@reads_of.register
def _unpivot_reads(step: UnpivotStep, wanted: frozenset[str]) -> frozenset[str] | None:
    return wanted.difference((step.name_into, step.value_into)).union(step.columns)
