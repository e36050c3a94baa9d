"""The dialog of a rule about rows: its name, for whom it is, and which rows it lets through."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import streamlit as st

from core.domain.data_policy import EVERYONE, DataPolicy, RowRule
from core.domain.data_policy_models import dump_policy, parse_policy
from core.domain.dataset import Dataset
from core.domain.field import FieldType
from core.domain.filter import Condition, FilterGroup, Match, Operator
from core.domain.filter_models import MAX_FILTER_DEPTH
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
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}
_NEW = RowRule(name="", audience=EVERYONE, filters=FilterGroup())


@st.dialog("Rule about rows", width="large")
def row_rule(kept: KeptPolicy, position: int | None, names: Names, attributes: tuple[str, ...]) -> None:
    """Draw the dialog of the rule at `position`, or of a new one."""
    rule = _NEW if position is None else kept.policy.rows[position]
    _open(rule, position, kept.dataset)
    st.text_input("Name", key=keys.POLICY_NAME, max_chars=200, placeholder="Own region")
    audience = audience_choice(names)
    st.markdown("**They see rows where**")
    filters = _group("", kept.dataset, attributes) if _is_drawn(rule.filters) else _text(rule)
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
    tree = dict(_tree(rule.filters))
    st.session_state[keys.POLICY_TREE] = tree
    for name, group in tree.items():
        st.session_state[f"{keys.POLICY_MATCH}{name}"] = group.match
        st.session_state.pop(f"{keys.POLICY_CONDITIONS}{name}", None)
    st.session_state[keys.POLICY_JSON] = json.dumps(_json(rule)["filters"], indent=2, ensure_ascii=False)
    open_audience(rule.audience)


def _json(rule: RowRule) -> dict[str, Any]:
    """The rule as the form has it, in the form that JSON has."""
    dumped: dict[str, Any] = dump_policy(DataPolicy(rows=(rule,)))["rows"][0]
    if st.session_state.get(keys.POLICY_NAME) is not None:
        dumped |= {"name": st.session_state[keys.POLICY_NAME], "group": st.session_state[keys.POLICY_GROUP].strip()}
    return {name: value for name, value in dumped.items() if name != "audience"}


def _is_drawn(group: FilterGroup) -> bool:
    """Whether the tables show all of it; what they would change, such as a text with a comma, is edited as text."""
    return all(_is_drawn(item) if isinstance(item, FilterGroup) else _is_line(item) for item in group.items)


def _is_line(item: Condition) -> bool:
    plain = Condition(field=item.field, operator=item.operator, values=item.values, parameter=item.parameter)
    return item == plain and item.operator in _OPERATORS and not any("," in str(value) for value in item.values)


def _tree(group: FilterGroup, name: str = "") -> Iterator[tuple[str, FilterGroup]]:
    """The group and those in it, each under its name: "_2_1" is the first one in the second one."""
    yield name, group
    inner = (item for item in group.items if isinstance(item, FilterGroup))
    for number, item in enumerate(inner, start=1):
        yield from _tree(item, f"{name}_{number}")


def _group(name: str, dataset: Dataset, attributes: tuple[str, ...]) -> dict[str, Any]:
    """Draw a group and those in it; returns the filter in the form that JSON has."""
    tree: dict[str, FilterGroup] = st.session_state[keys.POLICY_TREE]
    found = _table(tree[name], name, dataset, attributes)
    for inner in _inner(tree, name):
        with st.container(border=True):
            made = _group(inner, dataset, attributes)
            st.button("Take this group away", key=f"policy_drop{inner}", type="tertiary", on_click=_drop, args=(inner,))
        if made["items"]:
            found["items"].append(made)
    if name.count("_") < MAX_FILTER_DEPTH - 1:
        st.button(
            "Add a group of conditions",
            key=f"policy_add_group{name}",
            type="tertiary",
            icon=":material/add:",
            on_click=_add,
            args=(name,),
        )
    return found


def _inner(tree: dict[str, FilterGroup], name: str) -> list[str]:
    return [one for one in tree if one.startswith(f"{name}_") and one.count("_") == name.count("_") + 1]


def _add(name: str) -> None:
    tree: dict[str, FilterGroup] = st.session_state[keys.POLICY_TREE]
    numbers = [int(one.rpartition("_")[2]) for one in _inner(tree, name)]
    made = f"{name}_{max(numbers, default=0) + 1}"
    tree[made] = FilterGroup()
    st.session_state[f"{keys.POLICY_MATCH}{made}"] = Match.ALL
    st.session_state.pop(f"{keys.POLICY_CONDITIONS}{made}", None)


def _drop(name: str) -> None:
    tree: dict[str, FilterGroup] = st.session_state[keys.POLICY_TREE]
    for one in [one for one in tree if one == name or one.startswith(f"{name}_")]:
        del tree[one]


def _table(group: FilterGroup, name: str, dataset: Dataset, attributes: tuple[str, ...]) -> dict[str, Any]:
    """Draw a group's own conditions as a table, one a line; returns the filter in the form that JSON has."""
    match_key = f"{keys.POLICY_MATCH}{name}"
    st.segmented_control("Match", list(_MATCHES), key=match_key, format_func=_MATCHES.get, label_visibility="collapsed")
    labels = {field.name: field.label for field in dataset.fields}
    verbs = {operator: verb(operator, is_temporal=False) for operator in _OPERATORS}
    rows = [
        {
            "Field": labels.get(item.field, item.field),
            "Compared": verbs.get(item.operator, "is"),
            "With the person's": item.parameter,
            "or with values": ", ".join(map(str, item.values)),
        }
        for item in group.items
        if not isinstance(item, FilterGroup)
    ] or [{"Field": None, "Compared": "is", "With the person's": None, "or with values": ""}]
    edited = st.data_editor(
        rows,
        key=f"{keys.POLICY_CONDITIONS}{name}",
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "Field": st.column_config.SelectboxColumn(options=list(labels.values()), required=True),
            "Compared": st.column_config.SelectboxColumn(options=list(verbs.values()), required=True),
            "With the person's": st.column_config.SelectboxColumn(options=list(attributes)),
            "or with values": st.column_config.TextColumn(help="Several with commas between."),
        },
    )
    if not name:
        st.caption("Who has no value for an attribute that a rule asks for sees no rows.")
    by_label = {label: name for name, label in labels.items()}
    items = [_condition(row, by_label, {words: one for one, words in verbs.items()}, dataset) for row in edited]
    return {"match": str(st.session_state[match_key] or Match.ALL), "items": [one for one in items if one]}


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
    return asked | {"values": [_value(text, None if field is None else field.type) for text in texts]}


def _value(text: str, kind: FieldType | None) -> int | float | bool | str:
    if kind is FieldType.BOOLEAN:
        return _TRUTH.get(text.lower(), text)
    return _number(text) if kind is not None and kind.is_number else text


def _number(text: str) -> int | float | str:
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text


def _text(rule: RowRule) -> dict[str, Any]:
    """Draw conditions that no table shows as text."""
    st.text_area("Conditions", key=keys.POLICY_JSON, height=260, label_visibility="collapsed")
    try:
        found: dict[str, Any] = json.loads(st.session_state[keys.POLICY_JSON])
    except ValueError as error:
        st.caption(f"This cannot be read: {error}")
        found = _json(rule)["filters"]
    return found
