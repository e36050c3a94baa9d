"""Groups of recipients and the people of an organization: who is there, who is in which group."""

import re
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require
from core.address import email_key, parse_email
from core.db import group_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.db.source_repository import lock_names
from core.domain.access import Permission, Principal
from core.domain.group import Group, GroupDraft, GroupInUse, GroupMember, Person
from core.domain.page import Page
from core.domain.text import check_text
from core.errors import Conflict, InvalidAddress, InvalidInput
from core.services import recipient_policy

MAX_NAME_LENGTH, MAX_DESCRIPTION_LENGTH, MAX_MEMBERS = 100, 500, 2000
_MAX_MEMBER_NAME = 200
#: A language with or without its country (RFC 5646), as in en or pt-BR.
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)
#: Schedules named when they stand in the way.
_MAX_NAMED = 3


class GroupService:
    """Everything a person does with groups. Those who send may choose them; they are made by who manages people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, principal: Principal, *, search: str = "", page: int = 1, limit: int = 50) -> Page[Group]:
        """Return groups by name, without their members."""
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.organization(principal.organization_id) as session:
            return group_repository.list_groups(session, search=search, page=page, limit=limit)

    def get(self, principal: Principal, group_id: UUID) -> Group:
        """Return a group with its members; raises NotFound."""
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.organization(principal.organization_id) as session:
            return group_repository.load_group(session, group_id)

    def people(self, principal: Principal, *, search: str = "", page: int = 1, limit: int = 50) -> Page[Person]:
        """Return the people of the organization by name, those who left last."""
        if not principal.may(Permission.MANAGE_MEMBERS):
            require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.organization(principal.organization_id) as session:
            return group_repository.list_people(
                session, principal.organization_id, search=search, page=page, limit=limit
            )

    def named(
        self, principal: Principal, *, users: Collection[UUID], groups: Collection[UUID]
    ) -> tuple[tuple[Person, ...], tuple[Group, ...]]:
        """Return those people and groups, those that are gone left out: what a schedule names, to be shown."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            people = group_repository.find_people(session, principal.organization_id, users)
            return tuple(people.values()), group_repository.find_groups(session, groups)

    def create(self, principal: Principal, draft: GroupDraft) -> Group:
        """Make a group; raises InvalidInput with the place, Conflict where its name is taken."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            lock_names(session, principal.organization_id)
            checked = _checked(session, principal.organization_id, draft)
            _check_name(session, checked.name)
            group_id = group_repository.insert_group(session, principal.organization_id, checked)
            return note(session, principal, "group.created", after=group_repository.load_group(session, group_id))

    def change(
        self, principal: Principal, group_id: UUID, draft: GroupDraft, *, expected_version: int | None = None
    ) -> Group:
        """Replace a group; its schedules send to the new members from the next run on.

        Raises InvalidInput with the place, Conflict where the name is taken or `expected_version` is not the newest.
        """
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            saved = group_repository.load_group(session, group_id, lock=True)
            if expected_version not in (None, saved.version):
                raise Conflict
            lock_names(session, principal.organization_id)
            checked = _checked(session, principal.organization_id, draft)
            _check_name(session, checked.name, but=group_id)
            group_repository.replace_group(
                session, principal.organization_id, group_id, checked, expected_version=saved.version
            )
            after = group_repository.load_group(session, group_id)
            return note(session, principal, "group.changed", before=saved, after=after)

    def delete(self, principal: Principal, group_id: UUID) -> None:
        """Remove a group; raises GroupInUse naming the schedules that send to it."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            group = group_repository.load_group(session, group_id, lock=True)
            used = group_repository.schedules_using(session, group_id)
            if used:
                names = _in_short([name for _, name in used])
                raise GroupInUse(f"{group.name} is used by {names}. Change those schedules first.", schedules=used)
            group_repository.delete_group(session, group_id)
            note(session, principal, "group.deleted", before=group)

    def schedules_of(self, principal: Principal, group_id: UUID) -> tuple[tuple[UUID, str], ...]:
        """Return the schedules that send to a group; raises NotFound."""
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.organization(principal.organization_id) as session:
            group_repository.load_group(session, group_id)
            return group_repository.schedules_using(session, group_id)


def _checked(session: Session, organization_id: UUID, draft: GroupDraft) -> GroupDraft:
    """The draft as it is kept; raises InvalidInput with the place. Outside addresses have to pass the rule."""
    name = draft.name.strip()
    if not name:
        raise InvalidInput("Give the group a name.", place="name")
    check_text(name, place="name", max_length=MAX_NAME_LENGTH, one_line=True)
    description = check_text(draft.description.strip(), place="description", max_length=MAX_DESCRIPTION_LENGTH)
    if len(draft.members) > MAX_MEMBERS:
        raise InvalidInput(f"A group may have up to {MAX_MEMBERS:,} members.", place="members")
    members = tuple(_member(member, f"members[{n}]") for n, member in enumerate(draft.members))
    _check_people(session, organization_id, members)
    outside = [(member.address, f"members[{n}].address") for n, member in enumerate(members) if not member.user_id]
    recipient_policy.check(session, organization_id, outside)
    return GroupDraft(name=name, description=description, members=members)


def _member(member: GroupMember, place: str) -> GroupMember:
    locale = member.locale.strip()
    if locale and _LOCALE.fullmatch(locale) is None:
        raise InvalidInput(f'"{locale[:40]}" is not a language such as en or en-GB.', place=f"{place}.locale")
    if (member.user_id is None) == (not member.address.strip()):
        raise InvalidInput("Name a person of your organization or an address.", place=place)
    if member.user_id is not None:
        return GroupMember(user_id=member.user_id, locale=locale)
    try:
        address = parse_email(member.address).lower()
    except InvalidAddress as error:
        raise InvalidAddress(error.user_message, place=f"{place}.address") from error
    name = check_text(member.name.strip(), place=f"{place}.name", max_length=_MAX_MEMBER_NAME, one_line=True)
    return GroupMember(address=address, name=name, locale=locale)


def _check_people(session: Session, organization_id: UUID, members: Sequence[GroupMember]) -> None:
    """Each is somebody of the organization and is named once, as a person or by their address."""
    people = group_repository.find_people(
        session, organization_id, {member.user_id for member in members if member.user_id is not None}
    )
    seen: set[str] = set()
    for position, member in enumerate(members):
        place = f"members[{position}]"
        person = None if member.user_id is None else people.get(member.user_id)
        if member.user_id is not None and person is None:
            raise InvalidInput("This person does not belong to your organization.", place=f"{place}.user_id")
        key = email_key(person.email if person else member.address)
        if key in seen:
            raise InvalidAddress(f"{person.name if person else member.address} is named twice.", place=place)
        seen.add(key)


def _check_name(session: Session, name: str, *, but: UUID | None = None) -> None:
    if group_repository.is_name_taken(session, name, but=but):
        raise Conflict(f'There is a group called "{name}" already.', place="name")


def _in_short(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MAX_NAMED])
    return shown if len(names) <= _MAX_NAMED else f"{shown} and {len(names) - _MAX_NAMED} more"
