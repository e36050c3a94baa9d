"""The order of a result: what was asked for, then what makes it complete, so that ties fall the same way each time."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, literal_column

from core.domain.definition import Sort
from core.domain.field import FieldType
from core.query.compile.keys import merges_others, others_label
from core.query.compile.scope import Scope


def sorted_keys(scope: Scope, available: Collection[str]) -> tuple[Sort, ...]:
    """What groups are ordered by, of the columns `available`.

    Groups with subtotals stay together: the order of their rows begins with them. Groups differ in their keys, so that
    these complete the order.
    """
    definition = scope.definition
    asked = {sort.key: sort for sort in definition.sort}
    keys = [grouping.key for grouping in definition.groupings if grouping.key in available]
    wanted = dict.fromkeys([*keys[: definition.totals.subtotals], *asked, *keys])
    return tuple(asked.get(key, Sort(key=key)) for key in wanted if key in available)


def order_by(scope: Scope, keys: Sequence[Sort], columns: Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """The ORDER BY over `columns`. What others are merged into comes after the values it stands beside."""
    groupings = scope.definition.groupings
    others = scope.top_grouping.key if scope.top_grouping is not None and merges_others(scope) else None
    order: list[ColumnElement[Any]] = []
    if others is not None and others in columns and len(groupings) == 1:
        order.append(_is_others(scope, columns[others]))
    for sort in keys:
        if sort.key == others and len(groupings) > 1:
            order.append(_is_others(scope, columns[sort.key]))
        order.extend(scope.functions.order(columns[sort.key], descending=sort.descending))
    return order


def _is_others(scope: Scope, element: ColumnElement[Any]) -> ColumnElement[Any]:
    is_others = element == scope.functions.literal(others_label(scope), FieldType.TEXT)
    return case((is_others, literal_column("1")), else_=literal_column("0"))
