"""The people of the organization: who is here, who is invited, and what those who manage them may do."""

import streamlit as st

from core.domain.access import Permission, Principal, role_words
from core.domain.group import Person
from core.domain.invitation import Invitation
from core.errors import BroadsheetError
from pages.widgets import keys, member_keys, rows, words
from pages.widgets.account_mending import MENDING, mend
from pages.widgets.app import broadsheet, guard
from pages.widgets.person_dialogs import act
from pages.widgets.person_invite import keep_links, show_links
from pages.widgets.states import mark, problem

LIMIT = 50
COLUMNS = (
    rows.Column(title="Address", width=260, narrow=False),
    rows.Column(title="Role", width=160),
    rows.Column(title="State", width=120),
)
INVITED_COLUMNS = (
    rows.Column(title="Invited by", width=180, narrow=False),
    rows.Column(title="Role", width=160),
    rows.Column(title="Works until", width=120),
)


def person_list(principal: Principal) -> None:
    """Draw the invitations that are open, for those who manage people, and everybody who is or was here."""
    manages = principal.may(Permission.MANAGE_MEMBERS)
    if manages:
        show_links()
    search = st.text_input("Search", key=keys.PEOPLE_SEARCH, placeholder="Search", label_visibility="collapsed")
    page = int(st.session_state.get(keys.PEOPLE_PAGE, 1))
    found = broadsheet().groups.people(principal, search=search or "", page=page, limit=LIMIT)
    with st.container(key=keys.PEOPLE_LIST, gap=None):
        rows.heading("Name", COLUMNS, tail=rows.MENU_WIDTH if manages else 0)
        for person in found.items:
            _person(person, principal)
    if found.total > LIMIT:
        st.pagination(num_pages=-(-found.total // LIMIT), key=keys.PEOPLE_PAGE)
    if manages:
        _invited(principal)


def _person(person: Person, principal: Principal) -> None:
    cells = (rows.fact(person.email), rows.fact(role_words(person.role).capitalize(), quiet=True), _state(person))
    with rows.line(str(person.user_id)):
        rows.row(person.name, None, COLUMNS, cells)
        if principal.may(Permission.MANAGE_MEMBERS):
            options = _options(person, principal)
            chosen = rows.menu(f"person_menu_{person.user_id}", options) if options else None
            if not options:
                st.html("<span></span>", width=rows.MENU_WIDTH)
            if chosen in MENDING:
                mend(person, chosen)
            elif chosen is not None:
                act(person, chosen)


def _options(person: Person, principal: Principal) -> tuple[str, ...]:
    if person.user_id == principal.user_id:
        return ("Change role …",)
    if person.deactivated_at is not None:
        return ("Reactivate", "Remove …")
    return ("Change role …", *MENDING, "Deactivate …", "Remove …") if person.left_at is None else ()


def _state(person: Person) -> str:
    if person.is_here:
        return mark("Active", "green")
    if person.deactivated_at is not None:
        return mark("Deactivated", "amber")
    return mark("Left" if person.left_at else "Closed", "quiet")


def _invited(principal: Principal) -> None:
    invitations = broadsheet().invitations.list(principal)
    if not invitations:
        return
    st.html('<h2 class="bs-part">Invited, no answer yet</h2>')
    with st.container(key=member_keys.INVITED_LIST, gap=None):
        rows.heading("Invited address", INVITED_COLUMNS)
        for invitation in invitations:
            _invitation(invitation)


def _invitation(invitation: Invitation) -> None:
    is_over = invitation.expires_at <= broadsheet().clock.now()
    until = words.day(invitation.expires_at.date())
    cells = (
        rows.fact(invitation.inviter, quiet=True),
        rows.fact(role_words(invitation.role).capitalize(), quiet=True),
        mark("Expired", "amber") if is_over else rows.fact(until),
    )
    with rows.line(f"invited_{invitation.id}"):
        rows.row(invitation.email, None, INVITED_COLUMNS, cells)
        again = "Send again" if invitation.mailed_at else "Make a new link"
        chosen = rows.menu(f"invited_menu_{invitation.id}", (again, "Withdraw"))
    if chosen is not None:
        _do(invitation, withdraw=chosen == "Withdraw")


def _do(invitation: Invitation, *, withdraw: bool) -> None:
    service, caller = broadsheet().invitations, guard(Permission.MANAGE_MEMBERS)
    try:
        if withdraw:
            service.withdraw(caller, invitation.id)
            st.toast("The invitation is withdrawn.", icon=":material/check:")
        else:
            keep_links([service.resend(caller, invitation.id)])
    except BroadsheetError as error:
        problem(error)
        return
    st.rerun()
