"""The dialog of a rule about rows: its name, for whom it is, and which rows it lets through."""

import json
from dataclasses import replace
from typing import Any

import streamlit as st

from core.domain.data_policy import EVERYONE, DataPolicy, RowRule
from core.domain.data_policy_models import dump_policy, parse_policy
from core.domain.dataset import Dataset
from core.domain.filter import FilterGroup, Match, Operator
from core.domain.operator_words import verb
from core.errors import BroadsheetError
from core.services.data_policies import KeptPolicy, Names
from pages.widgets import policy_keys as keys
from pages.widgets.policy_audience import audience_choice, open_audience
from pages.widgets.policy_state import save
from pages.widgets.states import problem

_MATCHES = {
    Match.ALL: "All of these hold",
    Match.ANY: "Any of these holds",
    Match.NONE: "None of these holds",
}
_OPERATORS = [
    operator
    for operator in Operator
    if operator not in (Operator.IN_WINDOW, Operator.NOT_IN_WINDOW, Operator.BETWEEN, Operator.NOT_BETWEEN)
]
_NEW = RowRule(name="", audience=EVERYONE, filters=FilterGroup())


@st.dialog("Rule about rows", width="large")
def row_rule(kept: KeptPolicy, position: int | None, names: Names, attributes: tuple[str, ...]) -> None:
    """Draw the dialog of the rule at `position`, or of a new one."""
    rule = _NEW if position is None else kept.policy.rows[position]
    _open(rule, position, kept.dataset)
    st.text_input("Name", key=keys.POLICY_NAME, max_chars=200, placeholder="Own region")
    audience = audience_choice(names)
    st.markdown("**They see rows where**")
    filters = _table(rule, kept.dataset, attributes) if _is_flat(rule.filters) else _text(rule)
    st.text_input(
        "Group (optional)",
        key=keys.POLICY_GROUP,
        max_chars=100,
        help="Rules with the same group let through what any of them does. All others must hold together.",
    )
    if st.button("Save rule", type="primary", key=keys.POLICY_SAVE):
        try:
            made = parse_policy({"rows": [_json(rule) | {"filters": filters}]}).rows[0]
        except BroadsheetError as error:
            problem(error)
            return
        made = replace(made, audience=audience)
        rules = list(kept.policy.rows)
        at = len(rules) if position is None else position
        rules[at : at + 1] = [made]
        save(kept, replace(kept.policy, rows=tuple(rules)))


def _open(rule: RowRule, position: int | None, dataset: Dataset) -> None:
    """Fill the dialog when it is opened."""
    opened = (str(dataset.id), "rows", position)
    if st.session_state.get(keys.POLICY_DIALOG) == opened:
        return
    st.session_state[keys.POLICY_DIALOG] = opened
    st.session_state[keys.POLICY_NAME] = rule.name
    st.session_state[keys.POLICY_GROUP] = rule.group
    st.session_state[keys.POLICY_MATCH] = rule.filters.match
    st.session_state[keys.POLICY_JSON] = json.dumps(_json(rule)["filters"], indent=2, ensure_ascii=False)
    st.session_state.pop(keys.POLICY_CONDITIONS, None)
    open_audience(rule.audience)


def _json(rule: RowRule) -> dict[str, Any]:
    """The rule as the form has it, in the form that JSON has."""
    dumped: dict[str, Any] = dump_policy(DataPolicy(rows=(rule,)))["rows"][0]
    if st.session_state.get(keys.POLICY_NAME) is not None:
        dumped |= {"name": st.session_state[keys.POLICY_NAME], "group": st.session_state[keys.POLICY_GROUP].strip()}
    return {name: value for name, value in dumped.items() if name != "audience"}


def _is_flat(group: FilterGroup) -> bool:
    return not any(isinstance(item, FilterGroup) or item.window is not None for item in group.items)


def _table(rule: RowRule, dataset: Dataset, attributes: tuple[str, ...]) -> dict[str, Any]:
    """Draw the conditions as a table, one a line; returns the filter in the form that JSON has."""
    st.segmented_control(
        "Match", list(_MATCHES), key=keys.POLICY_MATCH, format_func=_MATCHES.get, label_visibility="collapsed"
    )
    labels = {field.name: field.label for field in dataset.fields}
    verbs = {operator: verb(operator, is_temporal=False) for operator in _OPERATORS}
    rows = [
        {
            "Field": labels.get(item.field, item.field),
            "Compared": verbs.get(item.operator, "is"),
            "With the person's": item.parameter,
            "or with values": ", ".join(map(str, item.values)),
        }
        for item in rule.filters.items
        if not isinstance(item, FilterGroup)
    ] or [{"Field": None, "Compared": "is", "With the person's": None, "or with values": ""}]
    edited = st.data_editor(
        rows,
        key=keys.POLICY_CONDITIONS,
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "Field": st.column_config.SelectboxColumn(options=list(labels.values()), required=True),
            "Compared": st.column_config.SelectboxColumn(options=list(verbs.values()), required=True),
            "With the person's": st.column_config.SelectboxColumn(options=list(attributes)),
            "or with values": st.column_config.TextColumn(help="Several with commas between."),
        },
    )
    st.caption("Who has no value for an attribute that a rule asks for sees no rows.")
    by_label = {label: name for name, label in labels.items()}
    items = [_condition(row, by_label, {words: one for one, words in verbs.items()}, dataset) for row in edited]
    return {"match": str(st.session_state[keys.POLICY_MATCH] or Match.ALL), "items": [one for one in items if one]}


def _condition(
    row: dict[str, Any], names: dict[str, str], operators: dict[str, Operator], dataset: Dataset
) -> dict[str, Any] | None:
    if not row.get("Field"):
        return None
    name = names.get(row["Field"], row["Field"])
    asked: dict[str, Any] = {"field": name, "operator": str(operators.get(row.get("Compared") or "is", Operator.IS))}
    if row.get("With the person's"):
        return asked | {"parameter": row["With the person's"]}
    texts = [part.strip() for part in (row.get("or with values") or "").split(",") if part.strip()]
    field = dataset.field(name)
    is_number = field is not None and field.type.is_number
    return asked | {"values": [_number(text) if is_number else text for text in texts]}


def _number(text: str) -> int | float | str:
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text


def _text(rule: RowRule) -> dict[str, Any]:
    """Draw nested conditions as text: a table cannot show them."""
    st.text_area("Conditions", key=keys.POLICY_JSON, height=260, label_visibility="collapsed")
    try:
        found: dict[str, Any] = json.loads(st.session_state[keys.POLICY_JSON])
    except ValueError as error:
        st.caption(f"This cannot be read: {error}")
        found = _json(rule)["filters"]
    return found
