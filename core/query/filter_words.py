"""Says filters in plain English."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.domain.definition import ReportDefinition
from core.domain.field import Field, FieldType, NumberStyle
from core.domain.filter import Calendar, Condition, FilterGroup, Match, Operator, Scalar
from core.domain.moments import day_words
from core.domain.operator_words import verb
from core.domain.text import is_one_line
from core.query.window_words import (
    instant_in_words,
    resolved_days_in_words,
    window_as_predicate,
    window_in_words,
)

_MAX_NAMED_VALUES = 5
_MAX_TEXT = 60
_RANGES = (Operator.BETWEEN, Operator.NOT_BETWEEN)
#: Operators that heed case unless told otherwise.
_HEEDING = (Operator.IS, Operator.IS_NOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterWords:
    """Words for the filters of one definition. `with_dates` adds the days that relative windows stand for."""

    look_up: Callable[[str], Field]  #: finds what a condition names
    timezone: str
    calendar: Calendar
    parameters: Mapping[str, str]  #: labels by name
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
        """A condition or a group; groups among others stand in parentheses. What is switched off says so."""
        if item.is_off:
            return f"{self.item(replace(item, is_off=False), is_alone=is_alone)} (not applied)"
        if isinstance(item, Condition):
            return self.condition(item, is_alone=is_alone)
        needs_none = is_alone or item.match is Match.NONE or len(item.items) == 1
        return self.group(item) if needs_none else f"({self.group(item)})"

    def condition(self, condition: Condition, *, is_alone: bool = False) -> str:
        """One condition: "Country is "DE" or "FR"", "Shipped at is within the last 7 days", "Country is [Region]"."""
        field = self.look_up(condition.field)
        if condition.window is not None:
            return self._window(condition, field, is_alone=is_alone)
        is_said = f"{field.label} {verb(condition.operator, is_temporal=field.type.is_temporal)}"
        values = self._values(condition.values, field)
        if not values and condition.parameter is not None:
            values = [f"[{self.parameters.get(condition.parameter, condition.parameter)}]"]
        if not values:
            return is_said
        joining = "and" if condition.operator in _RANGES else "or"
        return f"{is_said} {joined(values, joining)}{_case(condition, field)}"

    def _window(self, condition: Condition, field: Field, *, is_alone: bool) -> str:
        window, calendar = condition.window, self.calendar
        if window is None:
            return field.label
        days = resolved_days_in_words(window, self.logical_at, self.timezone, calendar)
        is_negated = condition.operator is Operator.NOT_IN_WINDOW
        if self.with_dates and is_alone and not is_negated:
            words = window_in_words(window, calendar)
            return f"{field.label}: {words}" if words == days else f"{field.label}: {words} ({days})"
        predicate = f"{field.label} {window_as_predicate(window, calendar, negated=is_negated)}"
        return f"{predicate} ({days})" if self.with_dates and not predicate.endswith(days) else predicate

    def _values(self, values: Sequence[Scalar], field: Field) -> list[str]:
        """The values in words; of many only the first ones."""
        if len(values) <= _MAX_NAMED_VALUES:
            return [self._value(value, field) for value in values]
        shown = values[: _MAX_NAMED_VALUES - 1]
        return [*(self._value(value, field) for value in shown), f"one of {len(values) - len(shown):,} more"]

    def _value(self, value: Scalar, field: Field) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return str(value) if field.format.style is NumberStyle.PLAIN else f"{value:,}"
        if field.type.is_temporal:
            return self._moment(value)
        text = str(value)
        shown = "".join(character if is_one_line(character) else " " for character in text[:_MAX_TEXT])
        return f'"{shown}…"' if len(text) > _MAX_TEXT else f'"{shown}"'

    def _moment(self, value: str | date) -> str:
        if isinstance(value, str):
            value = date.fromisoformat(value) if len(value) <= len("2026-11-23") else datetime.fromisoformat(value)
        if not isinstance(value, datetime):
            return day_words(value)
        return instant_in_words(value if value.tzinfo else value.replace(tzinfo=ZoneInfo(self.timezone)), self.timezone)


def filter_words(
    definition: ReportDefinition, look_up: Callable[[str], Field], logical_at: datetime, *, with_dates: bool
) -> FilterWords:
    """Words for filters of `definition`; `look_up` finds what their conditions name."""
    return FilterWords(
        look_up=look_up,
        timezone=definition.timezone,
        calendar=definition.calendar,
        parameters={parameter.name: parameter.label for parameter in definition.parameters},
        logical_at=logical_at,
        with_dates=with_dates,
    )


def joined(words: Sequence[str], last: str) -> str:
    """Join words the way people do: "A, B and C"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def _case(condition: Condition, field: Field) -> str:
    """What differs from how the operator treats case by itself."""
    heeds = condition.operator in _HEEDING
    if field.type is not FieldType.TEXT or condition.ignore_case is None or condition.ignore_case is not heeds:
        return ""
    return " (in any case)" if condition.ignore_case else " (case as written)"
