"""Says in plain English what a definition shows: its columns, or its measures and what they are grouped by."""

from collections.abc import Mapping, Sequence

from core.domain.dataset import Dataset
from core.domain.definition import Grouping, Measure, ReportDefinition
from core.domain.result import ResultColumn
from core.query.filter_words import FilterWords, joined
from core.query.labels import field_of, grain_words, is_obvious_date, lower_first

_MAX_NAMED_COLUMNS = 6


def subject_words(
    definition: ReportDefinition, dataset: Dataset, columns: Mapping[str, ResultColumn], words: FilterWords
) -> str:
    """What is shown: "orders with Country and Items", "Revenue by month across Country"."""
    if not definition.is_summary:
        keys = [*definition.columns, *(calculation.name for calculation in definition.calculations)]
        return f"{dataset.row_noun} with {_named([columns[key].label for key in _shown(keys, columns)])}"
    spread = definition.pivot.groupings if definition.pivot is not None else ()
    phrases = grouping_phrases(definition, dataset, columns)
    staying = [phrases[grouping.key] for grouping in definition.groupings if grouping.key not in spread]
    if not definition.measures:
        return f"every {joined(staying, 'and')} among the {lower_first(dataset.row_noun)}"
    by_key = {measure.key: measure for measure in definition.measures}
    measures = [_measure(by_key[key], columns[key].label, words) for key in _shown(list(by_key), columns)]
    said = joined(measures, "and")
    said += f" by {joined(staying, 'and')}" if staying else ""
    if definition.pivot is None:
        return said if staying else f"{said} in total"
    said += f" across {joined([phrases[key] for key in spread], 'and')}"
    return f"{said} and in total" if definition.pivot.with_totals else said


def grouping_phrases(
    definition: ReportDefinition, dataset: Dataset, columns: Mapping[str, ResultColumn]
) -> dict[str, str]:
    """How groupings are called in the sentence, by key.

    A grain speaks for its field where only one date is grouped, and the obvious one: "day"; otherwise "day of Shipped
    at".
    """
    dates = {grouping.field for grouping in definition.groupings if grouping.grain}
    options = {option.key for option in definition.options if option.label}
    return {
        grouping.key: columns[grouping.key].label
        if grouping.label or grouping.grain is None or grouping.key in options
        else _grain(grouping, dataset, definition, is_alone=len(dates) == 1)
        for grouping in definition.groupings
    }


def _grain(grouping: Grouping, dataset: Dataset, definition: ReportDefinition, *, is_alone: bool) -> str:
    if grouping.grain is None:
        return field_of(dataset, grouping.field).label
    words = grain_words(grouping.grain, definition.calendar)
    is_clear = is_alone and is_obvious_date(dataset, grouping.field)
    return words if is_clear else f"{words} of {field_of(dataset, grouping.field).label}"


def _measure(measure: Measure, label: str, words: FilterWords) -> str:
    return f"{label} (only where {words.group(measure.filters)})" if measure.filters.items else label


def _shown(keys: Sequence[str], columns: Mapping[str, ResultColumn]) -> Sequence[str]:
    """The keys that are not hidden; all where nothing is left to name."""
    return [key for key in keys if not columns[key].is_hidden] or keys


def _named(labels: Sequence[str]) -> str:
    if len(labels) <= _MAX_NAMED_COLUMNS:
        return joined(labels, "and")
    shown = labels[: _MAX_NAMED_COLUMNS - 1]
    return joined([*shown, f"{len(labels) - len(shown)} more columns"], "and")
