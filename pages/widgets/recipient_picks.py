"""The schedule form's choice of people and groups, and whom all its recipients reach now."""

from typing import Any
from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.schedule import GROUP, USER
from core.errors import BroadsheetError, InvalidInput
from pages.widgets import form_values as form
from pages.widgets import recipient_state as recipients
from pages.widgets import words
from pages.widgets.app import broadsheet

#: On offer; a larger organization finds them by typing.
_MOST = 2000
_MOST_SAID = 5


def pick_fields(principal: Principal, values: dict[str, Any], wrong: InvalidInput | None) -> None:
    """Draw the choice; `wrong` is said at it where it belongs to one of the chosen."""
    labels = _labels(principal, values["picks"])
    key = form.keep("picks", values)
    st.multiselect(
        "People and groups",
        list(labels),
        key=key,
        format_func=lambda pick: labels.get(pick, ""),
        placeholder="Choose people and groups",
        help="Who is in a group when the report is sent gets it, once each.",
    )
    first = len(recipients.lines_of(values["recipients"] or ""))
    chosen = st.session_state[key]
    here = tuple(f"recipients[{first + n}]" for n in range(len(chosen)))
    if wrong is not None and here and form.is_at(wrong, *here):
        st.error(wrong.user_message, icon=":material/error:")
    if chosen:
        _reach(principal, values | {"picks": chosen})


def _labels(principal: Principal, chosen: list[recipients.Pick]) -> dict[recipients.Pick, str]:
    """Everybody on offer, groups first, and whoever is chosen already and is gone since."""
    services = broadsheet().groups
    found: dict[recipients.Pick, str] = {}
    for group in services.list(principal, limit=_MOST).items:
        members = words.counted(group.member_count, "member", "members")
        found[recipients.Pick(kind=GROUP, id=group.id)] = f"{group.name} · group of {members}"
    for person in services.people(principal, limit=_MOST).items:
        if person.is_here:
            found[recipients.Pick(kind=USER, id=person.user_id)] = f"{person.name} · {person.email}"
    missing = [pick for pick in chosen if pick not in found]
    people, groups = services.named(principal, users=_ids(missing, USER), groups=_ids(missing, GROUP))
    gone = {recipients.Pick(kind=USER, id=one.user_id): f"{one.name} · not here any more" for one in people}
    more = {recipients.Pick(kind=GROUP, id=one.id): one.name for one in groups}
    return (
        found
        | more
        | gone
        | {pick: "Somebody who is gone" for pick in missing if pick not in gone and pick not in more}
    )


def _ids(picks: list[recipients.Pick], kind: str) -> frozenset[UUID]:
    return frozenset(pick.id for pick in picks if pick.kind == kind)


def _reach(principal: Principal, values: dict[str, Any]) -> None:
    """Say how many addresses that is, and who of them gets nothing."""
    try:
        found = broadsheet().reach.reach(principal, recipients.recipients_of(values))
    except BroadsheetError:
        return  # said where it belongs, once it is saved
    st.caption(f"By mail it reaches {words.counted(len(found.addresses), 'address', 'addresses')} now.")
    for _, why in found.left_out[:_MOST_SAID]:
        st.caption(f":material/block: {words.plain(why)}")
    if len(found.left_out) > _MOST_SAID:
        st.caption(f"and {len(found.left_out) - _MOST_SAID:,} more who get nothing")
    for sentence in found.said:
        st.caption(f":material/info: {words.plain(sentence)}")
