"""Alerts: what administrators were mailed, and from where on they are."""

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.operations import Scope
from core.domain.operations_alerts import KINDS, AlertKind, Alerts, Incident, Threshold, minutes_words
from core.errors import BroadsheetError
from pages.widgets import operations_keys as keys
from pages.widgets import rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.operations_now import say, section
from pages.widgets.states import mark, problem

THRESHOLDS = (
    rows.Column(title="Told from", width=150, is_number=True),
    rows.Column(title="Set for", width=170, narrow=False),
)
TOLD = (rows.Column(title="State", width=150), rows.Column(title="Began", width=210))
NEVER = "Never"
CHOICES = {"own": "A number", "never": NEVER, "follow": "As for everybody"}


def alerts(principal: Principal, found: Alerts, scope: Scope) -> None:
    """Draw both."""
    is_all = scope is Scope.INSTALLATION
    who = "Whoever looks after this installation" if is_all else "Whoever looks after the people of this organization"
    say(f"{who} gets one mail when something here begins, and one when it is over.")
    with st.container(gap=None):
        rows.heading("About", THRESHOLDS)
        for one in found.thresholds:
            _threshold(one, scope)
    section("Told lately")
    if not found.incidents:
        say("Nothing had to be told yet.")
        return
    with st.container(gap=None):
        rows.heading("What", TOLD, tail=0)
        for incident in found.incidents:
            _incident(principal, incident)


def still_open(found: Alerts) -> None:
    """Say what is not over, above everything else."""
    for incident in found.incidents:
        if incident.closed_at is None:
            st.warning(words.plain(incident.found), icon=":material/notification_important:")


def _threshold(one: Threshold, scope: Scope) -> None:
    if one.is_own:
        source = "This installation" if scope is Scope.INSTALLATION else "This organization"
    else:
        source = "Everybody"
    limit = NEVER if one.limit is None else f"{one.limit:,} {one.unit}"
    with rows.line(f"alert_{one.kind}"):
        rows.row(one.label, None, THRESHOLDS, (limit, rows.fact(source, quiet=True)))
        if rows.menu(f"{keys.OPERATIONS_MENU}_{one.kind}", ["Change"]) == "Change":
            change(one, scope)


def _incident(principal: Principal, incident: Incident) -> None:
    if incident.closed_at is None:
        state = mark("Not over", "red")
    else:
        state = mark(f"Over after {minutes_words(incident.closed_at - incident.opened_at)}", "quiet")
    cells = (state, rows.fact(words.moment(incident.opened_at, principal.timezone, zone=False), quiet=True))
    with rows.line(f"incident_{incident.id}"):
        rows.row(incident.found, None, TOLD, cells)


@st.dialog("From where on to be told")
def change(one: Threshold, scope: Scope) -> None:
    """Ask for another threshold."""
    _, unit, usual, most = KINDS[one.kind]
    now = "follow" if not one.is_own else "never" if one.limit is None else "own"
    st.markdown(f"**{one.label}**")
    chosen = st.radio(
        "Told from",
        list(CHOICES),
        index=list(CHOICES).index(now),
        format_func=lambda key: CHOICES[key],
        key=keys.OPERATIONS_CHOICE,
    )
    number = st.number_input(
        f"From ({unit})",
        min_value=1,
        max_value=most,
        value=one.limit or usual,
        disabled=chosen != "own",
        key=keys.OPERATIONS_NUMBER,
    )
    if st.button("Save", type="primary", key=keys.OPERATIONS_SAVE):
        _save(one.kind, chosen, int(number), scope)


def _save(kind: AlertKind, chosen: str, number: int, scope: Scope) -> None:
    person = guard(Permission.MANAGE_MEMBERS)
    try:
        if chosen == "follow":
            broadsheet().alerts.set(person, {}, unset=frozenset({kind}), scope=scope)
        else:
            broadsheet().alerts.set(person, {kind: number if chosen == "own" else None}, scope=scope)
    except BroadsheetError as error:
        problem(error)
    else:
        st.rerun()
