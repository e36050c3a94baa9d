"""What applies of filters of which some are switched off: a definition answers as one without those would."""

from dataclasses import replace

from core.domain.definition import ReportDefinition
from core.domain.filter import FilterGroup, Item


def applied(definition: ReportDefinition) -> ReportDefinition:
    """The definition without the filters that are switched off, and without the parameters that only they take."""
    kept = replace(
        definition,
        filters=applied_group(definition.filters),
        result_filters=applied_group(definition.result_filters),
        measures=tuple(replace(each, filters=applied_group(each.filters)) for each in definition.measures),
        kpis=tuple(replace(each, filters=applied_group(each.filters)) for each in definition.kpis),
    )
    if kept == definition:
        return definition
    asleep = _parameters_taken(definition) - _parameters_taken(kept)
    return replace(kept, parameters=tuple(each for each in kept.parameters if each.name not in asleep))


def applied_group(group: FilterGroup) -> FilterGroup:
    """The group without what is switched off in it; a group in it that is left empty goes too, as it says nothing."""
    if not group.items:
        return group
    items = tuple(kept for item in group.items if (kept := _applied(item)) is not None)
    return group if items == group.items else replace(group, items=items)


def _applied(item: Item) -> Item | None:
    if item.is_off:
        return None
    if not isinstance(item, FilterGroup):
        return item
    kept = applied_group(item)
    # A group that stands empty in the definition holds for every row; only one that was emptied is as good as off.
    return kept if kept.items or not item.items else None


def _parameters_taken(definition: ReportDefinition) -> frozenset[str]:
    waiting: list[Item] = [definition.filters, definition.result_filters]
    waiting += [measure.filters for measure in (*definition.measures, *definition.kpis)]
    taken = set() if definition.period is None else {definition.period.parameter}
    for item in waiting:  # it grows while it is read
        if isinstance(item, FilterGroup):
            waiting += item.items
        else:
            taken.add(item.parameter)
    return frozenset(name for name in taken if name is not None)
