"""Choosing a role that one may give, with what it allows in words."""

import streamlit as st

from core.domain.access import Principal, permission_words, role_words
from pages.widgets import words
from pages.widgets.app import broadsheet


def role_pick(principal: Principal, key: str, *, now: str = "viewer") -> str:
    """Draw the choice among the roles that `principal` may give; returns the name of the chosen one."""
    roles = broadsheet().roles.list(principal)
    offered = {role.name: role for role in roles if role.permissions <= principal.permissions}
    names = list(offered)
    chosen = st.selectbox(
        "Role",
        names,
        index=names.index(now) if now in names else 0,
        key=key,
        format_func=lambda name: role_words(name).capitalize(),
    )
    st.caption(words.plain(f"May {permission_words(offered[chosen].permissions)}."))
    return str(chosen)
