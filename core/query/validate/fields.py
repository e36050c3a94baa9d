"""Checks what a definition shows and groups by, and the period it is about."""

from datetime import date

from core.domain.dataset import Dataset
from core.domain.definition import Grouping, ReportDefinition
from core.domain.field import FieldType
from core.domain.filter import DateUnit, DateWindow, Grain, WindowKind
from core.query.labels import grain_words
from core.query.validate.problems import TYPE_WORDS, at, known_field, refusal
from core.query.windows import compared_window, resolved_days

#: What a window may reach from the logical time, so that it and the spans before it lie in the calendar.
_MAX_YEARS = 500
_MOST_DAYS = {DateUnit.DAY: 1, DateUnit.WEEK: 7, DateUnit.MONTH: 31, DateUnit.QUARTER: 92, DateUnit.YEAR: 366}


def check_chosen(definition: ReportDefinition) -> None:
    """A definition asks for rows or for a summary."""
    if definition.columns and definition.is_summary:
        raise refusal("columns", "A report shows rows as they are or a summary of them, not both.")
    if not definition.columns and not definition.is_summary:
        raise refusal("columns", "Choose at least one column, or something to group or measure by.")


def check_columns(definition: ReportDefinition, dataset: Dataset) -> None:
    """Every column and grouping fits its field, and no key comes twice."""
    for index, name in enumerate(definition.columns):
        known_field(dataset, name, f"columns[{index}]")
    for index, grouping in enumerate(definition.groupings):
        _check_grouping(grouping, dataset, f"groupings[{index}]")


def check_unique(definition: ReportDefinition) -> None:
    """No key names two columns of the result."""
    _refuse_twice(
        [(f"columns[{index}]", name) for index, name in enumerate(definition.columns)]
        + [(f"groupings[{index}]", grouping.key) for index, grouping in enumerate(definition.groupings)]
        + [(f"measures[{index}]", measure.key) for index, measure in enumerate(definition.measures)]
        + [(f"calculations[{index}].name", item.name) for index, item in enumerate(definition.calculations)],
        "give one of them another name, or take it out",
    )
    _refuse_twice([(f"kpis[{index}]", kpi.key) for index, kpi in enumerate(definition.kpis)], "once is enough")


def check_period(definition: ReportDefinition, dataset: Dataset) -> None:
    """The period is about a date and its window can be."""
    if definition.period is None:
        return
    field = known_field(dataset, definition.period.field, "period.field")
    if not field.type.is_temporal:
        raise refusal("period.field", f"A period is about a date; {field.label} is {TYPE_WORDS[field.type]}.")
    check_window(definition.period.window, "period.window")
    if definition.period.window.kind is WindowKind.BETWEEN:
        _check_compared(definition, definition.period.window)


def _check_compared(definition: ReportDefinition, window: DateWindow) -> None:
    """The fixed spans that a fixed period is compared with lie in the calendar too."""
    against = {calculation.against for calculation in definition.calculations if calculation.kind.compares}
    if definition.kpis and definition.period is not None:
        against.add(definition.period.against)
    with at("period.window"):
        resolved = resolved_days(window.first_on or date.min, window.last_on or date.max, definition.timezone)
        for comparison in sorted(against):
            compared_window(resolved, window, comparison, definition.calendar)


def check_window(window: DateWindow, place: str) -> None:
    """A window that says nothing that has no meaning for its kind."""
    if window.kind is WindowKind.BETWEEN:
        _check_fixed(window, place)
        return
    if window.first_on is not None or window.last_on is not None:
        raise refusal(f"{place}.first_on", "Only a window of the kind 'between' has a first and a last day.")
    if window.n < 1:
        raise refusal(f"{place}.n", "A window spans at least one unit.")
    reach = window.n * _MOST_DAYS[window.unit] + abs(window.offset) * _MOST_DAYS[window.offset_unit]
    if reach > _MAX_YEARS * _MOST_DAYS[DateUnit.YEAR]:
        raise refusal(f"{place}.n", f"A window reaches at most {_MAX_YEARS} years; make it shorter.")


def _check_fixed(window: DateWindow, place: str) -> None:
    if window.first_on is None or window.last_on is None:
        missing = "first_on" if window.first_on is None else "last_on"
        raise refusal(f"{place}.{missing}", "A fixed window needs a first and a last day.")
    if window.first_on > window.last_on:
        raise refusal(f"{place}.last_on", f"The last day {window.last_on} lies before the first, {window.first_on}.")
    if window.offset:
        raise refusal(f"{place}.offset", "Fixed days do not move; leave the offset out.")
    with at(place):
        resolved_days(window.first_on, window.last_on, "UTC")


def _check_grouping(grouping: Grouping, dataset: Dataset, place: str) -> None:
    field = known_field(dataset, grouping.field, f"{place}.field")
    if grouping.grain is None:
        return
    words = grain_words(grouping.grain)
    if not field.type.is_temporal:
        raise refusal(f"{place}.grain", f"Only dates group by {words}; {field.label} is {TYPE_WORDS[field.type]}.")
    if grouping.grain is Grain.HOUR_OF_DAY and field.type is not FieldType.DATETIME:
        raise refusal(f"{place}.grain", f"{field.label} holds days without a time, which have no hours.")


def _refuse_twice(keys: list[tuple[str, str]], mend: str) -> None:
    seen: set[str] = set()
    for place, key in keys:
        if key in seen:
            raise refusal(place, f"'{key}' is there more than once; {mend}.")
        seen.add(key)
