"""Who a report or a dashboard is shared with, and who in the organization it could be shared with."""

from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from core.db.shared_tables import SharedTable
from core.db.tables import GroupMemberRow, GroupRow, MembershipRow, UserRow
from core.domain.library import Grant, GrantKind, Level, Sharing, Visibility


def load_sharing(session: Session, table: SharedTable, thing_id: UUID) -> Sharing:
    """Return who may see and change a thing, people before groups, each by name."""
    thing, grant = table.thing, table.grant
    kept = session.execute(select(thing.visibility, thing.everyone).where(thing.id == thing_id)).one()
    rows = session.execute(
        select(grant.user_id, grant.group_id, grant.level, func.coalesce(UserRow.name, GroupRow.name, "").label("name"))
        .outerjoin(UserRow, UserRow.id == grant.user_id)
        .outerjoin(GroupRow, GroupRow.id == grant.group_id)
        .where(table.granted_id == thing_id)
        .order_by(grant.group_id.is_not(None), "name")
    )
    grants = tuple(
        Grant(
            kind=GrantKind.USER if row.user_id is not None else GrantKind.GROUP,
            id=row.user_id or row.group_id,
            level=Level(row.level),
            name=row.name,
        )
        for row in rows
    )
    return Sharing(visibility=Visibility(kept.visibility), everyone=Level(kept.everyone), grants=grants)


def save_sharing(
    session: Session, table: SharedTable, thing_id: UUID, sharing: Sharing, *, organization_id: UUID
) -> None:
    """Replace who may see and change a thing."""
    session.execute(delete(table.grant).where(table.granted_id == thing_id))
    for grant in sharing.grants:
        whom = "user_id" if grant.kind is GrantKind.USER else "group_id"
        values = {table.grant_of: thing_id, whom: grant.id, "level": str(grant.level)}
        session.execute(insert(table.grant).values(organization_id=organization_id, **values))
    session.execute(
        update(table.thing)
        .where(table.thing.id == thing_id)
        .values(visibility=str(sharing.visibility), everyone=str(sharing.everyone))
    )


def people(session: Session, organization_id: UUID) -> tuple[Grant, ...]:
    """Return the active members of the organization by name, as grants to view."""
    rows = session.execute(
        select(UserRow.id, UserRow.name, UserRow.email)
        .join(MembershipRow, MembershipRow.user_id == UserRow.id)
        .where(MembershipRow.organization_id == organization_id, MembershipRow.left_at.is_(None), UserRow.is_active)
        .order_by(func.folded(UserRow.name), UserRow.email)
    )
    return tuple(Grant(kind=GrantKind.USER, id=row.id, level=Level.VIEW, name=row.name or row.email) for row in rows)


def groups(session: Session) -> tuple[Grant, ...]:
    """Return the organization's groups by name, as grants to view."""
    rows = session.execute(select(GroupRow.id, GroupRow.name).order_by(func.folded(GroupRow.name)))
    return tuple(Grant(kind=GrantKind.GROUP, id=row.id, level=Level.VIEW, name=row.name) for row in rows)


def groups_of(session: Session, user_id: UUID) -> frozenset[UUID]:
    """Return the groups that a person is in."""
    statement = select(GroupMemberRow.group_id).where(GroupMemberRow.user_id == user_id)
    return frozenset(session.execute(statement).scalars())
