"""API tokens of people and service accounts; their secrets are kept as hashes only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from core.db.tables import ApiTokenRow, MembershipRow, RoleRow, UserRow
from core.domain.access import Permission
from core.domain.member import ApiToken, ServiceAccount


def insert_token(
    session: Session,
    *,
    organization_id: UUID,
    user_id: UUID,
    name: str,
    token_sha256: str,
    scopes: frozenset[Permission],
    expires_at: datetime | None,
    made_by: UUID,
) -> ApiToken:
    """Remember a token."""
    values = {
        "organization_id": organization_id,
        "user_id": user_id,
        "name": name,
        "token_sha256": token_sha256,
        "scopes": sorted(scopes),
        "expires_at": expires_at,
        "made_by": made_by,
    }
    row = session.execute(insert(ApiTokenRow).values(**values).returning(ApiTokenRow.id, ApiTokenRow.created_at)).one()
    return ApiToken(
        id=row.id, name=name, scopes=scopes, created_at=row.created_at, expires_at=expires_at, last_used_at=None
    )


def list_tokens(session: Session, user_id: UUID) -> tuple[ApiToken, ...]:
    """Return the tokens of somebody that were not revoked, the newest first."""
    statement = (
        select(
            ApiTokenRow.id,
            ApiTokenRow.name,
            ApiTokenRow.scopes,
            ApiTokenRow.created_at,
            ApiTokenRow.expires_at,
            ApiTokenRow.last_used_at,
        )
        .where(ApiTokenRow.user_id == user_id, ApiTokenRow.revoked_at.is_(None))
        .order_by(ApiTokenRow.created_at.desc(), ApiTokenRow.id)
    )
    return tuple(
        ApiToken(**{**row, "scopes": None if row["scopes"] is None else frozenset(map(Permission, row["scopes"]))})
        for row in session.execute(statement).mappings()
    )


def revoke_token(session: Session, user_id: UUID, token_id: UUID, at: datetime) -> str | None:
    """End a token of somebody; returns its name, or None where there is none."""
    statement = (
        update(ApiTokenRow)
        .where(ApiTokenRow.id == token_id, ApiTokenRow.user_id == user_id, ApiTokenRow.revoked_at.is_(None))
        .values(revoked_at=at)
        .returning(ApiTokenRow.name)
    )
    return session.execute(statement).scalar_one_or_none()


def insert_service_account(
    session: Session, *, organization_id: UUID, name: str, role_id: UUID, responsible_id: UUID
) -> UUID:
    """Make a service account; returns its id."""
    user_id: UUID = session.execute(text("SELECT create_service_account(:name)"), {"name": name}).scalar_one()
    values = {
        "organization_id": organization_id,
        "user_id": user_id,
        "role_id": role_id,
        "responsible_id": responsible_id,
    }
    session.execute(insert(MembershipRow).values(**values))
    return user_id


def list_service_accounts(session: Session, organization_id: UUID, *, now: datetime) -> tuple[ServiceAccount, ...]:
    """Return the service accounts of an organization by name."""
    responsible = UserRow.__table__.alias("responsible")
    good = (
        select(ApiTokenRow.user_id)
        .where(ApiTokenRow.revoked_at.is_(None), ApiTokenRow.expires_at.is_(None) | (ApiTokenRow.expires_at > now))
        .subquery()
    )
    tokens = select(text("count(*)")).select_from(good).where(good.c.user_id == UserRow.id).scalar_subquery()
    statement = (
        select(
            UserRow.id,
            UserRow.name,
            RoleRow.name.label("role"),
            responsible.c.name.label("responsible"),
            UserRow.created_at,
            tokens.label("tokens"),
        )
        .join(MembershipRow, MembershipRow.user_id == UserRow.id)
        .join(RoleRow, RoleRow.id == MembershipRow.role_id)
        .outerjoin(responsible, responsible.c.id == MembershipRow.responsible_id)
        .where(
            MembershipRow.organization_id == organization_id,
            MembershipRow.left_at.is_(None),
            UserRow.is_service.is_(True),
        )
        .order_by(UserRow.name, UserRow.id)
    )
    rows = session.execute(statement).mappings()
    return tuple(ServiceAccount(**{**row, "responsible": row["responsible"] or ""}) for row in rows)
