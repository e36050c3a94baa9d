"""The outermost select of a summary: its order, and its values in the form that the connector hands over."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, column, func, literal_column

from core.domain.result import ResultColumn
from core.query.compile.keys import merges_others
from core.query.compile.level import Level, level_of
from core.query.compile.ordering import order_by, sorted_keys
from core.query.compile.scope import Scope

#: Name of the extra column of a page of groups.
TOTAL = "rows matched"
_ALL: ColumnElement[Any] = literal_column("result.*")


def final_select(
    scope: Scope, level: Level, columns: Mapping[str, ResultColumn], *, with_total: bool = False
) -> Select[Any]:
    """The rows of a summary in their order; `columns` describes each of them.

    `with_total` adds the column `TOTAL`: how many rows there are, known once they are made.
    """
    sortable: dict[str, ColumnElement[Any]] = {key: column(name) for key, name in level.names.items()}
    statement = level.statement
    raw = {key for key, each in level.columns.items() if _handed_out(scope, columns[key], each) is not each}
    if raw or merges_others(scope) or not scope.functions.orders_by_names:
        # An order over the form handed out would be another one, and names mean nothing inside of its expressions.
        statement, sortable = level.opened("result")
        handed_out = {
            key: _handed_out(scope, columns[key], element) if key in raw else element
            for key, element in sortable.items()
        }
        statement = level_of(statement, handed_out, level.names).statement if raw else statement.add_columns(_ALL)
    if with_total:
        statement = statement.add_columns(func.count().over().label(TOTAL))
    return statement.order_by(*order_by(scope, sorted_keys(scope, level.keys), sortable))


def _handed_out(scope: Scope, described: ResultColumn, element: ColumnElement[Any]) -> ColumnElement[Any]:
    return scope.functions.output(element, described.type, described.scale)
