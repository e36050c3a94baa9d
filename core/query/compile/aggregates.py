"""Measures as SQL: one aggregate over rows or an expression of several; how rows are read is decided elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, case, literal_column

from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Measure
from core.domain.expression import AGGREGATES, Binary, Call, Expression, In, IsEmpty, Name, Number, Unary
from core.domain.expression_types import ExpressionContext, type_of
from core.domain.field import FieldType
from core.domain.filter import FilterGroup
from core.errors import InvalidDefinition
from core.query.compile.scope import Base, Scope
from core.query.measures import measure_type, parsed, resolve_measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """One aggregate over the rows that `filters` holds for."""

    aggregation: Aggregation
    operand: Expression | None  #: over the fields of a row; None counts rows
    percent: float | None = None
    filters: FilterGroup = FilterGroup()


#: Turns an aggregate into SQL over whatever the rows are read from.
Aggregated = Callable[[Aggregate], ColumnElement[Any]]


def measure_element(measure: Measure, scope: Scope, aggregated: Aggregated) -> ColumnElement[Any]:
    """A measure over the rows that `aggregated` reads."""
    resolved = resolve_measure(measure, scope.dataset)
    if resolved.expression is not None:
        return _expression(parsed(resolved.expression), resolved.filters, scope, aggregated)
    if resolved.aggregation is None:
        raise InvalidDefinition("A measure takes an aggregation, a measure of the dataset or an expression.")
    operand = Name(name=resolved.field) if resolved.field is not None else None
    return aggregated(
        Aggregate(aggregation=resolved.aggregation, operand=operand, percent=resolved.percent, filters=resolved.filters)
    )


def aggregates_of(measure: Measure, scope: Scope) -> list[Aggregate]:
    """The aggregates that a measure is made of."""
    found: list[Aggregate] = []

    def noted(aggregate: Aggregate) -> ColumnElement[Any]:
        found.append(aggregate)
        return literal_column("0")

    measure_element(measure, scope, noted)
    return found


def operand_type(aggregate: Aggregate, dataset: Dataset) -> FieldType:
    """The type of what is aggregated."""
    types = _field_types(dataset)
    return FieldType.INTEGER if aggregate.operand is None else type_of(aggregate.operand, types)


def operand_element(aggregate: Aggregate, base: Base) -> tuple[ColumnElement[Any], FieldType]:
    """What is aggregated, for one row: null where its filters do not hold; and its type."""
    element: ColumnElement[Any] = literal_column("1")
    kind = FieldType.INTEGER
    if isinstance(aggregate.operand, Name):
        element, kind = base.relation.column(aggregate.operand.name), base.relation.field(aggregate.operand.name).type
    elif aggregate.operand is not None:
        element = base.expression(aggregate.operand)
        kind = type_of(aggregate.operand, _field_types(base.scope.dataset))
    if aggregate.filters.items:
        element = case((base.predicates.group(aggregate.filters), element))
    return element, kind


def _expression(tree: Expression, filters: FilterGroup, scope: Scope, aggregated: Aggregated) -> ColumnElement[Any]:
    """An expression of aggregates: each becomes a name that stands for its SQL."""
    found: dict[str, tuple[ColumnElement[Any], FieldType]] = {}
    types = _field_types(scope.dataset)

    def stand_in(call: Call) -> Name:
        name = f"aggregate {len(found)}"
        found[name] = (
            aggregated(_aggregate(call, filters)),
            type_of(call, types, ExpressionContext.AGGREGATE),
        )
        return Name(name=name, position=call.position)

    def resolve(name: str) -> tuple[ColumnElement[Any], FieldType]:
        if name in found:
            return found[name]
        measure = Measure(dataset_measure=name, filters=filters)
        return measure_element(measure, scope, aggregated), measure_type(measure, scope.dataset)

    return scope.expression(_replaced(tree, stand_in), resolve)


def _aggregate(call: Call, filters: FilterGroup) -> Aggregate:
    """The aggregate that a call such as `percentile(amount, 90)` asks for."""
    percent = call.arguments[1] if len(call.arguments) > 1 else None
    return Aggregate(
        aggregation=Aggregation(call.function),
        operand=call.arguments[0] if call.arguments else None,
        percent=float(percent.value) if isinstance(percent, Number) else None,
        filters=filters,
    )


def _replaced(tree: Expression, stand_in: Callable[[Call], Name]) -> Expression:
    """The tree with every call of an aggregate replaced."""
    match tree:
        case Call(function=function) if function in AGGREGATES:
            return stand_in(tree)
        case Call(arguments=arguments):
            return replace(tree, arguments=tuple(_replaced(part, stand_in) for part in arguments))
        case Unary(operand=operand) | IsEmpty(operand=operand):
            return replace(tree, operand=_replaced(operand, stand_in))
        case Binary(left=left, right=right):
            return replace(tree, left=_replaced(left, stand_in), right=_replaced(right, stand_in))
        case In(operand=operand, options=options):
            replaced = tuple(_replaced(part, stand_in) for part in options)
            return replace(tree, operand=_replaced(operand, stand_in), options=replaced)
        case _:
            return tree


def _field_types(dataset: Dataset) -> Mapping[str, FieldType]:
    return {field.name: field.type for field in dataset.fields}
