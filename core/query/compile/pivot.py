"""Spreads the values of groupings over columns: the second of two phases, once the values are known."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, literal_column, not_, select, union_all

from core.domain.definition import Aggregation, Calculation, Grouping, Totals
from core.domain.field import FieldType
from core.domain.filter import FilterGroup
from core.domain.result import CellValue, ResultColumn
from core.errors import InvalidDefinition
from core.query.compile.calculations import without
from core.query.compile.keys import Kept
from core.query.compile.level import Level, level_of
from core.query.compile.scope import Scope, alias, key_predicate
from core.query.compile.spread_words import spread_text
from core.query.compile.summary import summary_level

#: More columns than this are no table that anybody reads.
MAX_SPREAD_COLUMNS = 100
TOTAL_SPAN = "Total"
#: Key and name of the column that tells cells from row totals; no key of a result has a control character.
_PART = "\x1fpart"
_NAMES = {_PART: "row part"}


def spread_groupings(scope: Scope) -> tuple[Grouping, ...]:
    """The groupings whose values become columns."""
    pivot = scope.definition.pivot
    return tuple(scope.grouping(key) for key in pivot.groupings) if pivot is not None else ()


def staying_groupings(scope: Scope) -> tuple[Grouping, ...]:
    """The groupings that stay in rows."""
    spread = {grouping.key for grouping in spread_groupings(scope)}
    return tuple(grouping for grouping in scope.definition.groupings if grouping.key not in spread)


def spread_level(scope: Scope) -> Level:
    """The values that become columns."""
    groupings = spread_groupings(scope)
    # Groups of a span compared with, too, have their columns.
    is_compared = any(calculation.kind.compares for calculation in scope.definition.calculations)
    if not scope.definition.result_filters.items and not is_compared:
        return summary_level(scope.asking(groupings=groupings, measures=(), calculations=(), pivot=None))
    statement, columns = summary_level(scope.asking(pivot=None)).opened("cells")
    level = level_of(statement, {grouping.key: columns[grouping.key] for grouping in groupings})
    return level.grouped_by(len(groupings))


def check_spread(scope: Scope, count: int) -> None:
    """Raise InvalidDefinition where `count` combinations of values make too many columns."""
    definition = scope.definition
    columns = count * (len(definition.measures) + len(definition.calculations))
    if columns > MAX_SPREAD_COLUMNS:
        labels = " and ".join(scope.columns[grouping.key].label for grouping in spread_groupings(scope))
        raise InvalidDefinition(
            f"The pivot over {labels} would make {columns:,} columns; at most {MAX_SPREAD_COLUMNS} fit. "
            "Keep only its top values, filter it, or group it by something coarser.",
            place="pivot.groupings",
        )


def pivoted_level(scope: Scope, kept: Kept | None = None) -> Level:
    """The rows of the groupings that stay, with a column for each spread value and measure."""
    values = _value_keys(scope)
    cells = summary_level(scope.asking(pivot=None, totals=Totals()), kept)
    if not _has_totals(scope):
        statement, columns = cells.opened("cells")
        return _spread(scope, statement, columns, {key: columns[key] for key in values}, {})
    statement, columns = _stacked(scope, cells, _row_totals(scope, cells, kept)).opened("cells")
    is_cell = columns[_PART] == literal_column("0")
    shown = {key: case((is_cell, columns[key])) for key in values}
    totals = {key: case((not_(is_cell), columns[key])) for key in values}
    return _spread(scope, statement, columns, shown, totals)


def pivoted_columns(scope: Scope) -> tuple[ResultColumn, ...]:
    """The result's columns once the pivot has spread them."""
    groupings, measures = spread_groupings(scope), [scope.columns[key] for key in _value_keys(scope)]
    columns = [scope.columns[grouping.key] for grouping in staying_groupings(scope)]
    for combination in scope.spread or ():
        spans = tuple(
            spread_text(value, grouping, scope.columns[grouping.key], scope.definition.timezone)
            for value, grouping in zip(combination, groupings, strict=True)
        )
        columns += [replace(each, key=spread_key(each.key, combination), spans=spans) for each in measures]
    if _has_totals(scope):
        spans = (TOTAL_SPAN, *("" for _ in groupings[1:]))
        columns += [replace(each, spans=spans) for each in measures]
    return tuple(columns)


def spread_key(key: str, combination: Sequence[CellValue]) -> str:
    r"""The key of a spread column: `sum__amount|DE`, with `\N` for null. A column of totals has the plain key."""
    return "|".join([key, *map(_key_text, combination)])


def _key_text(value: CellValue) -> str:
    match value:
        case None:
            return "\\N"
        case bool():
            return str(value).lower()
        case _:
            return str(value).replace("\\", "\\\\")


def _value_keys(scope: Scope) -> tuple[str, ...]:
    return scope.definition.column_keys[len(scope.definition.groupings) :]


def _has_totals(scope: Scope) -> bool:
    """Where nothing stays and nothing is spread, totals are all that there is to show."""
    pivot = scope.definition.pivot
    return pivot is not None and (pivot.with_totals or not (staying_groupings(scope) or scope.spread))


def _row_totals(scope: Scope, cells: Level, kept: Kept | None) -> Level:
    """The same question without the groupings that are spread, over the same cells."""
    definition = scope.definition
    if definition.result_filters.items:
        kept = Kept(level=cells, groupings=definition.groupings)
    staying = staying_groupings(scope)
    spread = {grouping.key for grouping in spread_groupings(scope)}
    return summary_level(
        scope.asking(
            groupings=staying,
            calculations=within_only(without(definition.calculations, spread), staying),
            result_filters=FilterGroup(),
            pivot=None,
            totals=Totals(),
        ),
        kept,
    )


def within_only(calculations: Sequence[Calculation], groupings: Sequence[Grouping]) -> tuple[Calculation, ...]:
    """The calculations, beginning anew only within groupings that are there."""
    keys = {grouping.key for grouping in groupings}
    return tuple(replace(each, within=tuple(key for key in each.within if key in keys)) for each in calculations)


def _stacked(scope: Scope, cells: Level, totals: Level) -> Level:
    """Cells and row totals in one, told apart by the column `_PART`."""
    keys = (*(grouping.key for grouping in scope.definition.groupings), *_value_keys(scope))
    selects = []
    for number, level in enumerate((cells, totals)):
        statement, columns = level.opened(("single", "summed")[number])
        known = {key: columns[key] if key in columns else _nothing(scope, key) for key in keys}
        selects.append(level_of(statement, known | {_PART: literal_column(str(number))}, _NAMES).statement)
    stacked = union_all(*selects).subquery("stacked")
    columns = {key: stacked.c[_NAMES.get(key) or alias(key)] for key in (*keys, _PART)}
    return level_of(select().select_from(stacked), columns, _NAMES)


def _nothing(scope: Scope, key: str) -> ColumnElement[Any]:
    return scope.functions.empty(scope.columns[key].type)


def _spread(
    scope: Scope,
    statement: Select[Any],
    columns: Mapping[str, ColumnElement[Any]],
    shown: Mapping[str, ColumnElement[Any]],
    totals: Mapping[str, ColumnElement[Any]],
) -> Level:
    staying, groupings = staying_groupings(scope), spread_groupings(scope)
    selected = {grouping.key: columns[grouping.key] for grouping in staying}
    names = {}
    for number, combination in enumerate(scope.spread or (), start=1):
        matches = and_(
            *(
                key_predicate(columns[each.key], (value,), scope.columns[each.key].type, scope.functions)
                for each, value in zip(groupings, combination, strict=True)
            )
        )
        for key, element in shown.items():
            spread = spread_key(key, combination)
            selected[spread] = _only(scope, key, case((matches, element)))
            # Values are no identifiers: the column goes by its number.
            names[spread] = f"{alias(key)} {number}"
    selected |= {key: _only(scope, key, element) for key, element in totals.items()}
    return level_of(statement, selected, names).grouped_by(len(staying))


def _only(scope: Scope, key: str, element: ColumnElement[Any]) -> ColumnElement[Any]:
    """The one value among nulls."""
    functions, kind = scope.functions, scope.columns[key].type
    if kind is not FieldType.BOOLEAN:
        return functions.aggregate(Aggregation.MAX, element, kind)
    # Not every engine knows the greater of true and false.
    number = functions.converted(element, kind, FieldType.INTEGER)
    highest = functions.aggregate(Aggregation.MAX, number, FieldType.INTEGER)
    return functions.converted(highest, FieldType.INTEGER, kind)
