"""Says in plain English what a definition asks: one sentence, its filters, its period."""

from calendar import month_name
from collections.abc import Mapping
from datetime import datetime

from core.domain.dataset import Dataset
from core.domain.definition import Measure, Period, ReportDefinition
from core.domain.field import Field, FieldType
from core.domain.filter import Condition, FilterGroup, Grain, Match, Operator
from core.domain.filter_off import applied
from core.domain.result import ResultColumn
from core.query.columns import field_of, lower_first, result_columns, sentence_case
from core.query.date_units import FISCAL_UNITS, named_units
from core.query.filter_words import FilterWords, filter_words, joined
from core.query.labels import is_obvious_date
from core.query.result_words import calculated, compared_lines, ordered, top_words, totals_words
from core.query.subject_words import subject_words
from core.query.window_words import period_in_words, resolved_in_words, window_in_words

__all__ = ["describe", "filters_in_words", "period_in_words"]

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def describe(definition: ReportDefinition, dataset: Dataset, logical_at: datetime) -> str:
    """The definition as one sentence without a full stop: "Events by day, last 7 days; at most 1,000 rows"."""
    definition = applied(definition)
    columns = {column.key: column for column in result_columns(definition, dataset)}
    words = _field_words(definition, dataset, logical_at, with_dates=False)
    parts = [
        subject_words(definition, dataset, columns, words),
        calculated(definition, columns),
        _period(definition.period, definition, dataset),
        *_filters(definition.filters, dataset, words),
        _where(*_kept(definition, columns, logical_at, with_dates=False)),
        top_words(definition, columns),
        totals_words(definition, columns),
        ordered(definition, columns),
    ]
    sentence = ", ".join(part for part in parts if part)
    return sentence_case("; ".join([sentence, *_closing(definition)]))


def filters_in_words(definition: ReportDefinition, dataset: Dataset, logical_at: datetime) -> tuple[str, ...]:
    """Everything that leaves rows out, each on its own, with the days that relative dates stand for."""
    definition = applied(definition)
    columns = {column.key: column for column in result_columns(definition, dataset)}
    words = _field_words(definition, dataset, logical_at, with_dates=True)
    lines = []
    if definition.period is not None:
        label = field_of(dataset, definition.period.field).label
        days = resolved_in_words(definition.period.window, logical_at, definition.timezone, definition.calendar)
        lines.append(f"{label}: {days}")
    lines += compared_lines(definition, logical_at)
    lines += _lines(definition.filters, words)
    lines += [_only(measure, columns, words) for measure in definition.measures if measure.filters.items]
    kept, group, result_words = _kept(definition, columns, logical_at, with_dates=True)
    if _says_something(group):
        lines.append(f"{kept} {result_words.group(group)}")
    lines += filter(None, [top_words(definition, columns)])
    return tuple(sentence_case(line) for line in lines)


def _lines(filters: FilterGroup, words: FilterWords) -> list[str]:
    """The items of a filter one by one; alternatives stay in one line."""
    if filters.match is Match.ALL:
        return [words.item(item, is_alone=True) for item in filters.items if item != FilterGroup()]
    return [words.group(filters)] if filters.items else []


def _only(measure: Measure, columns: Mapping[str, ResultColumn], words: FilterWords) -> str:
    return f"{columns[measure.key].label}: only where {words.group(measure.filters)}"


def _filters(filters: FilterGroup, dataset: Dataset, words: FilterWords) -> list[str]:
    """The filters: "paid orders only, where Amount is at least 10"."""
    if filters.match is not Match.ALL:
        return [_where("where", filters, words)]
    adjectives = {item: _adjective(item, dataset) for item in filters.items}
    only = [adjective for adjective in adjectives.values() if adjective]
    rest = FilterGroup(items=tuple(item for item in filters.items if not adjectives[item]))
    said = [f"{joined(only, 'and')} {lower_first(dataset.row_noun)} only"] if only else []
    return [*said, _where("where", rest, words)]


def _adjective(item: Condition | FilterGroup, dataset: Dataset) -> str | None:
    """What rows are called that a flag of one word holds for: "paid"."""
    if not isinstance(item, Condition) or item.operator is not Operator.IS or item.values != (True,):
        return None
    field = field_of(dataset, item.field)
    label = lower_first(field.label).removeprefix("is ")
    return label if field.type is FieldType.BOOLEAN and label.isalpha() else None


def _where(opening: str, filters: FilterGroup, words: FilterWords) -> str:
    return f"{opening} {words.group(filters)}" if _says_something(filters) else ""


def _says_something(group: FilterGroup) -> bool:
    return any(item != FilterGroup() for item in group.items)


def _field_words(
    definition: ReportDefinition, dataset: Dataset, logical_at: datetime, *, with_dates: bool
) -> FilterWords:
    return filter_words(definition, lambda name: field_of(dataset, name), logical_at, with_dates=with_dates)


def _kept(
    definition: ReportDefinition, columns: Mapping[str, ResultColumn], logical_at: datetime, *, with_dates: bool
) -> tuple[str, FilterGroup, FilterWords]:
    """How filters over the result begin, the filters, and their words."""

    def look_up(key: str) -> Field:
        column = columns[key]
        return Field(name=key, label=column.label, type=column.type, format=column.format)

    words = filter_words(definition, look_up, logical_at, with_dates=with_dates)
    return f"only {'groups' if definition.groupings else 'rows'} where", definition.result_filters, words


def _period(period: Period | None, definition: ReportDefinition, dataset: Dataset) -> str:
    """The window, and the field it is about where that is not the obvious one."""
    if period is None:
        return ""
    words = window_in_words(period.window, definition.calendar)
    return words if is_obvious_date(dataset, period.field) else f"{field_of(dataset, period.field).label} {words}"


def _closing(definition: ReportDefinition) -> list[str]:
    """What stands behind the question: how many rows, from when weeks and years count, what is asked for."""
    closing = []
    if definition.limit is not None:
        closing.append(f"at most {definition.limit:,} {'row' if definition.limit == 1 else 'rows'}")
    units = named_units(definition)
    if definition.calendar.week_start != 1 and Grain.WEEK in units:
        closing.append(f"weeks begin on {_WEEKDAYS[definition.calendar.week_start - 1]}")
    if definition.calendar.fiscal_year_start != 1 and units & FISCAL_UNITS:
        closing.append(f"fiscal years begin in {month_name[definition.calendar.fiscal_year_start]}")
    if definition.parameters:
        asked = [f"{item.label}{'' if item.is_required else ' (optional)'}" for item in definition.parameters]
        closing.append(f"asks for {joined(asked, 'and')}")
    return closing
