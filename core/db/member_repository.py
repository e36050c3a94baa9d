"""The people of an organization as schedules need them: who is here, and who looks after it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, any_, delete, literal, select, update
from sqlalchemy.orm import Session

from core.db.access_repository import principals_of_user
from core.db.tables import ApiTokenRow, MembershipRow, RoleRow, SessionRow, UserRow
from core.domain.access import Permission, Principal


def find_member(session: Session, organization_id: UUID, email: str) -> UUID | None:
    """Return who has this address in the organization, also where they left since."""
    statement = _members(organization_id).where(UserRow.email == email.strip().lower())
    return session.execute(statement).scalar_one_or_none()


def is_here(session: Session, organization_id: UUID, user_id: UUID) -> bool:
    """Whether a person is an active member of the organization."""
    return session.execute(_here(_members(organization_id)).where(UserRow.id == user_id)).first() is not None


def has_left(session: Session, organization_id: UUID, user_id: UUID) -> bool:
    """Whether a person was a member once and is not any more."""
    gone = _members(organization_id).where(UserRow.id == user_id, MembershipRow.left_at.is_not(None))
    return session.execute(gone).first() is not None


def member_principal(session: Session, organization_id: UUID, user_id: UUID) -> Principal | None:
    """Return what an active member may do; None for anybody else."""
    principals: Iterable[Principal] = principals_of_user(session, user_id)
    return next((one for one in principals if one.organization_id == organization_id), None)


def member_name(session: Session, user_id: UUID) -> str:
    """Return a person's name, also of one who left."""
    return session.execute(select(UserRow.name).where(UserRow.id == user_id)).scalar_one_or_none() or "somebody"


def administrators(session: Session, organization_id: UUID) -> tuple[UUID, ...]:
    """Return the active members who look after the organization's people."""
    statement = (
        _here(_members(organization_id))
        .join(
            RoleRow, (RoleRow.organization_id == MembershipRow.organization_id) & (RoleRow.id == MembershipRow.role_id)
        )
        .where(literal(str(Permission.MANAGE_MEMBERS)) == any_(RoleRow.permissions))
        .order_by(UserRow.email)
    )
    return tuple(session.execute(statement).scalars())


def has_owner(owner_id: Any, organization_id: Any) -> Any:
    """Return the SQL of whether an owner is an active member."""
    # A column by name: the app's role may not read all columns of people.
    here = select(UserRow.id).join(MembershipRow, MembershipRow.user_id == UserRow.id)
    return _here(here).where(MembershipRow.organization_id == organization_id, UserRow.id == owner_id).exists()


def leave(owner: Session, organization_id: UUID, user_id: UUID, *, at: datetime) -> None:
    """End a membership with its sessions and tokens. `owner` is a session of the database's owner."""
    owner.execute(
        update(MembershipRow)
        .where(MembershipRow.organization_id == organization_id, MembershipRow.user_id == user_id)
        .values(left_at=at)
    )
    for table in (SessionRow, ApiTokenRow):
        owner.execute(delete(table).where(table.organization_id == organization_id, table.user_id == user_id))


def come_back(owner: Session, organization_id: UUID, user_id: UUID, *, role: str) -> None:
    """Make somebody who left a member again. `owner` is a session of the database's owner."""
    role_id = select(RoleRow.id).where(RoleRow.organization_id == organization_id, RoleRow.name == role)
    owner.execute(
        update(MembershipRow)
        .where(MembershipRow.organization_id == organization_id, MembershipRow.user_id == user_id)
        .values(left_at=None, role_id=role_id.scalar_subquery())
    )


def set_user_active(owner: Session, user_id: UUID, *, is_active: bool) -> None:
    """Let an account sign in, or not any more. `owner` is a session of the database's owner."""
    owner.execute(update(UserRow).where(UserRow.id == user_id).values(is_active=is_active))


def organizations_of(owner: Session, user_id: UUID) -> tuple[UUID, ...]:
    """Return where a person is a member. `owner` is a session of the database's owner."""
    statement = (
        select(MembershipRow.organization_id)
        .where(MembershipRow.user_id == user_id, MembershipRow.left_at.is_(None))
        .order_by(MembershipRow.organization_id)
    )
    return tuple(owner.execute(statement).scalars())


def _members(organization_id: UUID) -> Select[UUID]:
    return (
        select(UserRow.id)
        .join(MembershipRow, MembershipRow.user_id == UserRow.id)
        .where(MembershipRow.organization_id == organization_id)
    )


def _here(statement: Select[UUID]) -> Select[UUID]:
    return statement.where(MembershipRow.left_at.is_(None), UserRow.is_active.is_(True))
