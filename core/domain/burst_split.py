"""How a report is taken apart: whether one result can be, the question that gives it, and the question of one part."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from core.domain.bursting import Combination, SplitValue
from core.domain.definition import CalculationKind, ReportDefinition
from core.domain.filter import Condition, FilterGroup, Match, Operator, Scalar

#: Values of a field beyond which the one question does not name them: then it reads all rows.
_MOST_NAMED = 2_000
#: Said of the rows as a whole, unless they begin anew for each value that splits.
_SPANNING = (CalculationKind.RUNNING_TOTAL, CalculationKind.SHARE, CalculationKind.RANK)


def why_not_one(definition: ReportDefinition, fields: Sequence[str]) -> str | None:
    """Return why one result cannot be taken apart by `fields`; None: it can, and each part is what asking for it gives.

    It can where every row belongs to one value of each field, and nothing in it speaks of rows of other values.
    """
    reasons = (
        (bool(definition.kpis), "headline numbers are about all rows"),
        (definition.totals.grand or definition.totals.subtotals > 0, "totals are over several rows"),
        (definition.top is not None, "the highest values are found among all rows"),
        (definition.pivot is not None, "the pivot's columns depend on the rows"),
        (_spans(definition, fields), "a running total, share or rank goes over all rows"),
        (_compares(definition), "rows are compared with another span"),
        (not _holds(definition, fields), "the groupings do not hold what picks the rows"),
    )
    return next((words for holds, words in reasons if holds), None)


def keyed(
    definition: ReportDefinition, fields: Sequence[str], combinations: Collection[Combination]
) -> ReportDefinition:
    """The one question: its result holds the columns that split, those that are added at the end, and every row.

    Its limit is lifted, as the limit is that of each part.
    """
    columns = definition.columns
    if not definition.is_summary:
        columns += tuple(field for field in fields if field not in columns)
    named = [_named(field, {row[at] for one in combinations for row in one.values}) for at, field in enumerate(fields)]
    return replace(
        definition, columns=columns, limit=None, filters=_and(definition.filters, *filter(None, named)), chart=None
    )


def narrowed(definition: ReportDefinition, fields: Sequence[str], combination: Combination) -> ReportDefinition:
    """The question of one part: the report for rows that have one of its values."""
    definition = in_zone(definition, combination)
    if not combination.values:
        nothing = (Operator.IS_EMPTY, Operator.IS_NOT_EMPTY)
        return replace(
            definition,
            filters=_and(definition.filters, *(Condition(field=fields[0], operator=each) for each in nothing)),
        )
    return replace(definition, filters=_and(definition.filters, _one_of(fields, combination.values)))


def in_zone(definition: ReportDefinition, combination: Combination) -> ReportDefinition:
    """The report in the timezone of a part."""
    return replace(definition, timezone=combination.timezone or definition.timezone)


def _holds(definition: ReportDefinition, fields: Sequence[str]) -> bool:
    if not definition.is_summary:
        return True
    return set(fields) <= {grouping.field for grouping in definition.groupings if grouping.grain is None}


def _spans(definition: ReportDefinition, fields: Sequence[str]) -> bool:
    return any(
        calculation.kind in _SPANNING and not set(fields) <= set(calculation.within)
        for calculation in definition.calculations
    )


def _compares(definition: ReportDefinition) -> bool:
    return any(calculation.kind.compares for calculation in definition.calculations)


def _named(field: str, values: set[SplitValue]) -> Condition | None:
    """A condition that leaves out rows which nobody gets; it need not."""
    if not values or len(values) > _MOST_NAMED:
        return None
    return Condition(field=field, operator=Operator.IS, values=_ordered(values))


def _one_of(fields: Sequence[str], rows: Sequence[tuple[SplitValue, ...]]) -> Condition | FilterGroup:
    """A condition that holds for rows with one of these values: lists of the last field's for each of the others'."""
    last = fields[-1]
    lists: dict[tuple[SplitValue, ...], list[SplitValue]] = {}
    for row in rows:
        lists.setdefault(row[:-1], []).append(row[-1])
    groups: list[Condition | FilterGroup] = []
    for first, values in lists.items():
        condition = Condition(field=last, operator=Operator.IS, values=tuple(values))
        firsts = [
            Condition(field=field, operator=Operator.IS, values=(value,))
            for field, value in zip(fields, first, strict=False)
        ]
        groups.append(FilterGroup(items=(*firsts, condition)) if firsts else condition)
    return groups[0] if len(groups) == 1 else FilterGroup(match=Match.ANY, items=tuple(groups))


def _and(filters: FilterGroup, *items: Condition | FilterGroup) -> FilterGroup:
    if not items:
        return filters
    if filters.match is Match.ALL:
        return replace(filters, items=(*filters.items, *items))
    return FilterGroup(items=(filters, *items))


def _ordered(values: Iterable[SplitValue]) -> tuple[Scalar, ...]:
    return tuple(sorted(values, key=repr))
