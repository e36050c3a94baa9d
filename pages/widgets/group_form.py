"""Making and changing a group: its name, the people and the outside addresses in it, and what sends to it."""

from html import escape
from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.group import Group, GroupDraft, GroupMember
from core.errors import BroadsheetError
from pages.widgets import group_lines as lines
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.screen import entered
from pages.widgets.states import problem

#: People on offer; a larger organization finds them by typing.
_MOST_PEOPLE = 2000


def group_form(principal: Principal, group_id: UUID | None) -> None:
    """Draw the form."""
    group = broadsheet().groups.get(principal, group_id) if group_id else None
    _open(group)
    if st.session_state.pop(keys.GROUP_SAVED, False):
        st.switch_page("people.py", query_params={"show": "groups"})
    failed = st.session_state.get(keys.GROUP_ERROR)
    st.title(f"Edit {group.name}" if group else "New group", anchor=False)
    left, right = st.columns([6, 5], gap="large")
    with left:
        st.text_input("Name", key=keys.GROUP_NAME, max_chars=100, placeholder="How people know it: Board")
        _error_at(failed, "name")
        st.text_input("Description", key=keys.GROUP_DESCRIPTION, max_chars=500)
        _error_at(failed, "description")
        _people(principal, group)
        st.text_area(
            "Addresses outside, one a line",
            key=keys.GROUP_ADDRESSES,
            height=180,
            placeholder="ann@example.org\nBob Ray <bob@example.org>\nChloé Roy <chloe@example.org>, fr",
            help="A name and a language may be given. Mails can use them as {recipient.name} and {recipient.locale}.",
        )
        _error_at(failed, "members")
        if isinstance(failed, BroadsheetError) and not failed.place:
            problem(failed)
        st.button("Save group", type="primary", key=keys.GROUP_SAVE, on_click=_save, args=(group,))
    with right, st.container(key="group_side"):
        _summary()
        if group is not None:
            _used_by(broadsheet().groups.schedules_of(principal, group.id))


def _open(group: Group | None) -> None:
    """Fill the form when it is opened."""
    subject = str(group.id) if group else "new"
    if not entered("group_form") and st.session_state.get(keys.GROUP_SUBJECT) == subject:
        return
    members = group.members if group else ()
    st.session_state[keys.GROUP_SUBJECT] = subject
    st.session_state[keys.GROUP_NAME] = group.name if group else ""
    st.session_state[keys.GROUP_DESCRIPTION] = group.description if group else ""
    st.session_state[keys.GROUP_PEOPLE] = [one.user_id for one in members if one.user_id is not None]
    st.session_state[keys.GROUP_ADDRESSES] = lines.text_of(members)
    st.session_state.pop(keys.GROUP_ERROR, None)


def _people(principal: Principal, group: Group | None) -> None:
    present = {one.user_id: one for one in (group.members if group else ()) if one.user_id is not None}
    found = broadsheet().groups.people(principal, limit=_MOST_PEOPLE).items
    labels = {person.user_id: f"{person.name} · {person.email}" for person in found if person.is_here}
    for user_id, member in present.items():
        labels.setdefault(user_id, f"{member.name} · not here any more")
    st.multiselect(
        "People of your organization",
        list(labels),
        key=keys.GROUP_PEOPLE,
        format_func=lambda user_id: labels.get(user_id, ""),
        placeholder="Choose people",
    )


def _members(group: Group | None) -> tuple[GroupMember, ...]:
    """Whom the form names; a language that was given to a person elsewhere stays."""
    locales = {one.user_id: one.locale for one in (group.members if group else ()) if one.user_id is not None}
    chosen = st.session_state[keys.GROUP_PEOPLE]
    people = tuple(GroupMember(user_id=user_id, locale=locales.get(user_id, "")) for user_id in chosen)
    return (*people, *lines.members_in(st.session_state[keys.GROUP_ADDRESSES] or ""))


def _save(group: Group | None) -> None:
    draft = GroupDraft(
        name=st.session_state[keys.GROUP_NAME] or "",
        description=st.session_state[keys.GROUP_DESCRIPTION] or "",
        members=_members(group),
    )
    groups = broadsheet().groups
    try:
        principal = guard(Permission.MANAGE_MEMBERS)
        if group is None:
            groups.create(principal, draft)
        else:
            groups.change(principal, group.id, draft, expected_version=group.version)
    except BroadsheetError as error:
        st.session_state[keys.GROUP_ERROR] = error
        return
    st.toast(f"{draft.name} saved", icon=":material/check:")
    st.session_state[keys.GROUP_SAVED] = True


def _summary() -> None:
    people = len(st.session_state[keys.GROUP_PEOPLE])
    outside = len(lines.members_in(st.session_state[keys.GROUP_ADDRESSES] or ""))
    st.html('<div class="bs-eyebrow">In this group</div>')
    addresses = words.counted(outside, "address outside", "addresses outside")
    st.caption(f"{words.counted(people, 'person', 'people')} and {addresses}.")
    st.caption("Who is in it when a report is sent gets it, once each, also where they are in several groups.")


def _used_by(schedules: tuple[tuple[UUID, str], ...]) -> None:
    st.html('<div class="bs-eyebrow">Schedules that send to it</div>')
    if not schedules:
        st.caption("None yet. Choose the group in a schedule under For whom.")
        return
    st.html(f'<ol class="bs-slots">{"".join(f"<li><span>{escape(name)}</span></li>" for _, name in schedules)}</ol>')


def _error_at(failed: object, place: str) -> None:
    if isinstance(failed, BroadsheetError) and (failed.place or "").startswith(place):
        st.error(failed.user_message, icon=":material/error:")
