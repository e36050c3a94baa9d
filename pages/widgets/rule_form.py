"""The marks of a result (conditional formatting): which cells stand out, how, and which mark goes before which."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from core.domain.access import Principal
from core.domain.appearance import FormatRule, RuleKind, Tone
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.field import FieldType
from core.domain.filter import Condition
from core.domain.result import ResultColumn
from pages.widgets import draft as drafts
from pages.widgets import keys, rule_edits, words
from pages.widgets.app import broadsheet
from pages.widgets.condition import with_operator
from pages.widgets.edits import WINDOWS
from pages.widgets.filter_place import as_field
from pages.widgets.operands import Operand, operand_inputs
from pages.widgets.property_rows import drop, opener, row, section
from pages.widgets.value_picker import FindValues, no_values, values_in

Columns = Mapping[str, ResultColumn]
KINDS = {RuleKind.MARK: "Mark", RuleKind.SCALE: "Shades", RuleKind.BAR: "Bars"}
#: With the signs that marked cells carry in files.
TONES = {
    Tone.GOOD: ":green[✓ Good]",
    Tone.WARNING: ":orange[! Warning]",
    Tone.BAD: ":red[✕ Bad]",
    Tone.ACCENT: ":primary[Accent]",
    Tone.QUIET: ":gray[Quiet]",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marking:
    """The mark at `position` while it is edited."""

    position: int
    rule: FormatRule
    column: ResultColumn
    columns: Columns
    find: FindValues

    @property
    def key(self) -> str:
        """What the keys of its controls begin with."""
        return f"builder_rule_{self.position}"

    def save(self, d: ReportDefinition, rule: FormatRule) -> ReportDefinition:
        """Put the changed mark into the definition."""
        return rule_edits.set_rule(d, self.position, rule)

    def control(self, widget: Callable[..., Any], label: str, name: str, **options: Any) -> None:
        """Draw a control whose `edit` gives the mark for a new value."""
        edit = options.pop("edit")
        drafts.control(
            widget, label, key=f"{self.key}_{name}", edit=lambda d, value: self.save(d, edit(value)), **options
        )


def rules_section(principal: Principal, dataset: Dataset, definition: ReportDefinition, columns: Columns) -> None:
    """Draw every mark with the form of the open one, and the button that adds one."""
    offered = rule_edits.markable(definition, columns)
    with section("Marks", is_used=bool(definition.rules)):
        for position, rule in enumerate(definition.rules):
            column = offered.get(rule.key)
            if column is None:
                _gone(position, rule)
                continue
            find = _values_of(principal, dataset, column)
            marking = _Marking(position=position, rule=rule, column=column, columns=offered, find=find)
            if _line(marking):
                with st.container(key=f"builder_form_rule_{position}"):
                    _form(marking)
        if len(definition.rules) > 1:
            st.caption("Where two marks fit a cell, the upper one wins.")
        if offered:
            st.button(
                "Add a mark",
                key="builder_add_rule",
                icon=":material/add:",
                type="tertiary",
                on_click=partial(_add, columns),
            )


def _add(columns: Columns) -> None:
    definition = drafts.current().definition
    drafts.change(rule_edits.add_rule(definition, columns))
    st.session_state[keys.BUILDER_OPEN] = f"rule_{len(definition.rules)}"


def _values_of(principal: Principal, dataset: Dataset, column: ResultColumn) -> FindValues:
    field = dataset.field(column.key)
    is_listed = field is not None and field.type is FieldType.TEXT is column.type
    return values_in(principal, dataset, column.key) if is_listed else no_values


def _line(marking: _Marking) -> bool:
    """Draw a mark in words with its buttons; returns whether its form is open."""
    position = marking.position
    with row(f"rule_{position}"):
        st.markdown(rule_words(marking.rule, marking.column), width="stretch")
        if position:
            up = partial(rule_edits.move_rule_up, position=position)
            drafts.act(
                "", key=f"{marking.key}_up", edit=up, icon=":material/arrow_upward:", type="tertiary", help="Move up"
            )
        is_open = opener(f"rule_{position}")
        drop(f"{marking.key}_drop", partial(rule_edits.set_rule, position=position, rule=None))
    return is_open


def rule_words(rule: FormatRule, column: ResultColumn) -> str:
    """Return a mark as Markdown: its tone, then what it fits."""
    tone = TONES[rule.tone]
    if rule.kind is not RuleKind.MARK:
        return f"{words.plain(column.label)}: {KINDS[rule.kind].lower()}, {tone}"
    said = words.plain(words.condition(rule_edits.condition_of(rule), as_field(column)))
    return f"{tone}{', whole row' if rule.whole_row else ''}: {said}"


def _gone(position: int, rule: FormatRule) -> None:
    with row(f"rule_{position}"):
        st.markdown(f"{words.plain(rule.key)}: this column is gone", width="stretch")
        drop(f"builder_rule_{position}_drop", partial(rule_edits.set_rule, position=position, rule=None))


def _form(marking: _Marking) -> None:
    rule, column = marking.rule, marking.column
    labels = words.distinct({key: one.label for key, one in marking.columns.items()})
    marking.control(
        st.selectbox,
        "Column",
        "column",
        value=rule.key,
        edit=lambda key: rule_edits.of_column(rule, marking.columns[key]),
        options=list(labels),
        format_func=lambda key: labels.get(key, key),
    )
    if column.type.is_number:
        marking.control(
            st.segmented_control,
            "How",
            "kind",
            value=rule.kind,
            edit=lambda kind: rule_edits.of_kind(rule, kind or rule.kind),
            options=list(KINDS),
            format_func=lambda kind: KINDS[kind],
            required=True,
            width="stretch",
        )
    if rule.kind is RuleKind.MARK:
        _condition(marking)
    else:
        st.caption(_EXPLAINED[rule.kind])
    marking.control(
        st.pills,
        "Tone",
        "tone",
        value=rule.tone,
        edit=lambda tone: replace(rule, tone=tone or rule.tone),
        options=list(Tone),
        format_func=lambda tone: TONES[tone],
        required=True,
    )
    if rule.kind is RuleKind.MARK:
        _whole_row(marking)
    elif column.is_hidden:
        st.caption(":red[The column is hidden, so nothing is drawn.]")


_EXPLAINED = {
    RuleKind.SCALE: "Every number gets a shade: the lowest the lightest, the highest the strongest.",
    RuleKind.BAR: "Every number gets a bar from zero. Mails leave bars out.",
}


def _condition(marking: _Marking) -> None:
    """Draw when a cell is marked."""
    rule, field = marking.rule, as_field(marking.column)
    condition = rule_edits.condition_of(rule)
    marking.control(
        st.selectbox,
        "When it",
        "operator",
        value=rule.operator,
        edit=lambda operator: rule_edits.with_condition(rule, with_operator(condition, operator)),
        options=[one for one in broadsheet().reports.operators_for(field.type) if one not in WINDOWS],
        format_func=lambda operator: words.operator(operator, field.type),
    )

    def save(d: ReportDefinition, changed: Condition) -> ReportDefinition:
        return marking.save(d, rule_edits.with_condition(rule, changed))

    operand_inputs(Operand(key=marking.key, field=field, item=condition, save=save, find=marking.find))


def _whole_row(marking: _Marking) -> None:
    if marking.column.is_hidden:
        st.caption("The column is hidden, so the whole row is marked.")
        return
    marking.control(
        st.toggle,
        "Mark the whole row",
        "row",
        value=marking.rule.whole_row,
        edit=lambda on: replace(marking.rule, whole_row=on),
    )
