"""Words for values: times, sizes, labels of choices and the short form of a filter."""

from dataclasses import replace
from datetime import date, datetime
from html import escape
from itertools import count
from typing import TypeVar

from core.domain.appearance import ChartKind
from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, CalculationKind, Comparison, Measure
from core.domain.field import Field, FieldType
from core.domain.filter import Condition, DateUnit, DateWindow, Grain, Match, Operator, ResolvedWindow, WindowKind
from core.domain.moments import days_words, instant_words, weekday_words
from core.domain.run import RunKind, RunState
from core.domain.schedule import Misfire

_Key = TypeVar("_Key")
_MARKDOWN = frozenset("\\`*_{}[]()#+-.!|:$~<>")
FIELD_ICONS = {
    FieldType.TEXT: ":material/match_case:",
    FieldType.INTEGER: ":material/tag:",
    FieldType.DECIMAL: ":material/tag:",
    FieldType.BOOLEAN: ":material/rule:",
    FieldType.DATE: ":material/calendar_today:",
    FieldType.DATETIME: ":material/schedule:",
}
AGGREGATIONS = {
    Aggregation.COUNT: "Number of",
    Aggregation.COUNT_DISTINCT: "Distinct",
    Aggregation.SUM: "Sum of",
    Aggregation.AVERAGE: "Average",
    Aggregation.MIN: "Lowest",
    Aggregation.MAX: "Highest",
    Aggregation.MEDIAN: "Median",
    Aggregation.PERCENTILE: "Percentile of",
}
CHARTS = {
    ChartKind.LINE: "Line",
    ChartKind.AREA: "Area",
    ChartKind.BAR: "Bars",
    ChartKind.HORIZONTAL_BAR: "Horizontal bars",
    ChartKind.SCATTER: "Scatter",
    ChartKind.PIE: "Pie",
}
OPERATORS = {
    Operator.IS: "is",
    Operator.IS_NOT: "is not",
    Operator.CONTAINS: "contains",
    Operator.NOT_CONTAINS: "does not contain",
    Operator.STARTS_WITH: "starts with",
    Operator.ENDS_WITH: "ends with",
    Operator.NOT_STARTS_WITH: "does not start with",
    Operator.NOT_ENDS_WITH: "does not end with",
    Operator.GREATER: "is more than",
    Operator.AT_LEAST: "is at least",
    Operator.LESS: "is less than",
    Operator.AT_MOST: "is at most",
    Operator.BETWEEN: "is between",
    Operator.NOT_BETWEEN: "is not between",
    Operator.IN_WINDOW: "is in",
    Operator.NOT_IN_WINDOW: "is not in",
    Operator.IS_EMPTY: "is empty",
    Operator.IS_NOT_EMPTY: "is not empty",
}
DATE_OPERATORS = {
    Operator.GREATER: "is after",
    Operator.AT_LEAST: "is on or after",
    Operator.LESS: "is before",
    Operator.AT_MOST: "is on or before",
}
GRAINS = {grain: str(grain).replace("_", " ") for grain in Grain} | {Grain.ISO_WEEK: "ISO week"}
CALCULATIONS = {
    CalculationKind.RUNNING_TOTAL: "Running total",
    CalculationKind.SHARE: "Share of the total",
    CalculationKind.RANK: "Rank",
    CalculationKind.PREVIOUS: "Value before",
    CalculationKind.CHANGE: "Change",
    CalculationKind.CHANGE_PERCENT: "Change in %",
    CalculationKind.EXPRESSION: "Expression",
}
COMPARISONS = {Comparison.PREVIOUS_PERIOD: "the period before", Comparison.PREVIOUS_YEAR: "the same time last year"}
MATCHES = {Match.ALL: "all of these", Match.ANY: "any of these", Match.NONE: "none of these"}
WINDOWS = {
    WindowKind.LAST: "Last",
    WindowKind.THIS: "This",
    WindowKind.TO_DATE: "To date",
    WindowKind.NEXT: "Next",
    WindowKind.BETWEEN: "Fixed dates",
}
MISFIRES = {
    Misfire.LATEST: "Send the newest missed one, mark the others as missed",
    Misfire.SKIP: "Skip them all, mark them as missed",
    Misfire.ALL: "Send every one, oldest first",
}
RUN_KINDS = {
    RunKind.SCHEDULED: "Scheduled",
    RunKind.MANUAL: "Sent by hand",
    RunKind.TEST: "Test",
    RunKind.EXPORT: "Download",
    RunKind.BACKFILL: "Made again",
}
#: State -> (label, tone of its mark).
STATES = {
    RunState.PENDING: ("Waiting", "quiet"),
    RunState.WAITING: ("Will retry", "amber"),
    RunState.RUNNING: ("Running", "live"),
    RunState.HELD: ("Held for approval", "amber"),
    RunState.COMPLETED: ("Completed", "green"),
    RunState.PARTIAL: ("Partly delivered", "amber"),
    RunState.FAILED: ("Failed", "red"),
    RunState.CANCELLED: ("Cancelled", "quiet"),
    RunState.SKIPPED: ("Skipped", "quiet"),
    RunState.MISSED: ("Missed", "amber"),
}


def day(value: date) -> str:
    """Return a day with its weekday: "Mon 23 Nov 2026"."""
    return weekday_words(value)


def moment(value: datetime | None, timezone: str, *, zone: bool = True) -> str:
    """Return an instant as "Mon 23 Nov 2026, 09:00 (New York)", without the zone where the screen says it once."""
    if value is None:
        return ""
    shown = instant_words(value, timezone)
    return shown if zone else shown.rpartition(" (")[0]


def ago(value: datetime | None, now: datetime) -> str:
    """Return how long ago an instant was: "2 h ago"."""
    if value is None:
        return ""
    seconds = int((now - value).total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return "just now"


def span(window: ResolvedWindow) -> str:
    """Return the days of a window: "16 to 22 Nov 2026"."""
    return days_words(window.first_on, window.last_on)


def size(size_bytes: int) -> str:
    """Return a file's size: "48 kB"."""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    if size_bytes < 1_000_000:
        return f"{size_bytes / 1000:.0f} kB"
    return f"{size_bytes / 1_000_000:.1f} MB"


def seconds(value: float | None) -> str:
    """Return a duration: "0.42 s"."""
    if value is None:
        return ""
    return f"{value:.2f} s" if value < 10 else f"{value:,.0f} s"


def operator(value: Operator, field_type: FieldType) -> str:
    """Return an operator in words that suit the field's type."""
    return (DATE_OPERATORS.get(value) if field_type.is_temporal else None) or OPERATORS[value]


def measure(value: Measure, dataset: Dataset) -> str:
    """Return a measure in words: "Sum of revenue"."""
    if value.label:
        return value.label
    if value.dataset_measure is not None:
        known = dataset.measure(value.dataset_measure)
        return known.label if known else value.dataset_measure
    if value.aggregation is None:
        return (value.name or "Figure").replace("_", " ").capitalize()
    if value.field is None:
        return f"Number of {dataset.row_noun}"
    field = dataset.field(value.field)
    condensed = f"{AGGREGATIONS[value.aggregation]} {field.label.lower() if field else value.field}"
    return condensed if value.percent is None else f"{condensed} ({value.percent:g} %)"


def window(value: DateWindow) -> str:
    """Return a date window in words: "last 30 days", "this month, 1 year before"."""
    if value.offset:
        size = abs(value.offset)
        moved = f"{size} {unit(value.offset_unit, size)} {'before' if value.offset < 0 else 'after'}"
        return f"{window(replace(value, offset=0))}, {moved}"
    if value.kind is WindowKind.BETWEEN and value.first_on and value.last_on:
        return days_words(value.first_on, value.last_on)
    if value.kind is WindowKind.THIS:
        return f"this {value.unit}"
    if value.kind is WindowKind.TO_DATE:
        return f"{value.unit} to date"
    many = f"{value.n} {value.unit}s" if value.n != 1 else str(value.unit)
    return f"{value.kind} {many}" + (" and now" if value.include_current else "")


def condition(value: Condition, field: Field) -> str:
    """Return a filter as it stands on its chip: "Country is Germany, France"."""
    words = f"{field.label} {operator(value.operator, field.type)}"
    if value.parameter is not None:
        return f"{words} (asked)"
    if value.operator in (Operator.IN_WINDOW, Operator.NOT_IN_WINDOW) and value.window:
        return f"{field.label} {'not ' if value.operator is Operator.NOT_IN_WINDOW else ''}in {window(value.window)}"
    if value.operator in (Operator.IS_EMPTY, Operator.IS_NOT_EMPTY):
        return words
    if not value.values:
        return f"{words} …"
    joint = " and " if value.operator in (Operator.BETWEEN, Operator.NOT_BETWEEN) else ", "
    shown = [scalar(item) for item in value.values[:3]]
    more = len(value.values) - len(shown)
    return f"{words} {joint.join(shown)}" + (f" and {more} more" if more else "")


def scalar(value: object) -> str:
    """Return one filter value in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, int | float):
        return f"{value:,}"
    return str(value)


def unit(value: DateUnit, n: int = 1) -> str:
    """Return a date unit, in the plural where `n` asks for it."""
    return str(value) if n == 1 else f"{value}s"


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun: "1 person", "1,200 people"."""
    return f"{number:,} {one if number == 1 else many}"


def html(text: str) -> str:
    """Return text that HTML shows as it is."""
    return escape(text)


def plain(text: str) -> str:
    """Return text that a label, which reads Markdown, shows as it is."""
    return "".join(f"\\{character}" if character in _MARKDOWN else character for character in text)


def distinct(labels: dict[_Key, str]) -> dict[_Key, str]:
    """Number labels that stand twice: Streamlit tells the options of a choice apart by their labels alone."""
    told: dict[_Key, str] = {}
    for key, label in labels.items():
        taken = set(told.values())
        others = (f"{label} ({number})" for number in count(2))
        told[key] = label if label not in taken else next(other for other in others if other not in taken)
    return told
