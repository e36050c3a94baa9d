"""What conditional formatting means, in words: the legend of a table, for eye and ear."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from core.domain.appearance import FormatRule, RuleKind
from core.domain.field import FieldType
from core.domain.filter import Operator, Scalar
from core.domain.operator_words import verb
from core.domain.result import ResultColumn
from core.render.cells import display_number, display_value
from core.render.tones import SIGNS, TONE_WORDS

_RANGES = (Operator.BETWEEN, Operator.NOT_BETWEEN)
_MOST_VALUES = 5
_MOST_TEXT = 60


def rules_in_words(rules: Sequence[FormatRule], columns: Sequence[ResultColumn], timezone: str) -> tuple[str, ...]:
    """One phrase for each rule that has a column here: "✕ bad: Margin is less than 0.0%", "shaded: Revenue"."""
    named = [(rule, _column(rule, columns)) for rule in rules]
    return tuple(dict.fromkeys(_phrase(rule, column, timezone) for rule, column in named if column is not None))


def _column(rule: FormatRule, columns: Sequence[ResultColumn]) -> ResultColumn | None:
    keys = (rule.key, f"{rule.key}|")
    found = next((one for one in columns if one.key == keys[0] or (one.spans and one.key.startswith(keys[1]))), None)
    is_unseen = found is not None and found.is_hidden and rule.kind is not RuleKind.MARK
    return None if is_unseen else found


def _phrase(rule: FormatRule, column: ResultColumn, timezone: str) -> str:
    if rule.kind is not RuleKind.MARK:
        return f"{'shaded' if rule.kind is RuleKind.SCALE else 'bars'}: {column.label}"
    sign = SIGNS.get(rule.tone)
    tone = f"{sign} {TONE_WORDS[rule.tone]}" if sign else TONE_WORDS[rule.tone]
    return f"{tone}{', whole row' if rule.whole_row or column.is_hidden else ''}: {_condition(rule, column, timezone)}"


def _condition(rule: FormatRule, column: ResultColumn, timezone: str) -> str:
    operator = rule.operator or Operator.IS
    is_said = f"{column.label} {verb(operator, is_temporal=column.type.is_temporal)}"
    shown = rule.values if len(rule.values) <= _MOST_VALUES else rule.values[: _MOST_VALUES - 1]
    words = [_value(value, column, timezone) for value in shown]
    if len(shown) < len(rule.values):
        words.append(f"one of {len(rule.values) - len(shown):,} more")
    last = "and" if operator in _RANGES else "or"
    listed = f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)
    return f"{is_said} {listed}".rstrip()


def _value(value: Scalar, column: ResultColumn, timezone: str) -> str:
    """A value as cells of its column are written."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int | float) and column.type.is_number:
        return display_number(Decimal(str(value)) if isinstance(value, float) else value, column.format)
    if column.type is FieldType.TEXT:
        text = " ".join(str(value).split())
        return f'"{text[:_MOST_TEXT]}…"' if len(text) > _MOST_TEXT else f'"{text}"'
    if isinstance(value, str):
        with suppress(ValueError):
            value = datetime.fromisoformat(value) if len(value) > len("2026-11-23") else date.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is None:
        value = value.replace(tzinfo=ZoneInfo(timezone))
    return display_value(value, column.type, column.format, timezone)
