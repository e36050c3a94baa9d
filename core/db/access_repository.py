"""Organizations, people, sessions and tokens; sign-in goes through the database's SECURITY DEFINER functions."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, insert, select, text, update
from sqlalchemy.orm import Session

from core.db.tables import MembershipRow, OrganizationRow, RoleRow, SessionRow, UserRow
from core.domain.access import BUILT_IN_ROLES, Permission, Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What sign-in compares a password with."""

    user_id: UUID
    email: str
    name: str
    password_hash: str
    is_active: bool
    locked_until: datetime | None


def find_credentials(session: Session, email: str) -> Credentials | None:
    """Return the credentials behind a sign-in address, whatever the organization."""
    row = _first(session, "SELECT * FROM find_sign_in(:email)", email=email)
    return None if row is None or row["user_id"] is None else Credentials(**row)


def lock_sign_in(session: Session, email: str) -> None:
    """Wait until no other transaction signs in with this address; the transaction's end lets the next one go."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:email, 0))"), {"email": email})


def record_sign_in(session: Session, user_id: UUID, *, ok: bool, now: datetime) -> None:
    """Count a failure towards the lock, or clear the count."""
    session.execute(text("SELECT record_sign_in(:user_id, :ok, :now)"), {"user_id": user_id, "ok": ok, "now": now})


def principals_of_user(session: Session, user_id: UUID) -> tuple[Principal, ...]:
    """Return a principal for each organization the active user belongs to, the oldest first."""
    rows = session.execute(text("SELECT * FROM principals_of_user(:user_id)"), {"user_id": user_id}).mappings()
    return tuple(_principal(row) for row in rows)


def principal_of_session(session: Session, token_sha256: str, now: datetime) -> Principal | None:
    """Return who is behind a session cookie, unless it is revoked or has expired."""
    row = _first(session, "SELECT * FROM principal_of_session(:sha, :now)", sha=token_sha256, now=now)
    return None if row is None else _principal(row)


def principal_of_api_token(session: Session, token_sha256: str, now: datetime) -> Principal | None:
    """Return who is behind a personal API token, unless it is revoked or has expired."""
    row = _first(session, "SELECT * FROM principal_of_api_token(:sha, :now)", sha=token_sha256, now=now)
    return None if row is None else replace(_principal(row), by_token=True)


def revoke_session(session: Session, token_sha256: str, now: datetime) -> None:
    """End a session at once."""
    session.execute(update(SessionRow).where(SessionRow.token_sha256 == token_sha256).values(revoked_at=now))


def insert_organization(owner: Session, name: str, timezone: str) -> UUID:
    """Create an organization with the built-in roles. `owner` is a session of the database's owner."""
    organization_id = owner.execute(
        insert(OrganizationRow).values(name=name, timezone=timezone).returning(OrganizationRow.id)
    ).scalar_one()
    owner.execute(
        insert(RoleRow),
        [
            {"organization_id": organization_id, "name": role, "permissions": sorted(permissions), "is_built_in": True}
            for role, permissions in BUILT_IN_ROLES.items()
        ],
    )
    return organization_id


def insert_user(
    owner: Session, *, organization_id: UUID, email: str, name: str, password_hash: str, role: str, timezone: str
) -> UUID:
    """Create a person and their membership. `owner` is a session of the database's owner."""
    user_id = owner.execute(
        insert(UserRow)
        .values(email=email, name=name, password_hash=password_hash, timezone=timezone)
        .returning(UserRow.id)
    ).scalar_one()
    insert_membership(owner, organization_id=organization_id, user_id=user_id, role=role)
    return user_id


def insert_membership(owner: Session, *, organization_id: UUID, user_id: UUID, role: str) -> None:
    """Make a person a member. `owner` is a session of the database's owner."""
    role_id = owner.execute(
        select(RoleRow.id).where(RoleRow.organization_id == organization_id, RoleRow.name == role)
    ).scalar_one()
    owner.execute(insert(MembershipRow).values(organization_id=organization_id, user_id=user_id, role_id=role_id))


def find_user(owner: Session, email: str) -> UUID | None:
    """Return the person who signs in with `email`. `owner` is a session of the database's owner."""
    return owner.execute(select(UserRow.id).where(UserRow.email == email)).scalar_one_or_none()


def is_member(owner: Session, *, organization_id: UUID, user_id: UUID) -> bool:
    """Whether a person belongs to an organization and has not left. `owner` is a session of the database's owner."""
    membership = owner.get(MembershipRow, (organization_id, user_id))
    return membership is not None and membership.left_at is None


def list_organizations(owner: Session) -> dict[str, UUID]:
    """Return every organization by name, the oldest first. `owner` is a session of the database's owner."""
    statement = select(OrganizationRow.name, OrganizationRow.id).order_by(OrganizationRow.created_at)
    return {row.name: row.id for row in owner.execute(statement)}


def role_names(owner: Session, organization_id: UUID) -> tuple[str, ...]:
    """Return the roles of an organization. `owner` is a session of the database's owner."""
    statement = select(RoleRow.name).where(RoleRow.organization_id == organization_id).order_by(RoleRow.name)
    return tuple(owner.execute(statement).scalars())


def find_organization(owner: Session, name: str) -> UUID | None:
    """Return the organization called `name`. `owner` is a session of the database's owner."""
    return owner.execute(select(OrganizationRow.id).where(OrganizationRow.name == name)).scalar_one_or_none()


def _first(session: Session, sql: str, **values: Any) -> RowMapping | None:
    return session.execute(text(sql), values).mappings().first()


def _principal(row: RowMapping) -> Principal:
    return Principal(
        user_id=row["user_id"],
        organization_id=row["organization_id"],
        email=row["email"],
        name=row["name"],
        organization=row["organization"],
        role=row["role"],
        permissions=frozenset(Permission(name) for name in row["permissions"]),
        timezone=row["timezone"],
    )
