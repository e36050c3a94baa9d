"""The members of an organization: who is here, in which role, who looks after it, and what they own."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, any_, delete, func, literal, select, text, update
from sqlalchemy.orm import Session

from core.db.access_repository import principals_of_user
from core.db.tables import (
    ApiTokenRow,
    DashboardRow,
    MembershipRow,
    ReportRow,
    RoleRow,
    ScheduleRow,
    SessionRow,
    UserRow,
)
from core.domain.access import Permission, Principal
from core.domain.member import Belongings, Member
from core.errors import NotFound


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
    """Return the active people who look after the organization's people; no service account does."""
    statement = (
        _here(_members(organization_id))
        .join(
            RoleRow, (RoleRow.organization_id == MembershipRow.organization_id) & (RoleRow.id == MembershipRow.role_id)
        )
        .where(literal(str(Permission.MANAGE_MEMBERS)) == any_(RoleRow.permissions), UserRow.is_service.is_(False))
        .order_by(UserRow.email)
    )
    return tuple(session.execute(statement).scalars())


def has_owner(owner_id: Any, organization_id: Any) -> Any:
    """Return the SQL of whether an owner is an active member."""
    # A column by name: the app's role may not read all columns of people.
    here = select(UserRow.id).join(MembershipRow, MembershipRow.user_id == UserRow.id)
    return _here(here).where(MembershipRow.organization_id == organization_id, UserRow.id == owner_id).exists()


def lock_members(session: Session, organization_id: UUID) -> None:
    """Nobody else changes the members or roles of the organization before the transaction ends."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"members {organization_id}"}
    )


def load_member(session: Session, organization_id: UUID, user_id: UUID) -> Member:
    """Return a member, also one who left; raises NotFound."""
    row = session.execute(_whole(organization_id).where(UserRow.id == user_id)).mappings().first()
    if row is None:
        raise NotFound("This person does not belong to your organization.")
    return Member(**{**row, "permissions": frozenset(Permission(name) for name in row["permissions"])})


def set_role(session: Session, organization_id: UUID, user_id: UUID, role_id: UUID) -> None:
    """Give a member another role."""
    session.execute(_change(organization_id, user_id).values(role_id=role_id))


def belongings(session: Session, organization_id: UUID, user_id: UUID) -> Belongings:
    """Return how much a member owns."""

    def count(table: Any, *conditions: Any) -> int:
        owned = (table.organization_id == organization_id, table.owner_id == user_id, *conditions)
        return session.execute(select(func.count()).select_from(table).where(*owned)).scalar_one()

    return Belongings(
        reports=count(ReportRow, ReportRow.deleted_at.is_(None)),
        dashboards=count(DashboardRow, DashboardRow.archived_at.is_(None)),
        schedules=count(ScheduleRow),
    )


def give_reports(session: Session, organization_id: UUID, *, from_id: UUID, to_id: UUID) -> None:
    """Give all reports and dashboards of a member to another one."""
    for table in (ReportRow, DashboardRow):
        owned = (table.organization_id == organization_id, table.owner_id == from_id)
        session.execute(update(table).where(*owned).values(owner_id=to_id))


def leave(session: Session, organization_id: UUID, user_id: UUID, *, at: datetime, may_return: bool = False) -> None:
    """End a membership with its sessions and tokens. `may_return`: it is closed, and may be opened again."""
    closed_at = at if may_return else None
    session.execute(_change(organization_id, user_id).values(left_at=at, deactivated_at=closed_at))
    for table in (SessionRow, ApiTokenRow):
        session.execute(delete(table).where(table.organization_id == organization_id, table.user_id == user_id))


def reopen(session: Session, organization_id: UUID, user_id: UUID) -> None:
    """Open a closed membership again; sessions and tokens that ended stay ended."""
    session.execute(_change(organization_id, user_id).values(left_at=None, deactivated_at=None))


def come_back(session: Session, organization_id: UUID, user_id: UUID, *, role: str) -> None:
    """Make somebody who left a member again, in a role."""
    role_id = select(RoleRow.id).where(RoleRow.organization_id == organization_id, RoleRow.name == role)
    session.execute(
        _change(organization_id, user_id).values(left_at=None, deactivated_at=None, role_id=role_id.scalar_subquery())
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


def _change(organization_id: UUID, user_id: UUID) -> Any:
    return update(MembershipRow).where(
        MembershipRow.organization_id == organization_id, MembershipRow.user_id == user_id
    )


def _whole(organization_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(
            UserRow.id.label("user_id"),
            UserRow.name,
            UserRow.email,
            RoleRow.name.label("role"),
            RoleRow.permissions,
            UserRow.is_active,
            MembershipRow.left_at,
            MembershipRow.deactivated_at,
            UserRow.is_service,
        )
        .join(MembershipRow, MembershipRow.user_id == UserRow.id)
        .join(
            RoleRow, (RoleRow.organization_id == MembershipRow.organization_id) & (RoleRow.id == MembershipRow.role_id)
        )
        .where(MembershipRow.organization_id == organization_id)
    )
