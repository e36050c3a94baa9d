"""Edits of the marks of a result (conditional formatting): made, changed, put in order, taken out. Pure functions."""

from collections.abc import Mapping
from dataclasses import replace

from core.domain.appearance import FormatRule, RuleKind, Tone
from core.domain.definition import ReportDefinition
from core.domain.field import FieldType
from core.domain.filter import Condition, Operator
from core.domain.result import ResultColumn


def markable(d: ReportDefinition, columns: Mapping[str, ResultColumn]) -> dict[str, ResultColumn]:
    """Return the columns that have cells to mark: all but those that a pivot spreads."""
    spread = d.pivot.groupings if d.pivot else ()
    return {key: column for key, column in columns.items() if key not in spread}


def add_rule(d: ReportDefinition, columns: Mapping[str, ResultColumn]) -> ReportDefinition:
    """Add a mark, to start with for the last column of numbers; it may still lack its value."""
    offered = markable(d, columns)
    if not offered:
        return d
    numbers = [column for column in offered.values() if column.type.is_number and not column.is_hidden]
    column = numbers[-1] if numbers else next(iter(offered.values()))
    made = FormatRule(key=column.key, tone=Tone.GOOD, operator=Operator.IS)
    return replace(d, rules=(*d.rules, of_column(made, column)))


def set_rule(d: ReportDefinition, position: int, rule: FormatRule | None) -> ReportDefinition:
    """Replace the mark at `position`, or drop it."""
    return replace(d, rules=(*d.rules[:position], *([rule] if rule else []), *d.rules[position + 1 :]))


def move_rule_up(d: ReportDefinition, position: int) -> ReportDefinition:
    """Swap a mark with the one before it, which then yields to it."""
    if not 0 < position < len(d.rules):
        return d
    order = list(d.rules)
    order[position - 1], order[position] = order[position], order[position - 1]
    return replace(d, rules=tuple(order))


def of_kind(rule: FormatRule, kind: RuleKind) -> FormatRule:
    """Mark another way; shades and bars take no condition and no whole rows."""
    if kind is rule.kind:
        return rule
    operator = Operator.AT_LEAST if kind is RuleKind.MARK else None
    return FormatRule(key=rule.key, kind=kind, operator=operator, tone=rule.tone)


def of_column(rule: FormatRule, column: ResultColumn) -> FormatRule:
    """Mark another column, with the condition that its type usually gets; shades and bars stay with numbers."""
    if rule.kind is not RuleKind.MARK and column.type.is_number:
        return replace(rule, key=column.key)
    first = Operator.IS if column.type in (FieldType.TEXT, FieldType.BOOLEAN) else Operator.AT_LEAST
    values = (True,) if column.type is FieldType.BOOLEAN else ()
    return FormatRule(key=column.key, operator=first, values=values, tone=rule.tone, whole_row=rule.whole_row)


def condition_of(rule: FormatRule) -> Condition:
    """Return the condition of a mark, as filters have it."""
    return Condition(field=rule.key, operator=rule.operator or Operator.IS_NOT_EMPTY, values=rule.values)


def with_condition(rule: FormatRule, condition: Condition) -> FormatRule:
    """Mark under another condition."""
    return replace(rule, operator=condition.operator, values=condition.values)
