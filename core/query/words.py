"""Says in plain English what a definition asks: one sentence, its filters, its period."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.dataset import Dataset, FieldType
from core.domain.definition import Grouping, ReportDefinition, Sort
from core.domain.filter import FilterGroup, Match
from core.domain.result import ResultColumn
from core.query.columns import field_of, lower_first, measure_label, result_columns, sentence_case
from core.query.filter_words import FilterWords, joined
from core.query.window_words import period_in_words, resolved_in_words, window_in_words

__all__ = ["describe", "filters_in_words", "period_in_words"]

_MAX_NAMED_COLUMNS = 6
#: How an order reads, per kind of value: ascending, descending.
_ORDER_WORDS = {
    FieldType.TEXT: ("{} A to Z", "{} Z to A"),
    FieldType.INTEGER: ("lowest {} first", "highest {} first"),
    FieldType.DECIMAL: ("lowest {} first", "highest {} first"),
    FieldType.BOOLEAN: ("{} false first", "{} true first"),
    FieldType.DATE: ("oldest {} first", "newest {} first"),
    FieldType.DATETIME: ("oldest {} first", "newest {} first"),
}


def describe(definition: ReportDefinition, dataset: Dataset, logical_at: datetime) -> str:
    """The definition as one sentence without a full stop: "Events by day, last 7 days; at most 1,000 rows"."""
    parts = [_subject(definition, dataset)]
    if definition.period is not None:
        parts.append(_period(definition, dataset))
    if definition.filters.items:
        words = FilterWords(dataset=dataset, timezone=definition.timezone, logical_at=logical_at, with_dates=False)
        parts.append(f"where {words.group(definition.filters)}")
    if definition.sort:
        parts.append(_order(definition.sort, result_columns(definition, dataset)))
    sentence = ", ".join(parts)
    if definition.limit is not None:
        sentence += f"; at most {definition.limit:,} {'row' if definition.limit == 1 else 'rows'}"
    return sentence_case(sentence)


def filters_in_words(definition: ReportDefinition, dataset: Dataset, logical_at: datetime) -> tuple[str, ...]:
    """The period and each filter on its own, with the days that relative dates stand for."""
    lines = []
    if definition.period is not None:
        label = field_of(dataset, definition.period.field).label
        window = definition.period.window
        lines.append(f"{label}: {resolved_in_words(window, logical_at, definition.timezone)}")
    words = FilterWords(dataset=dataset, timezone=definition.timezone, logical_at=logical_at, with_dates=True)
    filters = definition.filters
    if filters.match is Match.ALL:
        lines.extend(words.item(item, is_alone=True) for item in filters.items if item != FilterGroup())
    elif filters.items:
        lines.append(words.group(filters))
    return tuple(sentence_case(line) for line in lines)


def _subject(definition: ReportDefinition, dataset: Dataset) -> str:
    noun = dataset.row_noun
    if not definition.is_summary:
        labels = [field_of(dataset, name).label for name in definition.columns]
        return f"{noun} with {_named(labels)}"
    measures = [measure_label(measure, dataset) for measure in definition.measures]
    groupings = _groupings(definition.groupings, dataset)
    if not measures:
        return f"every {joined(groupings, 'and')} among the {lower_first(noun)}"
    return (
        f"{joined(measures, 'and')} by {joined(groupings, 'and')}"
        if groupings
        else f"{joined(measures, 'and')} in total"
    )


def _named(labels: Sequence[str]) -> str:
    if len(labels) <= _MAX_NAMED_COLUMNS:
        return joined(labels, "and")
    shown = labels[: _MAX_NAMED_COLUMNS - 1]
    return joined([*shown, f"{len(labels) - len(shown)} more columns"], "and")


def _groupings(groupings: Sequence[Grouping], dataset: Dataset) -> list[str]:
    """A grain speaks for its field where only one date is grouped: "day"; otherwise "day of Shipped at"."""
    dates = {grouping.field for grouping in groupings if grouping.grain}
    words = []
    for grouping in groupings:
        label = field_of(dataset, grouping.field).label
        if grouping.grain is None:
            words.append(label)
        else:
            words.append(str(grouping.grain) if len(dates) == 1 else f"{grouping.grain} of {label}")
    return words


def _period(definition: ReportDefinition, dataset: Dataset) -> str:
    """The window, and the field it is about where that is not the obvious one."""
    if definition.period is None:
        return ""
    name = definition.period.field
    words = window_in_words(definition.period.window)
    others = [field.name for field in dataset.fields if field.type.is_temporal and field.name != name]
    is_obvious = name == dataset.time_field or (dataset.time_field is None and not others)
    return words if is_obvious else f"{field_of(dataset, name).label} {words}"


def _order(sort: Sequence[Sort], columns: Sequence[ResultColumn]) -> str:
    by_key = {column.key: column for column in columns}
    has_one_date = sum(column.type.is_temporal for column in columns) == 1
    phrases = []
    for item in sort:
        column = by_key[item.key]
        words = _ORDER_WORDS[column.type][item.descending]
        if column.type.is_temporal and has_one_date:
            words = words.replace("{} ", "")
        phrases.append(words.format(column.label))
    return ", then ".join(phrases)
