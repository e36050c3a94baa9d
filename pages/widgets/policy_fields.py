"""The dialog of a rule about fields: which of them, what becomes of them, and for whom."""

from dataclasses import replace

import streamlit as st

from core.domain.data_policy import EVERYONE, ColumnRule, Treatment
from core.services.data_policies import KeptPolicy, Names
from pages.widgets import policy_keys as keys
from pages.widgets.policy_audience import audience_choice, open_audience
from pages.widgets.policy_state import save
from pages.widgets.policy_words import TREATMENTS

_NEW = ColumnRule(fields=(), treatment=Treatment.HIDDEN, audience=EVERYONE)


@st.dialog("Rule about fields")
def column_rule(kept: KeptPolicy, position: int | None, names: Names) -> None:
    """Draw the dialog of the rule at `position`, or of a new one."""
    rule = _NEW if position is None else kept.policy.columns[position]
    opened = (str(kept.dataset.id), "columns", position)
    if st.session_state.get(keys.POLICY_DIALOG) != opened:
        st.session_state[keys.POLICY_DIALOG] = opened
        st.session_state[keys.POLICY_FIELDS] = list(rule.fields)
        st.session_state[keys.POLICY_TREATMENT] = rule.treatment
        open_audience(rule.audience)
    labels = {field.name: field.label for field in kept.dataset.fields}
    st.multiselect(
        "Fields",
        list(dict.fromkeys([*labels, *rule.fields])),
        key=keys.POLICY_FIELDS,
        format_func=lambda name: labels.get(name, f"{name} (gone)"),
        placeholder="Choose fields",
    )
    st.selectbox("What becomes of them", list(TREATMENTS), key=keys.POLICY_TREATMENT, format_func=TREATMENTS.get)
    st.caption("A masked field is masked wherever it is used: shown, grouped, filtered, counted and chosen from.")
    audience = audience_choice(names)
    chosen = tuple(st.session_state[keys.POLICY_FIELDS])
    if st.button("Save rule", type="primary", key=keys.POLICY_SAVE, disabled=not chosen):
        made = ColumnRule(fields=chosen, treatment=st.session_state[keys.POLICY_TREATMENT], audience=audience)
        rules = list(kept.policy.columns)
        at = len(rules) if position is None else position
        rules[at : at + 1] = [made]
        save(kept, replace(kept.policy, columns=tuple(rules)))
