"""Who may receive reports: the rule with what it would do, and the addresses that were asked for their yes."""

from dataclasses import replace

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.page import Page
from core.domain.recipient_policy import RecipientPolicy, RecipientRule, ScheduleAtOdds, VerifiedAddress
from core.errors import BroadsheetError
from pages.widgets import keys, rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.states import mark, problem

RULES = {
    RecipientRule.ANYONE: ("Anyone", "Every address may get reports."),
    RecipientRule.DOMAINS: ("Some domains", "Members, and addresses of the domains you name."),
    RecipientRule.VERIFIED: ("Who said yes", "Members, and addresses whose owner confirmed by mail."),
    RecipientRule.MEMBERS: ("Members only", "Only people of your organization."),
}
_MOST_SCHEDULES, _MOST_ADDRESSES, _MOST_VERIFIED = 20, 5, 50


def recipient_rule(principal: Principal) -> None:
    """Draw the rule, what it means for saved schedules, and the questions."""
    policy = broadsheet().recipient_policy.get(principal)
    if keys.RULE not in st.session_state or st.session_state.get(keys.RULE_VERSION) != policy.version:
        st.session_state[keys.RULE] = policy.rule
        st.session_state[keys.RULE_DOMAINS] = "\n".join(policy.domains)
        st.session_state[keys.RULE_VERSION] = policy.version
    left, right = st.columns([5, 6], gap="large")
    with left:
        failed = st.session_state.get(keys.RULE_ERROR)
        _rule(policy, failed, may_change=principal.may(Permission.MANAGE_MEMBERS))
        _at_odds(principal, policy, failed)
    with right:
        _questions(principal)


def _rule(policy: RecipientPolicy, failed: object, *, may_change: bool) -> None:
    st.html('<h2 class="bs-part">Who may receive reports by mail</h2>')
    st.radio(
        "Rule",
        list(RULES),
        key=keys.RULE,
        format_func=lambda rule: RULES[rule][0],
        captions=[caption for _, caption in RULES.values()],
        label_visibility="collapsed",
        disabled=not may_change,
    )
    if st.session_state[keys.RULE] is RecipientRule.DOMAINS:
        st.text_area(
            "Domains, one a line",
            key=keys.RULE_DOMAINS,
            height=110,
            placeholder="example.com\n*.example.com",
            help="*.example.com stands for everything below example.com.",
            disabled=not may_change,
        )
    if isinstance(failed, BroadsheetError):
        problem(failed)
    if may_change:
        changed = _wanted() != replace(policy, version=0)
        st.button(
            "Save", type="primary", key=keys.RULE_SAVE, on_click=_save, args=(policy.version,), disabled=not changed
        )


def _wanted() -> RecipientPolicy:
    domains = (st.session_state.get(keys.RULE_DOMAINS) or "").replace(",", "\n").split()
    rule = RecipientRule(st.session_state[keys.RULE])
    return RecipientPolicy(rule=rule, domains=tuple(domains) if rule is RecipientRule.DOMAINS else ())


def _save(version: int) -> None:
    st.session_state.pop(keys.RULE_ERROR, None)
    try:
        broadsheet().recipient_policy.save(guard(Permission.MANAGE_MEMBERS), _wanted(), expected_version=version)
    except BroadsheetError as error:
        st.session_state[keys.RULE_ERROR] = error
        return
    st.toast("Saved", icon=":material/check:")


def _at_odds(principal: Principal, policy: RecipientPolicy, failed: object) -> None:
    """Say which schedules name somebody who may not, by the saved rule or by the one that is being chosen."""
    wanted = _wanted()
    is_new = wanted != replace(policy, version=0)
    try:
        found = broadsheet().recipient_policy.at_odds(principal, wanted if is_new else None, limit=_MOST_SCHEDULES)
    except BroadsheetError as error:
        if not isinstance(failed, BroadsheetError):
            st.caption(error.user_message)
        return
    if not found.total:
        st.caption(
            "All recipients of all schedules may get their reports." + (" Save to make it so." if is_new else "")
        )
        return
    count = words.counted(found.total, "schedule has", "schedules have")
    would = "would get nothing any more" if is_new else "get nothing"
    st.warning(f"{count} recipients who {would}.", icon=":material/rule:")
    _schedules(found)


def _schedules(found: Page[ScheduleAtOdds]) -> None:
    for one in found.items:
        st.page_link(
            "schedule_form.py", label=words.plain(one.schedule), query_params={"schedule": str(one.schedule_id)}
        )
        named = [f"{who.address} ({who.group})" if who.group else who.address for who in one.refused[:_MOST_ADDRESSES]]
        more = len(one.refused) - len(named)
        st.caption(words.plain(", ".join(named)) + (f" and {more} more" if more else ""))
    if found.total > len(found.items):
        st.caption(f"and {found.total - len(found.items):,} more schedules")


def _questions(principal: Principal) -> None:
    st.html('<h2 class="bs-part">Addresses that were asked</h2>')
    st.caption("They get a mail with a link. Only after its owner said yes on that page does an address count.")
    notice = st.session_state.pop(keys.ASK_NOTICE, None)
    if isinstance(notice, BroadsheetError):
        problem(notice)
    elif notice is not None:
        st.success(notice)
    with st.form("ask_form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Address", key=keys.ASK_ADDRESS, placeholder="ann@example.org")
        st.form_submit_button("Ask", key=keys.ASK, on_click=_ask)
    found = broadsheet().verification.list(principal, limit=_MOST_VERIFIED)
    if not found.items:
        st.caption("No address was asked yet.")
    for one in found.items:
        _asked(one, may_remove=principal.may(Permission.MANAGE_MEMBERS), timezone=principal.timezone)
    if found.total > len(found.items):
        st.caption(f"The newest {len(found.items)} of {found.total:,}.")


def _asked(one: VerifiedAddress, *, may_remove: bool, timezone: str) -> None:
    now = broadsheet().clock.now()
    if one.is_confirmed:
        state, said = mark("Said yes", "green"), words.moment(one.confirmed_at, timezone, zone=False)
    elif one.expires_at <= now:
        state, said = mark("No answer", "quiet"), "The link has ended"
    else:
        state, said = mark("Asked", "amber"), words.ago(one.asked_at, now)
    with st.container(horizontal=True, vertical_alignment="center", key=f"list_row_asked_{one.id}"):
        by = f" · by {one.asked_by_name}" if one.asked_by_name else ""
        rows.two_lines(one.address, f"{said}{by}")
        st.html(f'<div class="bs-found">{state}</div>', width="content")
        if not one.is_confirmed:
            st.button("Ask again", key=f"ask_again_{one.id}", type="tertiary", on_click=_ask_again, args=(one,))
        if may_remove:
            st.button("Remove", key=f"ask_remove_{one.id}", type="tertiary", on_click=_remove, args=(one,))


def _ask() -> None:
    try:
        asked = broadsheet().verification.ask(guard(Permission.MANAGE_SCHEDULES), st.session_state[keys.ASK_ADDRESS])
    except BroadsheetError as error:
        st.session_state[keys.ASK_NOTICE] = error
        return
    st.session_state[keys.ASK_ADDRESS] = ""
    st.session_state[keys.ASK_NOTICE] = f"The question is on its way to {asked.address}."


def _ask_again(one: VerifiedAddress) -> None:
    try:
        broadsheet().verification.ask_again(guard(Permission.MANAGE_SCHEDULES), one.id)
    except BroadsheetError as error:
        st.session_state[keys.ASK_NOTICE] = error
        return
    st.session_state[keys.ASK_NOTICE] = f"The question is on its way to {one.address} again."


def _remove(one: VerifiedAddress) -> None:
    try:
        broadsheet().verification.remove(guard(Permission.MANAGE_MEMBERS), one.id)
    except BroadsheetError as error:
        st.session_state[keys.ASK_NOTICE] = error
