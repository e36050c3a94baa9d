"""Organizations across the installation, and moving a session between them; needs no organization context."""

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.domain.access import BUILT_IN_ROLES
from core.domain.member import Organization

#: The role of whoever makes an organization.
_FIRST = "installation_admin"


def all_organizations(session: Session, actor: UUID) -> tuple[Organization, ...]:
    """Return every organization by name; none, unless `actor` manages the installation."""
    statement = text("SELECT * FROM all_organizations(:actor) ORDER BY lower(name), id")
    rows = session.execute(statement, {"actor": actor})
    return tuple(
        Organization(id=row.id, name=row.name, role="", is_active=row.deactivated_at is None, people=row.people)
        for row in rows
    )


def create_organization(session: Session, actor: UUID, *, name: str, timezone: str) -> UUID | None:
    """Make an organization whose first member is `actor`; None unless they manage the installation."""
    roles = {role: sorted(permissions) for role, permissions in BUILT_IN_ROLES.items()}
    values = {"actor": actor, "name": name, "timezone": timezone, "roles": json.dumps(roles), "role": _FIRST}
    statement = text("SELECT create_organization(:actor, :name, :timezone, CAST(:roles AS jsonb), :role)")
    made: UUID | None = session.execute(statement, values).scalar_one_or_none()
    return made


def change_organization(
    session: Session, actor: UUID, organization_id: UUID, *, name: str, deactivated_at: datetime | None
) -> bool:
    """Name an organization, close or open it; False unless it is there and `actor` manages the installation."""
    values = {"actor": actor, "id": organization_id, "name": name, "at": deactivated_at}
    statement = text("SELECT change_organization(:actor, :id, :name, CAST(:at AS timestamptz))")
    return bool(session.execute(statement, values).scalar_one())


def move_session(session: Session, token_sha256: str, organization_id: UUID, *, now: datetime) -> bool:
    """Let a session act in another organization; False unless its person is an active member there."""
    values = {"sha": token_sha256, "id": organization_id, "now": now}
    return bool(session.execute(text("SELECT move_session(:sha, :id, :now)"), values).scalar_one())
