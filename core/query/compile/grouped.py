"""Groups rows and measures them: one plain select wherever that is enough."""

from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, select

from core.catalog.usage import fields_of_measure
from core.domain.definition import Comparison, Measure
from core.errors import InvalidDefinition
from core.query.compile.aggregates import Aggregate, measure_element
from core.query.compile.comparison import sides_of
from core.query.compile.fan_out import Prepared, multiplied_owner, straight
from core.query.compile.keys import Kept, grouped_rows, key_element, raw_key, settled_key
from core.query.compile.level import Level, level_of
from core.query.compile.scope import Base, Scope, alias, open_base


def compared_key(measure: str, against: Comparison) -> str:
    """The key of the hidden column that holds a measure of the span compared with; no key has a control character."""
    return f"{measure}\x1f{against}"


def grouped_level(scope: Scope, kept: Kept | None = None) -> Level:
    """The groups of the definition with its measures, and those measures of other spans that calculations need."""
    sides = sides_of(scope)
    base = open_base(scope, _fields(scope, kept))
    groupings = scope.definition.groupings
    rows = [grouped_rows(base, side, kept) for side in sides.values()]
    measures = _measures(scope, list(sides))
    is_plain = len(sides) == 1 and not _is_multiplied(measures, base)
    is_opaque = is_plain and scope.functions.wants_opaque_keys and any(each.grain for each in groupings)
    key_of = raw_key if is_opaque else key_element
    keys = [{each.key: key_of(base, each, side) for each in groupings} for side in sides.values()]
    if is_plain and not is_opaque:
        read = partial(straight, base=base)
        plain = {key: measure_element(measure, scope, read) for key, (measure, _) in measures.items()}
        return level_of(rows[0], keys[0] | plain).grouped_by(len(groupings))
    prepared = Prepared(base=base, selects=rows, keys=keys, is_opaque=is_opaque)
    columns = {
        key: measure_element(measure, scope, partial(prepared.aggregated, side=side))
        for key, (measure, side) in measures.items()
    }
    inner, inner_keys = prepared.rows()
    if is_opaque:
        inner_keys = {each.key: settled_key(base, each, inner_keys[each.key]) for each in groupings}
    return level_of(select().select_from(inner), inner_keys | columns, _names(scope)).grouped_by(len(groupings))


def _names(scope: Scope) -> dict[str, str]:
    """How the hidden columns are called in SQL."""
    compared = [each for each in scope.definition.calculations if each.kind.compares]
    return {compared_key(each.of or "", each.against): f"{alias(each.of or '')} {each.against}" for each in compared}


def _is_multiplied(measures: dict[str, tuple[Measure, int]], base: Base) -> bool:
    """Whether a join multiplies the rows that one of the measures is made of."""
    if not base.relation.joins:
        return False
    seen: list[Aggregate] = []

    def aggregated(aggregate: Aggregate) -> ColumnElement[Any]:
        seen.append(aggregate)
        return straight(aggregate, base)

    for measure, _ in measures.values():
        measure_element(measure, base.scope, aggregated)
    return any(multiplied_owner(aggregate, base) for aggregate in seen)


def _measures(scope: Scope, comparisons: list[Comparison | None]) -> dict[str, tuple[Measure, int]]:
    """The measures by key, each with the number of the side it is of."""
    by_key = {measure.key: measure for measure in scope.definition.measures}
    wanted = {key: (measure, 0) for key, measure in by_key.items()}
    for calculation in scope.definition.calculations:
        if not calculation.kind.compares:
            continue
        if calculation.of not in by_key or calculation.against not in comparisons:
            raise InvalidDefinition("A comparison needs a measure of the report and a period.")
        key = compared_key(calculation.of, calculation.against)
        wanted[key] = (by_key[calculation.of], comparisons.index(calculation.against))
    return wanted


def _fields(scope: Scope, kept: Kept | None) -> set[str]:
    names = {grouping.field for grouping in scope.definition.groupings}
    if scope.top_grouping is not None and scope.top_keys is not None:
        names.add(scope.top_grouping.field)
    if kept is not None:
        names |= {grouping.field for grouping in kept.groupings}
    return names.union(*(fields_of_measure(measure, scope.dataset) for measure in scope.definition.measures))
