"""Columns computed of a summary's other columns, in selects around it: one, unless they build on each other."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, func

from core.domain.definition import Calculation, CalculationKind
from core.domain.expression import names_in
from core.domain.field import FieldType
from core.query.compile.grouped import compared_key
from core.query.compile.level import Level, level_of
from core.query.compile.ordering import order_by, sorted_keys
from core.query.compile.scope import Scope
from core.query.measures import parsed

Columns = Mapping[str, ColumnElement[Any]]


def calculated_level(scope: Scope, level: Level) -> Level:
    """The level with the definition's calculations; columns that only they needed are gone."""
    waves = _waves(scope)
    for number, wave in enumerate(waves, start=1):
        statement, columns = level.opened("grouped")
        known = dict(columns) | {calculation.name: _element(calculation, scope, columns) for calculation in wave}
        if number == len(waves):
            known = {key: known[key] for key in scope.definition.column_keys}
        level = level_of(statement, known, level.names)
    return level


def _waves(scope: Scope) -> list[list[Calculation]]:
    """The calculations in turn: each builds on those of earlier waves."""
    waiting = list(scope.definition.calculations)
    waves = []
    while waiting:
        names = {calculation.name for calculation in waiting}
        # A running total in an order that builds on itself makes do with the rest of the order.
        wave = [each for each in waiting if not _needs(each, scope) & (names - {each.name})] or waiting[:1]
        waves.append(wave)
        waiting = [each for each in waiting if each not in wave]
    return waves


def _needs(calculation: Calculation, scope: Scope) -> set[str]:
    """The keys of the columns it is computed of."""
    if calculation.kind is CalculationKind.EXPRESSION:
        return set(names_in(parsed(calculation.expression or "")))
    if calculation.kind is CalculationKind.RUNNING_TOTAL:
        return {sort.key for sort in scope.definition.sort} | {calculation.of or ""}
    return {calculation.of or ""}


def _element(calculation: Calculation, scope: Scope, columns: Columns) -> ColumnElement[Any]:
    if calculation.kind is CalculationKind.EXPRESSION:
        return _expression(calculation, scope, columns)
    value = columns[calculation.of or ""]
    within = [columns[key] for key in calculation.within if key in columns]
    match calculation.kind:
        case CalculationKind.RUNNING_TOTAL:
            order = order_by(scope, sorted_keys(scope, columns.keys()), columns)
            return scope.functions.summed(
                value,
                scope.columns[calculation.of or ""].type,
                lambda total: total.over(partition_by=within or None, order_by=order or None, rows=(None, 0)),
            )
        case CalculationKind.SHARE:
            return scope.functions.divided(
                value, func.sum(value).over(partition_by=within or scope.functions.whole(value) or None)
            )
        case CalculationKind.RANK:
            order = list(scope.functions.order(value, descending=True))
            rank = func.rank().over(partition_by=within or None, order_by=order)
            return case((value.is_not(None), rank))
        case _:
            previous = columns[compared_key(calculation.of or "", calculation.against)]
            return _compared(calculation.kind, value, previous, scope)


def _compared(
    kind: CalculationKind, value: ColumnElement[Any], previous: ColumnElement[Any], scope: Scope
) -> ColumnElement[Any]:
    if kind is CalculationKind.PREVIOUS:
        return previous
    change = value - previous
    return change if kind is CalculationKind.CHANGE else scope.functions.divided(change, func.abs(previous))


def _expression(calculation: Calculation, scope: Scope, columns: Columns) -> ColumnElement[Any]:
    def resolve(key: str) -> tuple[ColumnElement[Any], FieldType]:
        return columns[key], scope.columns[key].type

    return scope.expression(parsed(calculation.expression or ""), resolve)


def without(calculations: Sequence[Calculation], gone: Collection[str]) -> tuple[Calculation, ...]:
    """The calculations but those whose keys are gone, and those that build on a column that is."""
    lost = set(gone)
    while True:
        more = {
            each.name
            for each in calculations
            if each.kind is CalculationKind.EXPRESSION and names_in(parsed(each.expression or "")) & lost
        }
        if more <= lost:
            return tuple(each for each in calculations if each.name not in lost)
        lost |= more
