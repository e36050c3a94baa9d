"""Checks a definition against its dataset, so that what runs is what was asked; every refusal names its place."""

from collections import Counter
from collections.abc import Sequence

from core.domain.dataset import Dataset, Field, FieldType
from core.domain.definition import Aggregation, Grouping, Measure, ReportDefinition
from core.domain.filter import Condition, DateWindow, FilterGroup, Operator, WindowKind
from core.domain.timezones import timezone_problem
from core.errors import InvalidDefinition
from core.query.field_rules import VALUE_COUNTS, aggregated_type, aggregations_for, operators_for
from core.query.operands import read_operand

__all__ = ["aggregations_for", "operators_for", "validate_definition"]

_TYPE_WORDS = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "a number",
    FieldType.DECIMAL: "a number",
    FieldType.BOOLEAN: "true or false",
    FieldType.DATE: "a date",
    FieldType.DATETIME: "a date and time",
}
_AGGREGATION_WORDS = {
    Aggregation.SUM: "A sum",
    Aggregation.AVERAGE: "An average",
    Aggregation.MEDIAN: "A median",
    Aggregation.MIN: "A lowest value",
    Aggregation.MAX: "A highest value",
    Aggregation.COUNT_DISTINCT: "A count of different values",
}


def validate_definition(definition: ReportDefinition, dataset: Dataset) -> None:
    """Raise InvalidDefinition with the place of the first thing that does not fit `dataset`."""
    _check_timezone(definition.timezone)
    _check_chosen(definition)
    for index, name in enumerate(definition.columns):
        _field(dataset, name, f"columns[{index}]")
    for index, grouping in enumerate(definition.groupings):
        _check_grouping(grouping, dataset, f"groupings[{index}]")
    for index, measure in enumerate(definition.measures):
        _check_measure(measure, dataset, f"measures[{index}]")
    _check_kpis(definition.kpis, dataset)
    _check_unique(definition)
    _check_period(definition, dataset)
    _check_group(definition.filters, dataset, definition.timezone, "filters")
    _check_keys(definition)
    if definition.limit is not None and definition.limit < 1:
        raise _refuse("limit", "A row limit is at least 1; leave it empty to lift it.")


def _check_timezone(timezone: str) -> None:
    problem = timezone_problem(timezone)
    if problem is not None:
        raise _refuse("timezone", problem)


def _check_chosen(definition: ReportDefinition) -> None:
    if definition.columns and definition.is_summary:
        raise _refuse("columns", "A report shows rows as they are or a summary of them, not both.")
    if not definition.columns and not definition.is_summary:
        raise _refuse("columns", "Choose at least one column, or something to group or measure by.")


def _check_grouping(grouping: Grouping, dataset: Dataset, place: str) -> None:
    field = _field(dataset, grouping.field, f"{place}.field")
    if grouping.grain is not None and not field.type.is_temporal:
        raise _refuse(
            f"{place}.grain", f"Only dates group by {grouping.grain}; {field.label} is {_TYPE_WORDS[field.type]}."
        )


def _check_measure(measure: Measure, dataset: Dataset, place: str) -> FieldType:
    """Return the type that the measure has."""
    if measure.aggregation is Aggregation.COUNT:
        if measure.field is not None:
            raise _refuse(f"{place}.field", "Counting rows takes no field; use 'count_distinct' to count its values.")
        return FieldType.INTEGER
    if measure.field is None:
        raise _refuse(f"{place}.field", f"{_AGGREGATION_WORDS[measure.aggregation]} needs a field.")
    field = _field(dataset, measure.field, f"{place}.field")
    if measure.aggregation not in aggregations_for(field.type):
        raise _refuse(
            f"{place}.aggregation",
            f"{_AGGREGATION_WORDS[measure.aggregation]} does not work on {field.label}, "
            f"which is {_TYPE_WORDS[field.type]}.",
        )
    return aggregated_type(measure.aggregation, field.type)


def _check_kpis(kpis: Sequence[Measure], dataset: Dataset) -> None:
    for index, measure in enumerate(kpis):
        if not _check_measure(measure, dataset, f"kpis[{index}]").is_number:
            raise _refuse(f"kpis[{index}]", "A headline figure is a number.")


def _check_unique(definition: ReportDefinition) -> None:
    for place, keys in (
        ("measures" if definition.is_summary else "columns", definition.column_keys),
        ("kpis", tuple(measure.key for measure in definition.kpis)),
    ):
        twice = [key for key, times in Counter(keys).items() if times > 1]
        if twice:
            raise _refuse(place, f"'{twice[0]}' is there more than once.")


def _check_period(definition: ReportDefinition, dataset: Dataset) -> None:
    if definition.period is None:
        return
    field = _field(dataset, definition.period.field, "period.field")
    if not field.type.is_temporal:
        raise _refuse("period.field", f"A period is about a date; {field.label} is {_TYPE_WORDS[field.type]}.")
    _check_window(definition.period.window, "period.window")


def _check_window(window: DateWindow, place: str) -> None:
    fixed = window.first_on is not None or window.last_on is not None
    if window.kind is not WindowKind.BETWEEN:
        if fixed:
            raise _refuse(f"{place}.first_on", "Only a window of the kind 'between' has a first and a last day.")
        if window.n < 1:
            raise _refuse(f"{place}.n", "A window spans at least one unit.")
        return
    if window.first_on is None or window.last_on is None:
        missing = "first_on" if window.first_on is None else "last_on"
        raise _refuse(f"{place}.{missing}", "A fixed window needs a first and a last day.")
    if window.first_on > window.last_on:
        raise _refuse(f"{place}.last_on", f"The last day {window.last_on} lies before the first, {window.first_on}.")


def _check_group(group: FilterGroup, dataset: Dataset, timezone: str, place: str) -> None:
    for index, item in enumerate(group.items):
        inner = f"{place}.items[{index}]"
        if isinstance(item, FilterGroup):
            _check_group(item, dataset, timezone, inner)
        else:
            _check_condition(item, dataset, timezone, inner)


def _check_condition(condition: Condition, dataset: Dataset, timezone: str, place: str) -> None:
    field = _field(dataset, condition.field, f"{place}.field")
    operator = condition.operator
    if operator not in operators_for(field.type):
        takers = [kind for kind in FieldType if operator in operators_for(kind)]
        raise _refuse(
            f"{place}.operator",
            f"'{operator_label(operator)}' works on {_listed(takers)}; {field.label} is {_TYPE_WORDS[field.type]}.",
        )
    _check_values(condition, field, timezone, place)
    if operator is Operator.IN_WINDOW:
        if condition.window is None:
            raise _refuse(f"{place}.window", f"Say which span {field.label} should lie in.")
        _check_window(condition.window, f"{place}.window")
    elif condition.window is not None:
        raise _refuse(f"{place}.window", f"'{operator_label(operator)}' takes no window.")


def _check_values(condition: Condition, field: Field, timezone: str, place: str) -> None:
    least, most = VALUE_COUNTS[condition.operator]
    count = len(condition.values)
    if count < least or (most is not None and count > most):
        wanted = f"at least {least}" if most is None else ("no" if most == 0 else f"exactly {most}")
        noun = "value" if (least if most is None else most) == 1 else "values"
        raise _refuse(f"{place}.values", f"'{operator_label(condition.operator)}' takes {wanted} {noun}, not {count}.")
    for index, value in enumerate(condition.values):
        try:
            read_operand(value, field, timezone)
        except InvalidDefinition as error:
            raise _refuse(f"{place}.values[{index}]", error.user_message) from error


def _check_keys(definition: ReportDefinition) -> None:
    keys = set(definition.column_keys)
    sorted_by = Counter(sort.key for sort in definition.sort)
    for index, sort in enumerate(definition.sort):
        if sort.key not in keys:
            raise _refuse(f"sort[{index}].key", f"The report has no column '{sort.key}' to sort by.")
        if sorted_by[sort.key] > 1:
            raise _refuse(f"sort[{index}].key", f"'{sort.key}' is sorted by more than once.")
    chart = definition.chart
    if chart is None:
        return
    drawn = [("chart.x", chart.x), *((f"chart.y[{index}]", key) for index, key in enumerate(chart.y))]
    for place, key in [*drawn, *([("chart.color", chart.color)] if chart.color else [])]:
        if key not in keys:
            raise _refuse(place, f"The report has no column '{key}' to draw.")
    if not chart.y:
        raise _refuse("chart.y", "A chart draws at least one column.")


def _field(dataset: Dataset, name: str, place: str) -> Field:
    field = dataset.field(name)
    if field is None:
        raise _refuse(place, f"{dataset.label} has no field '{name}'.")
    return field


def operator_label(operator: Operator) -> str:
    """What people read: "Is not empty"."""
    return str(operator).replace("_", " ").capitalize()


def _listed(kinds: Sequence[FieldType]) -> str:
    """The types that take an operator: "text", "numbers and dates"."""
    plural = {
        FieldType.TEXT: "text",
        FieldType.INTEGER: "numbers",
        FieldType.DECIMAL: "numbers",
        FieldType.BOOLEAN: "true or false",
        FieldType.DATE: "dates",
        FieldType.DATETIME: "dates",
    }
    return " and ".join(dict.fromkeys(plural[kind] for kind in kinds))


def _refuse(place: str, reason: str) -> InvalidDefinition:
    return InvalidDefinition(reason, place=place)
