"""Limits: what the organization may use, how much it uses, and for administrators of the installation, other ones."""

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.quota import Quota, QuotaUse
from core.errors import BroadsheetError
from pages.widgets import keys, rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.screen import entered, heading
from pages.widgets.states import problem

COLUMNS = (
    rows.Column(title="Used", width=130, is_number=True),
    rows.Column(title="Limit", width=130, is_number=True),
    rows.Column(title="Set for", width=150, narrow=False),
)
NO_LIMIT = "No limit"
MEGABYTE = 1_000_000


def amount(quota: Quota, value: int | None, *, none: str) -> str:
    """Return a number in the unit people think in."""
    if value is None:
        return none
    is_size = quota in (Quota.BYTES_PER_RUN, Quota.STORAGE_BYTES)
    return words.size(value) if is_size else f"{value:,}"


def line(use: QuotaUse, *, may_set: bool) -> None:
    """Draw one limit."""
    at_most = '<span class="bs-only-narrow"> at most</span>' if use.limit else ""
    cells = (
        "" if use.used is None else f'{amount(use.quota, use.used, none="")}<span class="bs-only-narrow"> used</span>',
        f"{amount(use.quota, use.limit, none=NO_LIMIT)}{at_most}",
        rows.fact("This organization" if use.is_own else "Everybody", quiet=True),
    )
    with rows.line(str(use.quota)):
        rows.row(use.label, None, COLUMNS, cells)
        if may_set and rows.menu(f"{keys.QUOTA_MENU}_{use.quota}", ["Change"]) == "Change":
            change(use)


@st.dialog("Change a limit")
def change(use: QuotaUse) -> None:
    """Ask for another limit of this organization."""
    is_size = use.quota in (Quota.BYTES_PER_RUN, Quota.STORAGE_BYTES)
    choices = {"own": "A number", "none": NO_LIMIT, "follow": "As for everybody"}
    now = "follow" if not use.is_own else "none" if use.limit is None else "own"
    st.markdown(f"**{use.label}**")
    chosen = st.radio("Limit", list(choices), index=list(choices).index(now), format_func=lambda key: choices[key])
    unit = MEGABYTE if is_size else 1
    number = st.number_input(
        "At most (MB)" if is_size else "At most",
        min_value=1,
        value=max((use.limit or use.used or 100 * unit) // unit, 1),
        disabled=chosen != "own",
    )
    if st.button("Save", type="primary", key=keys.QUOTA_SAVE):
        save(use.quota, chosen, int(number) * unit)


def save(quota: Quota, chosen: str, number: int) -> None:
    """Set it, and draw the list anew."""
    person = guard(Permission.MANAGE_INSTALLATION)
    try:
        if chosen == "follow":
            broadsheet().quotas.set(person, {}, unset=frozenset({quota}))
        else:
            broadsheet().quotas.set(person, {quota: number if chosen == "own" else None})
    except BroadsheetError as error:
        problem(error)
    else:
        st.rerun()


def the_limits(principal: Principal) -> None:
    """Draw every limit."""
    try:
        uses = broadsheet().quotas.get(principal)
    except BroadsheetError as error:
        problem(error)
        return
    may_set = principal.may(Permission.MANAGE_INSTALLATION)
    with st.container(gap=None):
        rows.heading("What", COLUMNS, tail=rows.MENU_WIDTH if may_set else 0)
        for use in uses:
            line(use, may_set=may_set)


principal = guard(Permission.MANAGE_MEMBERS)
entered("quotas")
with heading("Limits", "quotas"):
    pass
st.caption(f"What {words.plain(principal.organization)} may use. Whoever reaches a limit is told so, and what to do.")
the_limits(principal)
