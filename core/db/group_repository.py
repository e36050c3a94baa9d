"""Groups of recipients and the people of an organization, as screens and runs need them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, cast, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from core.address import email_key
from core.db.tables import GroupMemberRow, GroupRow, MembershipRow, RoleRow, ScheduleRow, UserRow
from core.domain.group import Group, GroupDraft, GroupMember, Person
from core.domain.page import Page
from core.domain.schedule import GROUP
from core.errors import Conflict, NotFound

_GONE = "This group does not exist, or you may not see it."
#: The members of a group are written in batches of these.
_BATCH = 500


def list_groups(session: Session, *, search: str = "", page: int = 1, limit: int = 50) -> Page[Group]:
    """Return groups by name, without their members."""
    conditions = []
    if search.strip():
        conditions.append(GroupRow.name.icontains(search.strip(), autoescape=True))
    total = session.execute(select(func.count()).select_from(GroupRow).where(*conditions)).scalar_one()
    by_name = _select().where(*conditions).order_by(func.lower(GroupRow.name), GroupRow.id)
    rows = session.execute(by_name.limit(limit).offset((page - 1) * limit)).mappings()
    return Page(items=tuple(_group(row) for row in rows), total=total, page=page, limit=limit)


def find_groups(session: Session, wanted: Collection[UUID]) -> tuple[Group, ...]:
    """Return those groups that are there, by name, without their members."""
    if not wanted:
        return ()
    statement = _select().where(GroupRow.id.in_(wanted)).order_by(func.lower(GroupRow.name))
    return tuple(_group(row) for row in session.execute(statement).mappings())


def load_group(session: Session, group_id: UUID, *, lock: bool = False) -> Group:
    """Return a group with its members; `lock` keeps it to this transaction. Raises NotFound."""
    if lock:
        session.execute(select(GroupRow.id).where(GroupRow.id == group_id).with_for_update())
    row = session.execute(_select().where(GroupRow.id == group_id)).mappings().first()
    if row is None:
        raise NotFound(_GONE)
    return _group(row, members_of(session, (group_id,)).get(group_id, ()))


def hold_groups(session: Session, wanted: Collection[UUID]) -> Mapping[UUID, str]:
    """Return the names of those groups that are there; none of them goes before this transaction ends."""
    if not wanted:
        return {}
    statement = select(GroupRow.id, GroupRow.name).where(GroupRow.id.in_(wanted)).with_for_update(read=True)
    return {row.id: row.name for row in session.execute(statement.order_by(GroupRow.id))}


def group_ids(session: Session, names: Collection[str]) -> Mapping[str, UUID]:
    """Return groups by name in lower case."""
    lower = func.lower(GroupRow.name)
    statement = select(lower.label("name"), GroupRow.id).where(lower.in_([name.lower() for name in names]))
    return {row.name: row.id for row in session.execute(statement)}


def members_of(session: Session, wanted: Collection[UUID]) -> Mapping[UUID, tuple[GroupMember, ...]]:
    """Return the members of groups as they are now, by name and address, those who left included."""
    found: dict[UUID, list[GroupMember]] = {}
    if not wanted:
        return {}
    statement = (
        select(
            GroupMemberRow.group_id,
            GroupMemberRow.user_id,
            func.coalesce(UserRow.email, GroupMemberRow.address, "").label("address"),
            func.coalesce(UserRow.name, GroupMemberRow.name).label("name"),
            GroupMemberRow.locale,
            or_(GroupMemberRow.user_id.is_(None), _is_here()).label("is_here"),
        )
        .outerjoin(UserRow, UserRow.id == GroupMemberRow.user_id)
        .outerjoin(MembershipRow, _membership(GroupMemberRow.organization_id))
        .where(GroupMemberRow.group_id.in_(wanted))
        .order_by(func.lower(func.coalesce(UserRow.name, GroupMemberRow.name)), "address")
    )
    for row in session.execute(statement).mappings():
        values = dict(row)
        found.setdefault(values.pop("group_id"), []).append(GroupMember(**{**values, "is_here": bool(row["is_here"])}))
    return {group_id: tuple(members) for group_id, members in found.items()}


def insert_group(session: Session, organization_id: UUID, draft: GroupDraft) -> UUID:
    """Make a group; returns its id."""
    statement = (
        insert(GroupRow)
        .values(organization_id=organization_id, name=draft.name, description=draft.description)
        .returning(GroupRow.id)
    )
    group_id = session.execute(statement).scalar_one()
    _put_members(session, organization_id, group_id, draft.members)
    return group_id


def replace_group(
    session: Session, organization_id: UUID, group_id: UUID, draft: GroupDraft, *, expected_version: int
) -> None:
    """Replace what a group says and who is in it. Raises Conflict where its version is another by now."""
    changed = session.execute(
        update(GroupRow)
        .where(GroupRow.id == group_id, GroupRow.version == expected_version)
        .values(name=draft.name, description=draft.description, version=GroupRow.version + 1, updated_at=func.now())
        .returning(GroupRow.id)
    ).scalar_one_or_none()
    if changed is None:
        raise Conflict
    session.execute(delete(GroupMemberRow).where(GroupMemberRow.group_id == group_id))
    _put_members(session, organization_id, group_id, draft.members)


def delete_group(session: Session, group_id: UUID) -> None:
    """Remove a group that no schedule names."""
    session.execute(delete(GroupRow).where(GroupRow.id == group_id))


def is_name_taken(session: Session, name: str, *, but: UUID | None = None) -> bool:
    """Whether another group is called like this, whatever the capitals."""
    statement = select(GroupRow.id).where(func.lower(GroupRow.name) == name.lower())
    return session.execute(statement if but is None else statement.where(GroupRow.id != but)).first() is not None


def schedules_using(session: Session, group_id: UUID) -> tuple[tuple[UUID, str], ...]:
    """Return the schedules that send to a group, paused ones included, by name."""
    wanted = cast([{"channel": GROUP, "address": str(group_id)}], JSONB)
    statement = select(ScheduleRow.id, ScheduleRow.name).where(ScheduleRow.recipients.op("@>")(wanted))
    return tuple((row.id, row.name) for row in session.execute(statement.order_by(ScheduleRow.name, ScheduleRow.id)))


def groups_with(session: Session, address: str) -> Mapping[UUID, str]:
    """Return the groups that an address is in, as itself or as a person's, by id with their names."""
    statement = (
        select(GroupRow.id, GroupRow.name)
        .join(GroupMemberRow, GroupMemberRow.group_id == GroupRow.id)
        .outerjoin(UserRow, UserRow.id == GroupMemberRow.user_id)
        .where(_has_address(address))
        .order_by(GroupRow.name)
        .distinct()
    )
    return {row.id: row.name for row in session.execute(statement)}


def names_address(session: Session, wanted: Collection[UUID], address: str) -> bool:
    """Whether one of the groups has an address as itself, whoever it belongs to."""
    if not wanted:
        return False
    statement = select(GroupMemberRow.id).where(
        GroupMemberRow.group_id.in_(wanted), GroupMemberRow.address == email_key(address)
    )
    return session.execute(statement.limit(1)).first() is not None


def remove_from_groups(session: Session, address: str) -> tuple[str, ...]:
    """Take an address out of every group; returns their names."""
    found = groups_with(session, address)
    if found:
        people = select(UserRow.id).where(UserRow.email == email_key(address))
        session.execute(
            delete(GroupMemberRow)
            .where(or_(GroupMemberRow.address == email_key(address), GroupMemberRow.user_id.in_(people)))
            .execution_options(synchronize_session=False)
        )
        session.execute(
            update(GroupRow)
            .where(GroupRow.id.in_(found))
            .values(version=GroupRow.version + 1, updated_at=func.now())
            .execution_options(synchronize_session=False)
        )
    return tuple(found.values())


def list_people(
    session: Session, organization_id: UUID, *, search: str = "", page: int = 1, limit: int = 50
) -> Page[Person]:
    """Return those who are or were members, by name, those who left last."""
    conditions = []
    if search.strip():
        words = search.strip()
        conditions.append(
            or_(UserRow.name.icontains(words, autoescape=True), UserRow.email.icontains(words, autoescape=True))
        )
    statement = _people(organization_id).where(*conditions)
    total = session.execute(select(func.count()).select_from(statement.subquery())).scalar_one()
    ordered = statement.order_by(_is_here().desc(), func.lower(UserRow.name), UserRow.id)
    rows = session.execute(ordered.limit(limit).offset((page - 1) * limit)).mappings()
    return Page(items=tuple(Person(**row) for row in rows), total=total, page=page, limit=limit)


def find_people(session: Session, organization_id: UUID, user_ids: Collection[UUID]) -> Mapping[UUID, Person]:
    """Return those of the people who are or were members, by id."""
    if not user_ids:
        return {}
    rows = session.execute(_people(organization_id).where(UserRow.id.in_(user_ids))).mappings()
    return {row["user_id"]: Person(**row) for row in rows}


def people_by_email(session: Session, organization_id: UUID, emails: Iterable[str]) -> Mapping[str, Person]:
    """Return those who sign in with these addresses and are or were members, by address in lower case."""
    keys = {email_key(email) for email in emails}
    if not keys:
        return {}
    rows = session.execute(_people(organization_id).where(UserRow.email.in_(keys))).mappings()
    return {row["email"]: Person(**row) for row in rows}


def _put_members(session: Session, organization_id: UUID, group_id: UUID, members: Sequence[GroupMember]) -> None:
    rows = [
        {
            "organization_id": organization_id,
            "group_id": group_id,
            "user_id": member.user_id,
            "address": None if member.user_id else member.address,
            "name": "" if member.user_id else member.name,
            "locale": member.locale,
        }
        for member in members
    ]
    for first in range(0, len(rows), _BATCH):
        session.execute(insert(GroupMemberRow), rows[first : first + _BATCH])


def _has_address(address: str) -> Any:
    key = email_key(address)
    return or_(GroupMemberRow.address == key, UserRow.email == key)


def _is_here() -> Any:
    return MembershipRow.left_at.is_(None) & MembershipRow.user_id.is_not(None) & UserRow.is_active.is_(True)


def _membership(organization_id: Any) -> Any:
    return (MembershipRow.user_id == UserRow.id) & (MembershipRow.organization_id == organization_id)


def _people(organization_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            UserRow.id.label("user_id"),
            UserRow.name,
            UserRow.email,
            RoleRow.name.label("role"),
            UserRow.is_active,
            MembershipRow.left_at,
            MembershipRow.deactivated_at,
        )
        .join(MembershipRow, _membership(organization_id))
        .join(
            RoleRow, (RoleRow.organization_id == MembershipRow.organization_id) & (RoleRow.id == MembershipRow.role_id)
        )
        .where(UserRow.is_service.is_(False))
    )


def _select() -> Select[*tuple[Any, ...]]:
    count = select(func.count()).select_from(GroupMemberRow).where(GroupMemberRow.group_id == GroupRow.id)
    return select(
        GroupRow.id,
        GroupRow.organization_id,
        GroupRow.name,
        GroupRow.description,
        count.scalar_subquery().label("member_count"),
        GroupRow.version,
        GroupRow.created_at,
        GroupRow.updated_at,
    )


def _group(row: RowMapping, members: tuple[GroupMember, ...] = ()) -> Group:
    return Group(**row, members=members)
