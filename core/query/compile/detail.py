"""Rows as they are, with columns computed of their fields."""

from typing import Any

from sqlalchemy import ColumnElement, Select, column, func
from sqlalchemy.sql import quoted_name

from core.catalog.usage import fields_of_calculations
from core.domain.definition import CalculationKind
from core.query.compile.scope import Base, Scope, alias, open_base
from core.query.compile.summary import result_predicates
from core.query.measures import parsed


def detail_rows(scope: Scope) -> Select[Any]:
    """Every row that matches, in its order."""
    base = _base(scope)
    columns = _columns(base)
    handed = [_handed_out(scope, key, element) for key, element in columns.items()]
    return _matching(base, columns).add_columns(*handed).order_by(*_order(base, columns))


def detail_count(scope: Scope) -> Select[Any]:
    """How many rows match."""
    base = _base(scope)
    calculated = _columns(base) if scope.definition.result_filters.items else {}
    return _matching(base, calculated).add_columns(func.count().label("row_count"))


def _base(scope: Scope) -> Base:
    definition = scope.definition
    return open_base(scope, {*definition.columns, *fields_of_calculations(definition.calculations)})


def _columns(base: Base) -> dict[str, ColumnElement[Any]]:
    columns = {name: base.relation.column(name) for name in base.scope.definition.columns}
    for calculation in base.scope.definition.calculations:
        if calculation.kind is CalculationKind.EXPRESSION:
            columns[calculation.name] = base.expression(parsed(calculation.expression or ""))
    return columns


def _matching(base: Base, columns: dict[str, ColumnElement[Any]]) -> Select[Any]:
    """The rows of the period that the filters hold for, those on computed columns included."""
    definition = base.scope.definition
    rows = base.rows(base.scope.period)
    if not definition.result_filters.items:
        return rows
    return rows.where(result_predicates(base.scope, columns).group(definition.result_filters))


def _handed_out(scope: Scope, key: str, element: ColumnElement[Any]) -> ColumnElement[Any]:
    described = scope.columns[key]
    return scope.functions.output(element, described.type, described.scale).label(alias(key))


def _order(base: Base, columns: dict[str, ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """The asked order, then what makes it complete.

    Rows differ in their hidden number, or at least in all of their columns; a number costs a tenth of what a dozen
    columns do, and nothing at all in a plain scan where that has the order already.
    """
    scope = base.scope
    descending = {sort.key: sort.descending for sort in scope.definition.sort}
    ties = list(columns)
    by_key = dict(columns)
    if scope.row_key is not None and base.relation.table is not None:
        filters = scope.definition.filters.items or scope.definition.result_filters.items
        is_plain_scan = not (descending or scope.period or filters)
        ties = [] if is_plain_scan and scope.functions.scans_in_order else [scope.row_key]
        by_key[scope.row_key] = column(quoted_name(scope.row_key, quote=True))
    order: list[ColumnElement[Any]] = []
    for key in [*descending, *(key for key in ties if key not in descending)]:
        order.extend(scope.functions.order(by_key[key], descending=descending.get(key, False)))
    return order
