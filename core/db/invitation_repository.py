"""Invitations: the addresses that are asked to join, and what becomes of them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from core.db.tables import GroupMemberRow, GroupRow, InvitationRow, MembershipRow, RoleRow, UserRow
from core.domain.invitation import Invitation
from core.errors import NotFound


def list_invitations(session: Session) -> tuple[Invitation, ...]:
    """Return the invitations that nobody answered yet, the newest first."""
    rows = session.execute(_select().order_by(InvitationRow.invited_at.desc(), InvitationRow.email)).mappings()
    return tuple(_invitation(row) for row in rows)


def load_invitation(session: Session, invitation_id: UUID) -> Invitation:
    """Return an invitation; raises NotFound."""
    row = session.execute(_select().where(InvitationRow.id == invitation_id)).mappings().first()
    if row is None:
        raise NotFound("This invitation is not there any more: it was answered or withdrawn.")
    return _invitation(row)


def put_invitation(session: Session, **values: Any) -> UUID:
    """Invite an address; an invitation it has is made anew, so that its older link ends. Returns the id."""
    statement = upsert(InvitationRow).values(**values)
    changed = {name: statement.excluded[name] for name in values if name not in ("organization_id", "email")}
    statement = statement.on_conflict_do_update(
        index_elements=["organization_id", "email"], set_={**changed, "mailed_at": None}
    )
    return session.execute(statement.returning(InvitationRow.id)).scalar_one()


def mark_mailed(session: Session, invitation_id: UUID, at: datetime) -> None:
    """Note that the mail left."""
    session.execute(update(InvitationRow).where(InvitationRow.id == invitation_id).values(mailed_at=at))


def remove_invitation(session: Session, invitation_id: UUID) -> None:
    """Forget an invitation: its link does nothing any more."""
    session.execute(delete(InvitationRow).where(InvitationRow.id == invitation_id))


def remove_invitations_of(session: Session, inviter: UUID) -> None:
    """Forget what somebody invited who may not invite any more."""
    session.execute(delete(InvitationRow).where(InvitationRow.invited_by == inviter))


def organization_of_invitation(session: Session, token_sha256: str) -> UUID | None:
    """Return whose invitation a link is; needs no organization context."""
    statement = text("SELECT organization_of_invitation(:sha)")
    found: UUID | None = session.execute(statement, {"sha": token_sha256}).scalar_one_or_none()
    return found


def find_by_link(session: Session, token_sha256: str, *, now: datetime, lock: bool = False) -> Invitation | None:
    """Return the invitation a link is good for; `lock` keeps it to this transaction."""
    if lock:
        mine = select(InvitationRow.id).where(InvitationRow.token_sha256 == token_sha256)
        session.execute(mine.with_for_update())
    statement = _select().where(InvitationRow.token_sha256 == token_sha256, InvitationRow.expires_at > now)
    row = session.execute(statement).mappings().first()
    return None if row is None else _invitation(row)


def create_account(session: Session, token_sha256: str, *, name: str, password_hash: str, now: datetime) -> UUID | None:
    """Make the account of who was invited; None where the address has one by now."""
    values = {"sha": token_sha256, "name": name, "hash": password_hash, "now": now}
    statement = text("SELECT create_account(:sha, :name, :hash, :now)")
    made: UUID | None = session.execute(statement, values).scalar_one_or_none()
    return made


def join(session: Session, organization_id: UUID, user_id: UUID, *, role: str) -> None:
    """Make somebody who never was a member one."""
    role_id = select(RoleRow.id).where(RoleRow.organization_id == organization_id, RoleRow.name == role)
    values = {"organization_id": organization_id, "user_id": user_id, "role_id": role_id.scalar_subquery()}
    session.execute(insert(MembershipRow).values(**values))


def join_groups(session: Session, organization_id: UUID, user_id: UUID, group_ids: Collection[UUID]) -> None:
    """Put a new member into those of the groups that are still there."""
    there = session.execute(
        update(GroupRow)
        .where(GroupRow.id.in_(group_ids))
        .values(version=GroupRow.version + 1, updated_at=func.now())
        .returning(GroupRow.id)
    ).scalars()
    rows = [{"organization_id": organization_id, "group_id": one, "user_id": user_id} for one in there]
    if rows:
        session.execute(upsert(GroupMemberRow).values(rows).on_conflict_do_nothing())


def _select() -> Select[*tuple[Any, ...]]:
    return (
        select(
            InvitationRow.id,
            InvitationRow.email,
            RoleRow.name.label("role"),
            InvitationRow.group_ids,
            InvitationRow.invited_by,
            func.coalesce(UserRow.name, "").label("inviter"),
            InvitationRow.invited_at,
            InvitationRow.expires_at,
            InvitationRow.mailed_at,
        )
        .join(RoleRow, RoleRow.id == InvitationRow.role_id)
        .outerjoin(UserRow, UserRow.id == InvitationRow.invited_by)
    )


def _invitation(row: RowMapping) -> Invitation:
    return Invitation(**{**row, "group_ids": tuple(row["group_ids"])})
