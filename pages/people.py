"""People: who is here, groups of recipients, who may receive reports, and the addresses that get nothing any more."""

from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.group import Group, GroupInUse
from core.errors import BroadsheetError
from pages.widgets import keys, member_keys, rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.group_form import group_form
from pages.widgets.person_invite import invite
from pages.widgets.person_list import LIMIT, person_list
from pages.widgets.recipient_rule import recipient_rule
from pages.widgets.screen import back, entered, heading
from pages.widgets.states import empty, problem
from pages.widgets.suppression_list import suppression_list

SHOWN = {"people": "People", "groups": "Groups", "rule": "Who may receive", "alone": "Left alone"}
GROUP_COLUMNS = (
    rows.Column(title="Members", width=90, is_number=True),
    rows.Column(title="About", width=320, narrow=False),
    rows.Column(title="Changed", width=110, narrow=False),
)


def the_groups(principal: Principal) -> None:
    """Draw the groups."""
    may_change = principal.may(Permission.MANAGE_MEMBERS)
    found = broadsheet().groups.list(principal, page=_page(), limit=LIMIT)
    if not found.items:
        more = "Put people and outside addresses under one name, and schedules can send to all of them."
        empty("No group yet", more, icon=":material/group:")
    else:
        with st.container(key=keys.GROUPS_LIST, gap=None):
            rows.heading("Name", GROUP_COLUMNS)
            for group in found.items:
                _group(group, may_change=may_change)
        _pages(found.total)


def _group(group: Group, *, may_change: bool) -> None:
    query = {"group": str(group.id)}
    cells = (
        rows.count(group.member_count, "member"),
        rows.fact(group.description, quiet=True),
        rows.fact(words.ago(group.updated_at, broadsheet().clock.now()), quiet=True),
    )
    with rows.line(str(group.id)):
        rows.row(group.name, rows.Link(page="people.py", query=query) if may_change else None, GROUP_COLUMNS, cells)
        chosen = rows.menu(f"groups_menu_{group.id}", ("Edit", "Delete …")) if may_change else None
    if chosen == "Edit":
        st.switch_page("people.py", query_params=query)
    elif chosen == "Delete …":
        delete(group)


@st.dialog("Delete this group?")
def delete(group: Group) -> None:
    """Ask before a group is deleted; schedules that send to it stand in the way."""
    members = words.counted(group.member_count, "member", "members")
    st.markdown(f"**{words.plain(group.name)}** with {members} is forgotten. The people and addresses stay.")
    if st.button("Delete group", type="primary", key=keys.GROUPS_DELETE):
        try:
            broadsheet().groups.delete(guard(Permission.MANAGE_MEMBERS), group.id)
        except GroupInUse as error:
            problem(error)
            for schedule_id, name in error.schedules:
                st.page_link("schedule_form.py", label=words.plain(name), query_params={"schedule": str(schedule_id)})
        except BroadsheetError as error:
            problem(error)
        else:
            st.rerun()


def _page() -> int:
    return int(st.session_state.get(keys.PEOPLE_PAGE, 1))


def _pages(total: int) -> None:
    if total > LIMIT:
        st.pagination(num_pages=-(-total // LIMIT), key=keys.PEOPLE_PAGE)


def _turn() -> None:
    """Another list starts at its first page."""
    st.session_state.pop(keys.PEOPLE_PAGE, None)


def the_lists(principal: Principal) -> None:
    """Draw the chosen list under the screen's heading."""
    manages = principal.may(Permission.MANAGE_MEMBERS)
    sends = principal.may(Permission.MANAGE_SCHEDULES)
    offered = {key: label for key, label in SHOWN.items() if (sends or key == "people") and (manages or key != "alone")}
    wanted = st.query_params.get("show", "people")
    if entered("people") or st.session_state.get(keys.PEOPLE_SHOWN) not in offered:
        st.session_state[keys.PEOPLE_SHOWN] = wanted if wanted in offered else "people"
    with heading("People", "people"):
        # The choice is drawn below; its last value stands here already.
        on = st.session_state[keys.PEOPLE_SHOWN]
        if manages and on == "groups" and st.button("New group", type="primary", key=keys.GROUPS_NEW):
            st.switch_page("people.py", query_params={"group": "new"})
        if manages and on == "people" and st.button("Invite people", type="primary", key=member_keys.INVITE_NEW):
            invite()
    shown = st.segmented_control(
        "Show",
        list(offered),
        key=keys.PEOPLE_SHOWN,
        format_func=lambda key: offered[key],
        required=True,
        label_visibility="collapsed",
        on_change=_turn,
    )
    draw = {"people": person_list, "groups": the_groups, "rule": recipient_rule, "alone": suppression_list}
    draw[shown](principal)


principal = guard()
if not principal.may(Permission.MANAGE_MEMBERS):
    principal = guard(Permission.MANAGE_SCHEDULES)
named = st.query_params.get("group")
try:
    if named is None:
        the_lists(principal)
    else:
        back("people.py", "People and groups")
        group_form(guard(Permission.MANAGE_MEMBERS), None if named == "new" else UUID(named))
except BroadsheetError as error:
    problem(error)
except ValueError:
    st.error("This address names no group.", icon=":material/error:")
