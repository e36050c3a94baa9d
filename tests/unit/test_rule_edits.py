"""Edits of marks: each gives a definition that the validator takes, once the mark has its value."""

from dataclasses import replace

import pytest

from core.domain.appearance import FormatRule, RuleKind, Tone
from core.domain.definition import Aggregation, Grouping, Measure, Pivot
from core.domain.filter import Operator
from core.query.validate import validate_definition
from pages.widgets import edits, rule_edits
from tests.screens.fake_data import SUMMARY, USAGE, columns

COLUMNS = {column.key: column for column in columns(SUMMARY)}
AT_LEAST = FormatRule(key="sum__revenue", operator=Operator.AT_LEAST, values=(3,), tone=Tone.BAD, whole_row=True)


def sound(definition):
    asked = edits.complete(definition)
    validate_definition(asked, USAGE)
    return asked


def test_a_new_mark_is_for_numbers_and_waits_for_its_value():
    made = rule_edits.add_rule(SUMMARY, COLUMNS)
    assert made.rules == (FormatRule(key="sum__revenue", operator=Operator.AT_LEAST, tone=Tone.GOOD),)
    assert sound(made).rules == ()
    whole = rule_edits.set_rule(made, 0, replace(made.rules[0], values=(5,)))
    assert sound(whole).rules == whole.rules
    assert rule_edits.set_rule(whole, 0, None) == SUMMARY
    assert rule_edits.add_rule(SUMMARY, {}) == SUMMARY


def test_columns_that_a_pivot_spreads_are_not_offered():
    spread = Pivot(groupings=("plan",), with_totals=True)
    wide = replace(SUMMARY, groupings=(*SUMMARY.groupings, Grouping(field="plan")), pivot=spread)
    offered = rule_edits.markable(wide, {column.key: column for column in columns(wide)})
    assert set(offered) == {"started_at__month", "count", "sum__revenue"}


@pytest.mark.parametrize("kind", [RuleKind.SCALE, RuleKind.BAR])
def test_shades_and_bars_take_no_condition_and_marks_get_one_again(kind):
    shaded = rule_edits.of_kind(AT_LEAST, kind)
    assert shaded == FormatRule(key="sum__revenue", kind=kind, tone=Tone.BAD)
    assert sound(replace(SUMMARY, rules=(shaded,))).rules == (shaded,)
    assert rule_edits.of_kind(shaded, RuleKind.MARK).operator is Operator.AT_LEAST
    assert rule_edits.of_kind(AT_LEAST, RuleKind.MARK) == AT_LEAST


def test_another_column_gets_the_condition_of_its_type():
    flags = replace(
        SUMMARY,
        groupings=(*SUMMARY.groupings, Grouping(field="country"), Grouping(field="is_trial")),
        measures=(*SUMMARY.measures, Measure(aggregation=Aggregation.MAX, field="signed_up_on")),
    )
    known = {column.key: column for column in columns(flags)}
    found = {key: rule_edits.of_column(AT_LEAST, known[key]) for key in known}
    assert {key: rule.operator for key, rule in found.items()} == {
        "started_at__month": Operator.AT_LEAST,
        "country": Operator.IS,
        "is_trial": Operator.IS,
        "count": Operator.AT_LEAST,
        "sum__revenue": Operator.AT_LEAST,
        "max__signed_up_on": Operator.AT_LEAST,
    }
    assert all(rule.whole_row and rule.tone is Tone.BAD for rule in found.values())
    assert sound(replace(flags, rules=tuple(found.values()))).rules == (found["is_trial"],)
    shaded = rule_edits.of_kind(AT_LEAST, RuleKind.SCALE)
    assert rule_edits.of_column(shaded, known["count"]) == replace(shaded, key="count")
    assert rule_edits.of_column(shaded, known["country"]).kind is RuleKind.MARK


def test_marks_change_their_order():
    both = replace(SUMMARY, rules=(AT_LEAST, rule_edits.of_kind(AT_LEAST, RuleKind.BAR)))
    assert rule_edits.move_rule_up(both, 1).rules == both.rules[::-1]
    assert rule_edits.move_rule_up(both, 0) == both
