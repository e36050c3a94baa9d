"""Makes a definition that is answered wrongly as small as it can be while it stays so."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

from core.domain.definition import ReportDefinition, Totals
from core.domain.filter import Calendar, FilterGroup

_MOST_TRIES = 80
_TUPLES = ("kpis", "calculations", "sort", "measures", "groupings", "columns")


def minimal(definition: ReportDefinition, is_wrong: Callable[[ReportDefinition], bool]) -> ReportDefinition:
    """`is_wrong` must say False, not raise, for definitions that cannot be asked. It is asked `_MOST_TRIES` times."""
    tries = itertools.count()
    while True:
        some = itertools.takewhile(lambda _: next(tries) < _MOST_TRIES, _smaller(definition))
        smaller = next((each for each in some if is_wrong(each)), None)
        if smaller is None:
            return definition
        definition = smaller


def _smaller(definition: ReportDefinition) -> Iterator[ReportDefinition]:
    plain = (
        ("period", None),
        ("top", None),
        ("pivot", None),
        ("totals", Totals()),
        ("filters", FilterGroup()),
        ("result_filters", FilterGroup()),
        ("limit", None),
        ("timezone", "UTC"),
        ("calendar", Calendar()),
    )
    for name, value in plain:
        if getattr(definition, name) != value:
            yield replace(definition, **{name: value})  # type: ignore[arg-type]
    for name in _TUPLES:
        items = getattr(definition, name)
        for place in range(len(items)):
            yield replace(definition, **{name: (*items[:place], *items[place + 1 :])})
    for name in ("filters", "result_filters"):
        for group in _fewer(getattr(definition, name)):
            yield replace(definition, **{name: group})  # type: ignore[arg-type]
    for place, measure in enumerate(definition.measures):
        if measure.filters.items:
            bare = replace(measure, filters=FilterGroup())
            yield replace(definition, measures=(*definition.measures[:place], bare, *definition.measures[place + 1 :]))


def _fewer(group: FilterGroup) -> Iterator[FilterGroup]:
    for place, item in enumerate(group.items):
        before, after = group.items[:place], group.items[place + 1 :]
        yield replace(group, items=(*before, *after))
        if isinstance(item, FilterGroup):
            for smaller in _fewer(item):
                yield replace(group, items=(*before, smaller, *after))
