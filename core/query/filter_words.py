"""Says filters in plain English."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.domain.dataset import Dataset, Field, NumberStyle
from core.domain.filter import Condition, FilterGroup, Match, Operator, Scalar
from core.domain.moments import day_words
from core.query.columns import field_of
from core.query.window_words import (
    instant_in_words,
    resolved_days_in_words,
    window_as_predicate,
    window_in_words,
)

_MAX_NAMED_VALUES = 5
_MAX_TEXT = 60
_VERBS = {
    Operator.IS: "is",
    Operator.IS_NOT: "is not",
    Operator.CONTAINS: "contains",
    Operator.NOT_CONTAINS: "does not contain",
    Operator.STARTS_WITH: "starts with",
    Operator.ENDS_WITH: "ends with",
    Operator.GREATER: "is greater than",
    Operator.AT_LEAST: "is at least",
    Operator.LESS: "is less than",
    Operator.AT_MOST: "is at most",
    Operator.BETWEEN: "is between",
    Operator.IS_EMPTY: "is empty",
    Operator.IS_NOT_EMPTY: "is not empty",
}
_TEMPORAL_VERBS = {
    Operator.GREATER: "is after",
    Operator.AT_LEAST: "is on or after",
    Operator.LESS: "is before",
    Operator.AT_MOST: "is on or before",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterWords:
    """Words for the filters of one definition. `with_dates` adds the days that relative windows stand for."""

    dataset: Dataset
    timezone: str
    logical_at: datetime
    with_dates: bool

    def group(self, group: FilterGroup) -> str:
        """A group: "A and B", "A or B", "not (A or B)"."""
        items = [item for item in group.items if item != FilterGroup()]
        if not items:
            return "anything"
        words = [self.item(item, is_alone=len(items) == 1 and group.match is not Match.NONE) for item in items]
        match group.match:
            case Match.ALL:
                return " and ".join(words)
            case Match.ANY:
                return " or ".join(words)
            case Match.NONE:
                return f"not ({' or '.join(words)})"

    def item(self, item: Condition | FilterGroup, *, is_alone: bool) -> str:
        """A condition or a group; groups among others stand in parentheses."""
        if isinstance(item, Condition):
            return self.condition(item, is_alone=is_alone)
        needs_none = is_alone or item.match is Match.NONE or len(item.items) == 1
        return self.group(item) if needs_none else f"({self.group(item)})"

    def condition(self, condition: Condition, *, is_alone: bool = False) -> str:
        """One condition: "Country is "DE" or "FR"", "Shipped at is within the last 7 days"."""
        field = field_of(self.dataset, condition.field)
        if condition.window is not None:
            days = resolved_days_in_words(condition.window, self.logical_at, self.timezone)
            if self.with_dates and is_alone:
                words = window_in_words(condition.window)
                return f"{field.label}: {words}" if words == days else f"{field.label}: {words} ({days})"
            predicate = window_as_predicate(condition.window)
            return f"{field.label} {predicate} ({days})" if self.with_dates else f"{field.label} {predicate}"
        verb = (_TEMPORAL_VERBS if field.type.is_temporal else {}).get(
            condition.operator, _VERBS.get(condition.operator, "")
        )
        values = [self._value(value, field) for value in condition.values]
        if not values:
            return f"{field.label} {verb}"
        joining = "and" if condition.operator is Operator.BETWEEN else "or"
        return f"{field.label} {verb} {_some(values, joining)}"

    def _value(self, value: Scalar, field: Field) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return str(value) if field.format.style is NumberStyle.PLAIN else f"{value:,}"
        if field.type.is_temporal:
            return self._moment(value)
        text = str(value)
        return f'"{text[:_MAX_TEXT]}…"' if len(text) > _MAX_TEXT else f'"{text}"'

    def _moment(self, value: str | date) -> str:
        if isinstance(value, str):
            value = date.fromisoformat(value) if len(value) <= len("2026-11-23") else datetime.fromisoformat(value)
        if not isinstance(value, datetime):
            return day_words(value)
        return instant_in_words(value if value.tzinfo else value.replace(tzinfo=ZoneInfo(self.timezone)), self.timezone)


def joined(words: Sequence[str], last: str) -> str:
    """Join words the way people do: "A, B and C"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def _some(values: Sequence[str], last: str) -> str:
    if len(values) <= _MAX_NAMED_VALUES:
        return joined(values, last)
    shown = values[: _MAX_NAMED_VALUES - 1]
    return joined([*shown, f"one of {len(values) - len(shown):,} more"], last)
