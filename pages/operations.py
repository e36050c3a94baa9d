"""Operations: what waits, works, fails, is slow, costs and is kept, and what administrators are told."""

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.operations import SPANS_DAYS, Part, Scope
from core.errors import BroadsheetError
from pages.widgets import operations_keys as keys
from pages.widgets.app import broadsheet, guard
from pages.widgets.operations_alerts import alerts, still_open
from pages.widgets.operations_now import now
from pages.widgets.operations_reports import files, reports
from pages.widgets.screen import entered, heading
from pages.widgets.states import problem

SHOWN = {"now": "Now", "reports": "Reports", "files": "Files", "alerts": "Alerts"}
SCOPES = {Scope.ORGANIZATION: "This organization", Scope.INSTALLATION: "All organizations"}
USUAL_DAYS = 7


def days_words(days: int) -> str:
    """Return a number of days that is looked back on."""
    return "Last day" if days == 1 else f"Last {days} days"


def chosen_scope(principal: Principal) -> Scope:
    """Draw whose figures are shown, for who may see others'; return it."""
    if not principal.may(Permission.MANAGE_INSTALLATION):
        return Scope.ORGANIZATION
    picked = st.selectbox(
        "Whose",
        list(SCOPES),
        key=keys.OPERATIONS_SCOPE,
        format_func=SCOPES.get,
        label_visibility="collapsed",
        width=200,
    )
    return Scope(picked)


def chosen_days(shown: str) -> int:
    """Draw how far back reports are looked at, where that counts; return it."""
    if shown != "reports":
        return USUAL_DAYS
    return int(
        st.selectbox(
            "Days",
            SPANS_DAYS,
            index=SPANS_DAYS.index(USUAL_DAYS),
            key=keys.OPERATIONS_DAYS,
            format_func=days_words,
            label_visibility="collapsed",
            width=150,
        )
    )


def draw(principal: Principal, shown: str, *, scope: Scope, days: int) -> None:
    """Draw what was chosen."""
    told = broadsheet().alerts.get(principal, scope=scope)
    if shown == "alerts":
        alerts(principal, told, scope)
        return
    still_open(told)
    found = broadsheet().operations.get(principal, scope=scope, days=days, parts=(Part(shown),))
    {"now": now, "reports": reports, "files": files}[shown](principal, found)


principal = guard(Permission.MANAGE_MEMBERS)
entered("operations")
with heading("Operations", "operations"):
    shown = st.segmented_control(
        "Show",
        list(SHOWN),
        key=keys.OPERATIONS_SHOWN,
        default="now",
        format_func=SHOWN.get,
        required=True,
        label_visibility="collapsed",
    )
    days = chosen_days(shown)
    scope = chosen_scope(principal)
try:
    draw(principal, shown, scope=scope, days=days)
except BroadsheetError as error:
    problem(error)
