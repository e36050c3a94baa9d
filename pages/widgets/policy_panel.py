"""The tab of a dataset's policy: its rules about rows and fields, the least number of rows, and what people get."""

from dataclasses import replace

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.data_policy import BUILT_IN_ATTRIBUTES, DataPolicy, GroupSize, Unmatched
from core.domain.dataset import Dataset
from core.errors import BroadsheetError
from core.services.data_policies import KeptPolicy, Names
from pages.widgets import policy_keys as keys
from pages.widgets import rows
from pages.widgets.app import broadsheet
from pages.widgets.policy_attributes import attributes_of_people
from pages.widgets.policy_fields import column_rule
from pages.widgets.policy_look import look_panel
from pages.widgets.policy_rule import row_rule
from pages.widgets.policy_state import save
from pages.widgets.policy_words import TREATMENTS, audience_words, column_words, rule_words
from pages.widgets.states import problem

_ROWS = (rows.Column(title="For whom", width=340), rows.Column(title="Rows", width=270))
_FIELDS = (rows.Column(title="For whom", width=340), rows.Column(title="They get", width=270))
_UNMATCHED = {Unmatched.NONE: "no rows", Unmatched.ALL: "every row"}


def policy_panel(principal: Principal, dataset: Dataset | None) -> None:
    """Draw the policy of a saved dataset for those who manage policies."""
    if dataset is None:
        st.caption("Save the dataset; then say who sees what of it.")
        return
    if not principal.may(Permission.MANAGE_POLICIES):
        st.caption("Who may see which rows is decided by those who manage policies.")
        return
    services = broadsheet().data_policies
    try:
        kept, names = services.get(principal, dataset.id), services.names(principal)
        own = sorted({one.name for one in services.attributes(principal)})
    except BroadsheetError as error:
        problem(error)
        return
    _row_rules(kept, names, (*BUILT_IN_ATTRIBUTES, *own))
    _column_rules(kept, names)
    _least(kept)
    st.divider()
    look_panel(principal, kept, names)


def _row_rules(kept: KeptPolicy, names: Names, attributes: tuple[str, ...]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html('<h2 class="bs-part">Rows</h2>', width="stretch")
        if st.button("Attributes of people", key="policy_attributes_open", type="tertiary", icon=":material/badge:"):
            attributes_of_people()
        if st.button("Add rule about rows", key="policy_add_rows", icon=":material/add:"):
            _forget()
            row_rule(kept, None, names, attributes)
    if not kept.policy.rows:
        st.caption("Everybody who may use this dataset sees every row.")
        return
    with st.container(gap=None):
        rows.heading("Rule", _ROWS)
        for position, rule in enumerate(kept.policy.rows):
            cells = (rows.fact(audience_words(rule.audience, names)), rows.fact(rule_words(rule, kept.dataset)))
            with rows.line(f"policy_row_{position}"):
                rows.row(f"{rule.name} ({rule.group})" if rule.group else rule.name, None, _ROWS, cells)
                chosen = rows.menu(f"policy_row_menu_{position}", ("Edit", "Delete"))
            if chosen == "Edit":
                _forget()
                row_rule(kept, position, names, attributes)
            elif chosen == "Delete":
                left = tuple(one for at, one in enumerate(kept.policy.rows) if at != position)
                save(kept, replace(kept.policy, rows=left))
    _unmatched(kept)


def _unmatched(kept: KeptPolicy) -> None:
    chosen = st.segmented_control(
        "Everybody else sees",
        list(_UNMATCHED),
        default=kept.policy.unmatched,
        format_func=_UNMATCHED.get,
        required=True,
        key=f"{keys.POLICY_UNMATCHED}_{kept.version}",
    )
    if chosen is not kept.policy.unmatched:
        save(kept, replace(kept.policy, unmatched=chosen))


def _column_rules(kept: KeptPolicy, names: Names) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html('<h2 class="bs-part">Fields</h2>', width="stretch")
        if st.button("Add rule about fields", key="policy_add_fields", icon=":material/add:"):
            _forget()
            column_rule(kept, None, names)
    if not kept.policy.columns:
        st.caption("Every field is shown as it is.")
        return
    with st.container(gap=None):
        rows.heading("Fields", _FIELDS)
        for position, rule in enumerate(kept.policy.columns):
            cells = (rows.fact(audience_words(rule.audience, names)), rows.fact(TREATMENTS[rule.treatment]))
            with rows.line(f"policy_column_{position}"):
                rows.row(column_words(rule, kept.dataset), None, _FIELDS, cells)
                chosen = rows.menu(f"policy_column_menu_{position}", ("Edit", "Delete"))
            if chosen == "Edit":
                _forget()
                column_rule(kept, position, names)
            elif chosen == "Delete":
                left = tuple(one for at, one in enumerate(kept.policy.columns) if at != position)
                save(kept, replace(kept.policy, columns=left))


def _least(kept: KeptPolicy) -> None:
    st.html('<h2 class="bs-part">Figures of few rows</h2>')
    size = kept.policy.group_size
    with st.container(horizontal=True, vertical_alignment="bottom"):
        least = st.number_input(
            "A figure is of at least so many rows (0: of any number)",
            min_value=0,
            max_value=1_000_000,
            value=size.least if size else 0,
            key=f"{keys.POLICY_LEAST}_{kept.version}",
            width=360,
        )
        changed = least != (size.least if size else 0)
        if st.button("Save", key="policy_least_save", disabled=not changed or least == 1):
            save(kept, _with_least(kept.policy, int(least)))
    if size is not None:
        st.caption("Smaller groups are left out, with the totals that would tell them. No rows are shown as they are.")


def _with_least(policy: DataPolicy, least: int) -> DataPolicy:
    if not least:
        return replace(policy, group_size=None)
    size = policy.group_size
    return replace(policy, group_size=replace(size, least=least) if size else GroupSize(least=least))


def _forget() -> None:
    """A dialog is filled anew each time it is opened."""
    st.session_state.pop(keys.POLICY_DIALOG, None)
