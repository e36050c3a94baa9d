"""What is done to a member: another role, a closed place, a removal with what they own handed over."""

from collections.abc import Callable

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.group import Person
from core.domain.member import Belongings, Departed
from core.errors import BroadsheetError
from pages.widgets import member_keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.role_pick import role_pick
from pages.widgets.states import problem

_MOST_OFFERED = 200


def act(person: Person, chosen: str) -> None:
    """Do what was chosen, or ask first."""
    if chosen == "Reactivate":
        _do(lambda who: broadsheet().members.reactivate(who, person.user_id), f"{person.name} is active again.")
    else:
        {"Change role …": _role, "Deactivate …": _deactivate, "Remove …": _remove}[chosen](person)


@st.dialog("Change role")
def _role(person: Person) -> None:
    st.markdown(f"**{words.plain(person.name)}** ({words.plain(person.email)})")
    role = role_pick(guard(Permission.MANAGE_MEMBERS), member_keys.PERSON_ROLE, now=person.role)
    if st.button("Give this role", type="primary", key=member_keys.PERSON_GO, disabled=role == person.role):
        _do(lambda who: broadsheet().members.change_role(who, person.user_id, role), f"{person.name} has another role.")


@st.dialog("Deactivate this person?")
def _deactivate(person: Person) -> None:
    owned = broadsheet().members.belongings(guard(Permission.MANAGE_MEMBERS), person.user_id)
    st.markdown(
        f"**{words.plain(person.name)}** is signed out of this organization at once, on every device, and their tokens "
        "for the API end."
    )
    if owned.schedules:
        st.markdown(f"{words.counted(owned.schedules, 'schedule', 'schedules')} of theirs will be paused.")
    st.caption("You can reactivate them later; what they made stays.")
    if st.button("Deactivate", type="primary", key=member_keys.PERSON_GO):
        _do(lambda who: broadsheet().members.deactivate(who, person.user_id), f"{person.name} is deactivated.")


@st.dialog("Remove this person?")
def _remove(person: Person) -> None:
    principal = guard(Permission.MANAGE_MEMBERS)
    owned = broadsheet().members.belongings(principal, person.user_id)
    st.markdown(f"**{words.plain(person.name)}** leaves this organization. Sessions and tokens end at once.")
    to = None
    if owned:
        st.markdown(f"They own {_owned_words(owned)}.")
        to = st.selectbox(
            "Hand all of it over to",
            [None, *_receivers(principal, person)],
            key=member_keys.PERSON_RECEIVER,
            format_func=lambda one: "Nobody yet" if one is None else f"{one.name} ({one.email})",
        )
        if to is None:
            st.caption("Reports keep their owner's name, and schedules are paused until somebody takes them over.")
        else:
            st.caption(f"Schedules go on, and show what {words.plain(to.name)} may see.")
    if st.button("Remove", type="primary", key=member_keys.PERSON_GO):
        heir = None if to is None else to.user_id
        _do(
            lambda who: broadsheet().members.remove(who, person.user_id, hand_over_to=heir),
            f"{person.name} is removed.",
        )


def _receivers(principal: Principal, person: Person) -> list[Person]:
    people = broadsheet().groups.people(principal, limit=_MOST_OFFERED).items
    return [one for one in people if one.is_here and one.user_id != person.user_id]


def _owned_words(owned: Belongings) -> str:
    counts = (
        (owned.reports, "report", "reports"),
        (owned.dashboards, "dashboard", "dashboards"),
        (owned.schedules, "schedule", "schedules"),
    )
    return ", ".join(words.counted(number, one, many) for number, one, many in counts if number)


def _do(change: Callable[[Principal], object], done: str) -> None:
    try:
        answer = change(guard(Permission.MANAGE_MEMBERS))
    except BroadsheetError as error:
        problem(error)
        return
    paused = len(answer.paused) if isinstance(answer, Departed) else 0
    more = f" {words.counted(paused, 'schedule', 'schedules')} paused." if paused else ""
    st.toast(words.plain(done + more), icon=":material/check:")
    st.rerun()
