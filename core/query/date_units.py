"""Which units of the calendar a definition counts in, wherever it does: what begins a week or a year matters then."""

import re
from collections.abc import Iterator

from core.domain.definition import ReportDefinition
from core.domain.filter import FilterGroup, Grain

#: Units that begin with the fiscal year.
FISCAL_UNITS = frozenset({Grain.QUARTER, Grain.YEAR, Grain.QUARTER_OF_YEAR})
_START_OF = re.compile(r"start_of\(\s*'(\w+)'", re.IGNORECASE)


def named_units(definition: ReportDefinition) -> frozenset[str]:
    """The units of its groupings, windows and expressions, by name: "week", "fiscal quarter" is "quarter"."""
    units = [str(grouping.grain) for grouping in definition.groupings if grouping.grain]
    if definition.period is not None:
        units.append(str(definition.period.window.unit))
    asked = (*definition.measures, *definition.kpis)
    for group in (definition.filters, definition.result_filters, *(measure.filters for measure in asked)):
        units += _of_windows(group)
    for expression in (*(each.expression for each in asked), *(each.expression for each in definition.calculations)):
        units += [unit.lower() for unit in _START_OF.findall(expression or "")]
    return frozenset(units)


def _of_windows(group: FilterGroup) -> Iterator[str]:
    for item in group.items:
        if isinstance(item, FilterGroup):
            yield from _of_windows(item)
        elif item.window is not None:
            yield str(item.window.unit)
