"""What the parts of a definition are called in its history, also where a field or its whole dataset is gone."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from core.domain.appearance import Chart, ColumnOption, FormatRule, RuleKind
from core.domain.dataset import Dataset
from core.domain.definition import Calculation, Comparison, Grouping, Measure, Period, ReportDefinition
from core.domain.field import Field, FieldType
from core.domain.filter import Calendar, Condition, FilterGroup
from core.domain.operator_words import verb
from core.domain.result import ResultColumn
from core.errors import BroadsheetError
from core.query.columns import result_columns
from core.query.filter_words import FilterWords, filter_words, joined
from core.query.labels import calculation_label, grouping_label, measure_label, words_of
from core.query.result_words import ordered, top_words, totals_words
from core.query.window_words import window_in_words

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class Names:
    """Words for the parts of one definition."""

    def __init__(self, definition: ReportDefinition, dataset: Dataset | None, logical_at: datetime) -> None:
        self._definition = definition
        self._dataset = dataset
        self._columns = _columns(definition, dataset)
        self._filters = filter_words(definition, self._look_up, logical_at, with_dates=False)
        self._result_filters = filter_words(definition, self._look_up_key, logical_at, with_dates=False)

    @property
    def dataset(self) -> str:
        """The dataset that is asked."""
        return "one that is gone" if self._dataset is None else self._dataset.label

    def field(self, name: str) -> str:
        """A field."""
        return self._look_up(name).label

    def grouping(self, grouping: Grouping) -> str:
        """A grouping with its grain."""
        dataset = self._dataset
        if dataset is None or dataset.field(grouping.field) is None:
            return grouping.label or words_of(grouping.key)
        return grouping_label(grouping, dataset, self._definition.calendar)

    def measure(self, measure: Measure) -> str:
        """A measure."""
        return (
            measure.label or words_of(measure.key) if self._dataset is None else measure_label(measure, self._dataset)
        )

    def calculation(self, calculation: Calculation) -> str:
        """A calculation, after the measure that it is of."""
        of = None if calculation.of is None else self.key(calculation.of)
        return calculation_label(calculation, of)

    def key(self, key: str) -> str:
        """A result column, as it is called."""
        return self._columns[key].label if key in self._columns else words_of(key)

    def column_without_option(self, key: str) -> str:
        """A result column, as it is called before somebody gave it another name."""
        named = {grouping.key: self.grouping(grouping) for grouping in self._definition.groupings}
        named |= {measure.key: self.measure(measure) for measure in self._definition.measures}
        named |= {item.name: self.calculation(item) for item in self._definition.calculations}
        return named.get(key) or self.field(key)

    def period(self, period: Period | None) -> str | None:
        """The span a report is about, with its field and what it is compared with."""
        if period is None:
            return None
        asked = f", asked for as {period.parameter}" if period.parameter else ""
        compared = ", compared with the year before" if period.against is Comparison.PREVIOUS_YEAR else ""
        window = window_in_words(period.window, self._definition.calendar)
        return f"{window} of {self.field(period.field)}{asked}{compared}"

    def filter(self, item: Condition | FilterGroup) -> str:
        """A condition over fields, or a group of them."""
        return _condition(self._filters, item)

    def result_filter(self, item: Condition | FilterGroup) -> str:
        """A condition over the result, or a group of them."""
        return _condition(self._result_filters, item)

    def group(self, group: FilterGroup) -> str:
        """All filters over fields."""
        return self._filters.group(group)

    def result_group(self, group: FilterGroup) -> str:
        """All filters over the result."""
        return self._result_filters.group(group)

    def top(self) -> str:
        """Which groups are kept; nothing where all are."""
        return self._said(lambda: top_words(self._definition, self._columns))

    def totals(self) -> str:
        """Which totals are added; nothing where none are."""
        return self._said(lambda: totals_words(self._definition, self._columns).removeprefix("with "))

    def order(self) -> str:
        """The order; nothing where none is asked for."""
        return self._said(lambda: ordered(self._definition, self._columns))

    def pivot(self) -> str:
        """The groupings whose values are columns."""
        pivot = self._definition.pivot
        if pivot is None:
            return "nothing"
        return f"{_listed([self.key(key) for key in pivot.groupings])}{' with totals' if pivot.with_totals else ''}"

    def chart(self, chart: Chart | None) -> str:
        """A chart and what it draws."""
        return "none" if chart is None else f"{words_of(chart.kind).lower()} of {self.drawn(chart)}"

    def drawn(self, chart: Chart) -> str:
        """What a chart draws."""
        color = f", coloured by {self.key(chart.color)}" if chart.color else ""
        return f"{_listed([self.key(key) for key in chart.y])} by {self.key(chart.x)}{color}"

    def rule(self, rule: FormatRule) -> str:
        """A marking."""
        column = self.key(rule.key)
        if rule.kind is not RuleKind.MARK or rule.operator is None:
            return f"{column} {'shaded' if rule.kind is RuleKind.SCALE else 'as bars'}"
        kind = self._columns[rule.key].type if rule.key in self._columns else FieldType.TEXT
        values = " ".join(str(value) for value in rule.values)
        whole = ", whole row" if rule.whole_row else ""
        return (
            f"{rule.tone} where {column} {verb(rule.operator, is_temporal=kind.is_temporal)} {values}".rstrip() + whole
        )

    def _said(self, say: Callable[[], str]) -> str:
        """Words that name columns; where one of them is gone, only that there are such."""
        with suppress(KeyError):
            return say()
        return "by a column that is gone"

    def _look_up(self, name: str) -> Field:
        known = None if self._dataset is None else self._dataset.field(name)
        return known or Field(name=name, label=words_of(name), type=FieldType.TEXT)

    def _look_up_key(self, key: str) -> Field:
        column = self._columns.get(key)
        if column is None:
            return Field(name=key, label=words_of(key), type=FieldType.DECIMAL)
        return Field(name=key, label=column.label, type=column.type, format=column.format)


def measure_change(before: Measure, after: Measure) -> list[str]:
    """Say what differs in a measure that keeps its key, its label apart."""
    said = []
    if before.filters != after.filters:
        said.append("counts other rows in")
    if before.expression != after.expression:
        said.append("computed in another way")
    if before.format != after.format:
        said.append("written in another way")
    return said


def option_change(label: str, before: ColumnOption | None, after: ColumnOption | None) -> list[str]:
    """Say what differs in how a column is called, shown, sized and written."""
    was, now = before or ColumnOption(key=label), after or ColumnOption(key=label)
    lines = []
    if was.label != now.label:
        lines.append(f"Column {was.label or label} renamed to {now.label or label}")
    if was.is_hidden is not now.is_hidden:
        lines.append(f"Column {now.label or label} {'hidden' if now.is_hidden else 'shown'}")
    if was.width != now.width:
        lines.append(f"Column {now.label or label} {'has another width' if now.width else 'has its usual width again'}")
    if was.format != now.format:
        lines.append(f"Column {now.label or label} is written in another way")
    return lines or [f"Column {now.label or label} changed"]


def calendar_words(calendar: Calendar) -> str:
    """Say where weeks and years begin."""
    return f"weeks from {_WEEKDAYS[calendar.week_start - 1]}, years from {_MONTHS[calendar.fiscal_year_start - 1]}"


def _columns(definition: ReportDefinition, dataset: Dataset | None) -> dict[str, ResultColumn]:
    if dataset is None:
        return {}
    with suppress(BroadsheetError):
        return {column.key: column for column in result_columns(definition, dataset)}
    return {}


def _condition(words: FilterWords, item: Condition | FilterGroup) -> str:
    return words.item(item, is_alone=True) if item != FilterGroup() else "anything"


def _listed(labels: Sequence[str]) -> str:
    return joined(labels, "and") if labels else "nothing"
