"""The dialog of what rules may ask about people: attributes with their values, of everybody or of one person."""

from typing import Any
from uuid import UUID

import streamlit as st

from core.domain.access import Permission
from core.domain.data_policy import NamedAttribute
from core.errors import BroadsheetError
from core.services.data_policies import Names
from pages.widgets import policy_keys as keys
from pages.widgets.app import broadsheet, guard
from pages.widgets.states import problem

_EVERYBODY = "Everybody else"


@st.dialog("Attributes of people", width="large")
def attributes_of_people() -> None:
    """Draw the table; a line is an attribute of a person."""
    principal = guard(Permission.MANAGE_POLICIES)
    services = broadsheet().data_policies
    found, names = services.attributes(principal), services.names(principal)
    labels = {None: _EVERYBODY, **names.people}
    st.caption(
        "E-mail, name, role and groups are known of everybody. Add what your rules compare with, such as sales_region; "
        "several values with commas between. Everybody else stands for those who have no value of their own."
    )
    edited = st.data_editor(
        [_row(one, names) for one in found] or [{"Person": None, "Attribute": "", "Values": ""}],
        key=keys.POLICY_ATTRIBUTES,
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "Person": st.column_config.SelectboxColumn(options=list(labels.values()), required=True, width="large"),
            "Attribute": st.column_config.TextColumn(required=True),
            "Values": st.column_config.TextColumn(width="large"),
        },
    )
    if st.button("Save attributes", type="primary", key="policy_attributes_save"):
        by_label: dict[str, UUID | None] = {label: one for one, label in labels.items()}
        try:
            for user_id, given in _changed(found, edited, by_label).items():
                services.set_attributes(principal, user_id, given)
        except BroadsheetError as error:
            problem(error)
            return
        st.toast("Attributes saved", icon=":material/check:")
        st.rerun()


def _row(one: NamedAttribute, names: Names) -> dict[str, str]:
    person = _EVERYBODY if one.user_id is None else names.people.get(one.user_id, "Somebody who left")
    return {"Person": person, "Attribute": one.name, "Values": ", ".join(one.values)}


def _changed(
    found: tuple[NamedAttribute, ...], edited: list[dict[str, Any]], by_label: dict[str, UUID | None]
) -> dict[UUID | None, dict[str, list[str]]]:
    """All attributes of those whose lines differ from what is kept; who left is not in the table's choice."""
    before: dict[UUID | None, dict[str, list[str]]] = {}
    for one in found:
        before.setdefault(one.user_id, {})[one.name] = list(one.values)
    after: dict[UUID | None, dict[str, list[str]]] = {}
    for row in edited:
        if row.get("Person") in by_label and row.get("Attribute"):
            values = [part.strip() for part in str(row.get("Values") or "").split(",") if part.strip()]
            after.setdefault(by_label[row["Person"]], {})[str(row["Attribute"]).strip()] = values
    known = set(by_label.values())
    people = [one for one in {**before, **after} if one in known and before.get(one, {}) != after.get(one, {})]
    return {one: after.get(one, {}) for one in people}
