"""Steps that put other values into columns: map, bucket and fill."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, case, func

from core.domain.field import FieldType
from core.domain.relation import BucketStep, FillStep, MapStep, SourceColumn, Unmapped
from core.query.relation.checks import TYPE_WORDS, check_new_name, existing, read_value, refusal
from core.query.relation.rows import Rows
from core.query.relation.scales import digits_after_point, widest
from core.query.relation.steps.kinds import Columns, StepContext, applied, columns_of, reads_of, reads_where_made

MAX_MAPPED = 1_000
MAX_BOUNDS = 100


@columns_of.register
def _map_columns(step: MapStep, before: Columns) -> Columns:
    column = existing(before, step.column, "column")
    if step.into != step.column:
        check_new_name(step.into, before, "into")
    if not 1 <= len(step.values) <= MAX_MAPPED:
        raise refusal("values", f"A mapping names 1 to {MAX_MAPPED:,} values; this one names {len(step.values):,}.")
    values = [read_value(value, column, f"values[{index}]") for index, (value, _) in enumerate(step.values)]
    for index, value in enumerate(values):
        if value in values[:index]:
            raise refusal(f"values[{index}]", f"'{value}' is mapped twice.")
    return {**before, step.into: SourceColumn(name=step.into, type=FieldType.TEXT)}


@applied.register
def _map(step: MapStep, rows: Rows, context: StepContext) -> Rows:
    rows = rows.ready(step.column, alias=context.before)
    functions, given = context.functions, rows.columns[step.column]
    literal = functions.literal
    is_text = given.shape.type is FieldType.TEXT
    element = functions.text(given.element) if is_text else given.element
    match step.unmapped:
        case Unmapped.KEEP:
            other = element if is_text else functions.converted(element, given.shape.type, FieldType.TEXT)
        case Unmapped.EMPTY:
            other = functions.empty(FieldType.TEXT)
        case Unmapped.OTHER:
            other = _unless_null(element, literal(step.other, FieldType.TEXT))
    pairs = [
        (
            functions.literal(read_value(value, given.shape, "values"), given.shape.type),
            functions.literal(text, FieldType.TEXT),
        )
        for value, text in step.values
    ]
    mapped = case(*pairs, value=element, else_=other)
    return rows.with_elements(columns_of(step, rows.shapes).values(), {step.into: mapped})


def _unless_null(element: ColumnElement[Any], text: ColumnElement[Any]) -> ColumnElement[Any]:
    """An empty value is no other value: it stays empty."""
    return case((element.is_not(None), text))


@reads_of.register
def _map_reads(step: MapStep, wanted: frozenset[str]) -> frozenset[str] | None:
    return reads_where_made(wanted, made=(step.into,), reads=(step.column,))


@columns_of.register
def _bucket_columns(step: BucketStep, before: Columns) -> Columns:
    column = existing(before, step.column, "column")
    if not column.type.is_number:
        raise refusal("column", f"Ranges are of numbers; '{step.column}' holds {TYPE_WORDS[column.type]}.")
    if step.into != step.column:
        check_new_name(step.into, before, "into")
    if not 1 <= len(step.bounds) <= MAX_BOUNDS:
        raise refusal("bounds", f"Ranges have 1 to {MAX_BOUNDS} bounds; these have {len(step.bounds)}.")
    number = SourceColumn(name=step.column, type=FieldType.DECIMAL)
    for index, bound in enumerate(step.bounds):
        read_value(bound, number, f"bounds[{index}]")
        if index and bound <= step.bounds[index - 1]:
            raise refusal(f"bounds[{index}]", "Bounds ascend; this one is not above the one before it.")
    if step.labels and len(step.labels) != len(step.bounds) + 1:
        raise refusal("labels", f"{len(step.bounds)} bounds make {len(step.bounds) + 1} ranges; label each of them.")
    return {**before, step.into: SourceColumn(name=step.into, type=FieldType.TEXT)}


@applied.register
def _bucket(step: BucketStep, rows: Rows, context: StepContext) -> Rows:
    rows = rows.ready(step.column, alias=context.before)
    element, literal = rows.element(step.column), context.functions.literal
    texts = [literal(label, FieldType.TEXT) for label in step.labels or bucket_labels(step.bounds)]
    below = [
        (element < literal(bound, FieldType.INTEGER if isinstance(bound, int) else FieldType.DECIMAL), text)
        for bound, text in zip(step.bounds, texts, strict=False)
    ]
    bucketed = case(*below, (element.is_not(None), texts[-1]))
    return rows.with_elements(columns_of(step, rows.shapes).values(), {step.into: bucketed})


def bucket_labels(bounds: tuple[int | float, ...]) -> tuple[str, ...]:
    """The bounds (10, 100) make "under 10", "10 to under 100" and "100 and over"."""
    words = [f"{bound:,}" for bound in bounds]
    between = [f"{low} to under {high}" for low, high in pairwise(words)]
    return (f"under {words[0]}", *between, f"{words[-1]} and over")


@reads_of.register
def _bucket_reads(step: BucketStep, wanted: frozenset[str]) -> frozenset[str] | None:
    return reads_where_made(wanted, made=(step.into,), reads=(step.column,))


@columns_of.register
def _fill_columns(step: FillStep, before: Columns) -> Columns:
    column = existing(before, step.column, "column")
    value = read_value(step.value, column, "value")
    if column.type is not FieldType.DECIMAL:
        return before
    return {**before, step.column: replace(column, scale=widest((column.scale, digits_after_point(value))))}


@applied.register
def _fill(step: FillStep, rows: Rows, context: StepContext) -> Rows:
    """To people an empty text is empty too, as it is to a filter's IS_EMPTY."""
    rows = rows.ready(step.column, alias=context.before)
    functions, given = context.functions, rows.columns[step.column]
    value = functions.literal(read_value(step.value, given.shape, "value"), given.shape.type)
    element = given.element
    if given.shape.type is FieldType.TEXT:
        element = func.nullif(functions.text(element), functions.literal("", FieldType.TEXT))
    filled = func.coalesce(element, value)
    return rows.with_elements(columns_of(step, rows.shapes).values(), {step.column: filled})


@reads_of.register
def _fill_reads(step: FillStep, wanted: frozenset[str]) -> frozenset[str] | None:
    return reads_where_made(wanted, made=(step.column,), reads=(step.column,))
