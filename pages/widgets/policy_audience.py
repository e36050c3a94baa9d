"""The choice for whom a rule is: everyone, some, or everyone except some."""

import streamlit as st

from core.domain.data_policy import EVERYONE, Audience
from core.services.data_policies import Names
from pages.widgets import policy_keys as keys

_EVERYONE, _ONLY, _EXCEPT = "Everyone", "Only", "Everyone except"


def open_audience(audience: Audience) -> None:
    """Fill the choice when a dialog is opened."""
    kind = _EVERYONE if audience == EVERYONE else _EXCEPT if audience.all_except else _ONLY
    st.session_state[keys.POLICY_FOR] = kind
    st.session_state[keys.POLICY_ROLES] = list(audience.roles)
    st.session_state[keys.POLICY_GROUPS] = list(audience.groups)
    st.session_state[keys.POLICY_PEOPLE] = list(audience.people)


def audience_choice(names: Names) -> Audience:
    """Draw the choice and return it."""
    st.segmented_control("For whom", [_EVERYONE, _ONLY, _EXCEPT], key=keys.POLICY_FOR, required=True)
    kind = st.session_state[keys.POLICY_FOR]
    if kind == _EVERYONE:
        return EVERYONE
    roles = list(dict.fromkeys([*names.roles, *st.session_state[keys.POLICY_ROLES]]))
    st.multiselect(
        "Roles", roles, key=keys.POLICY_ROLES, format_func=lambda role: role.replace("_", " "), placeholder="No role"
    )
    st.multiselect(
        "Groups",
        list(dict.fromkeys([*names.groups, *st.session_state[keys.POLICY_GROUPS]])),
        key=keys.POLICY_GROUPS,
        format_func=lambda one: names.groups.get(one, "A group that is gone"),
        placeholder="No group",
    )
    st.multiselect(
        "People",
        list(dict.fromkeys([*names.people, *st.session_state[keys.POLICY_PEOPLE]])),
        key=keys.POLICY_PEOPLE,
        format_func=lambda one: names.people.get(one, "Somebody who left"),
        placeholder="Nobody by name",
    )
    return Audience(
        all_except=kind == _EXCEPT,
        roles=tuple(st.session_state[keys.POLICY_ROLES]),
        groups=tuple(st.session_state[keys.POLICY_GROUPS]),
        people=tuple(st.session_state[keys.POLICY_PEOPLE]),
    )
