"""Steps about whole columns: cast, rename, split and compute."""

from dataclasses import replace

from core.domain.expression import names_in
from core.domain.expression_types import type_of
from core.domain.field import FieldType
from core.domain.relation import CastStep, ComputeStep, RenameStep, SourceColumn, SplitStep
from core.errors import InvalidInput
from core.query.measures import parsed
from core.query.relation.checks import TYPE_WORDS, check_new_name, existing, refusal
from core.query.relation.expressions import compile_expression
from core.query.relation.rows import Rows
from core.query.relation.scales import expression_scale
from core.query.relation.steps.kinds import Columns, StepContext, applied, columns_of, reads_of, reads_where_made

MAX_PARTS = 50
_NEVER_CAST = {
    frozenset((one, other))
    for one in (FieldType.DATE, FieldType.DATETIME)
    for other in (FieldType.INTEGER, FieldType.DECIMAL, FieldType.BOOLEAN)
}


@columns_of.register
def _cast_columns(step: CastStep, before: Columns) -> Columns:
    column = existing(before, step.column, "column")
    if frozenset((column.type, step.type)) in _NEVER_CAST:
        words = f"'{step.column}' holds {TYPE_WORDS[column.type]}, which cannot be read as {TYPE_WORDS[step.type]}."
        raise refusal("type", words)
    return {**before, step.column: replace(column, type=step.type, scale=_cast_scale(column, step.type))}


def _cast_scale(column: SourceColumn, wanted: FieldType) -> int | None:
    """Whole numbers stay exact; what is read from text may have any number of digits."""
    if wanted is not FieldType.DECIMAL:
        return None
    return 0 if column.type in (FieldType.INTEGER, FieldType.BOOLEAN) else column.scale


@applied.register
def _cast(step: CastStep, rows: Rows, context: StepContext) -> Rows:
    rows = rows.ready(step.column, alias=context.before)
    given, after = rows.columns[step.column], columns_of(step, rows.shapes)
    scale = None if given.shape.type is step.type else after[step.column].scale
    element = context.functions.converted(given.element, given.shape.type, step.type, scale=scale)
    return rows.with_elements(after.values(), {step.column: element})


@reads_of.register
def _cast_reads(step: CastStep, wanted: frozenset[str]) -> frozenset[str] | None:
    return reads_where_made(wanted, made=(step.column,), reads=(step.column,))


@columns_of.register
def _rename_columns(step: RenameStep, before: Columns) -> Columns:
    existing(before, step.column, "column")
    check_new_name(step.into, before.keys() - {step.column}, "into")
    return {
        (step.into if name == step.column else name): replace(column, name=step.into) if name == step.column else column
        for name, column in before.items()
    }


@applied.register
def _rename(step: RenameStep, rows: Rows, context: StepContext) -> Rows:  # noqa: ARG001 - every kind takes it
    return rows.with_elements(columns_of(step, rows.shapes).values(), {step.into: rows.element(step.column)})


@reads_of.register
def _rename_reads(step: RenameStep, wanted: frozenset[str]) -> frozenset[str] | None:
    return reads_where_made(wanted, made=(step.into,), reads=(step.column,))


@columns_of.register
def _split_columns(step: SplitStep, before: Columns) -> Columns:
    column = existing(before, step.column, "column")
    if column.type is not FieldType.TEXT:
        raise refusal("column", f"Only text is split; '{step.column}' holds {TYPE_WORDS[column.type]}.")
    if not step.separator:
        raise refusal("separator", "Say what separates the parts.")
    if not 1 <= len(step.into) <= MAX_PARTS:
        raise refusal("into", f"A text is split into 1 to {MAX_PARTS} columns.")
    after = dict(before)
    for index, name in enumerate(step.into):
        check_new_name(name, after, f"into[{index}]")
        after[name] = SourceColumn(name=name, type=FieldType.TEXT)
    return after


@applied.register
def _split(step: SplitStep, rows: Rows, context: StepContext) -> Rows:
    rows = rows.ready(step.column, alias=context.before)
    text = context.functions.text(rows.element(step.column))
    parts = {
        name: context.functions.part(text, step.separator, number) for number, name in enumerate(step.into, start=1)
    }
    return rows.with_elements(columns_of(step, rows.shapes).values(), parts)


@reads_of.register
def _split_reads(step: SplitStep, wanted: frozenset[str]) -> frozenset[str] | None:
    return reads_where_made(wanted, made=step.into, reads=(step.column,))


@columns_of.register
def _compute_columns(step: ComputeStep, before: Columns) -> Columns:
    check_new_name(step.into, before, "into")
    try:
        tree = parsed(step.expression)
        kind = type_of(tree, {name: column.type for name, column in before.items()})
    except InvalidInput as error:
        raise refusal("expression", error.user_message) from error
    scale = expression_scale(tree, before) if kind is FieldType.DECIMAL else None
    return {**before, step.into: SourceColumn(name=step.into, type=kind, scale=scale)}


@applied.register
def _compute(step: ComputeStep, rows: Rows, context: StepContext) -> Rows:
    tree = parsed(step.expression)
    rows = rows.ready(*names_in(tree), alias=context.before)
    element = compile_expression(tree, rows.resolve, context.functions)
    return rows.with_elements(columns_of(step, rows.shapes).values(), {step.into: element})


@reads_of.register
def _compute_reads(step: ComputeStep, wanted: frozenset[str]) -> frozenset[str] | None:
    return reads_where_made(wanted, made=(step.into,), reads=names_in(parsed(step.expression)))
