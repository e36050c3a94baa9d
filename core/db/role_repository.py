"""The roles of an organization."""

from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, delete, func, insert, select, update
from sqlalchemy.orm import Session

from core.db.tables import InvitationRow, MembershipRow, RoleRow
from core.domain.access import Permission
from core.domain.role import Role, RoleDraft
from core.errors import Conflict, NotFound

_GONE = "This role does not exist in your organization."


def list_roles(session: Session) -> tuple[Role, ...]:
    """Return the roles, from the least to the most, those of the organization's own last."""
    by_weight = (RoleRow.is_built_in.desc(), func.cardinality(RoleRow.permissions), func.lower(RoleRow.name))
    return tuple(_role(row) for row in session.execute(_select().order_by(*by_weight)).mappings())


def load_role(session: Session, role_id: UUID) -> Role:
    """Return a role; raises NotFound."""
    row = session.execute(_select().where(RoleRow.id == role_id)).mappings().first()
    if row is None:
        raise NotFound(_GONE)
    return _role(row)


def find_role(session: Session, name: str) -> Role | None:
    """Return the role called `name`, whatever the capitals; "data admin" is "data_admin"."""
    row = session.execute(_select().where(_key(RoleRow.name) == _plain(name))).mappings().first()
    return None if row is None else _role(row)


def insert_role(session: Session, organization_id: UUID, draft: RoleDraft) -> UUID:
    """Make a role; returns its id."""
    statement = insert(RoleRow).values(organization_id=organization_id, **_values(draft)).returning(RoleRow.id)
    return session.execute(statement).scalar_one()


def replace_role(session: Session, role_id: UUID, draft: RoleDraft, *, expected_version: int) -> None:
    """Replace a role. Raises Conflict where its version is another by now."""
    changed = session.execute(
        update(RoleRow)
        .where(RoleRow.id == role_id, RoleRow.version == expected_version)
        .values(**_values(draft), version=RoleRow.version + 1)
        .returning(RoleRow.id)
    ).scalar_one_or_none()
    if changed is None:
        raise Conflict


def delete_role(session: Session, role_id: UUID, *, instead: UUID) -> None:
    """Remove a role that no member and no invitation has; who left with it is kept in the role `instead`."""
    session.execute(update(MembershipRow).where(MembershipRow.role_id == role_id).values(role_id=instead))
    session.execute(delete(RoleRow).where(RoleRow.id == role_id))


def open_invitations_with(session: Session, role_id: UUID) -> int:
    """Return how many invitations name a role."""
    statement = select(func.count()).select_from(InvitationRow).where(InvitationRow.role_id == role_id)
    return session.execute(statement).scalar_one()


def _values(draft: RoleDraft) -> dict[str, Any]:
    return {"name": draft.name, "description": draft.description, "permissions": sorted(draft.permissions)}


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").lower().split())


def _key(name: Any) -> Any:
    return func.lower(func.replace(name, "_", " "))


def _select() -> Select[*tuple[Any, ...]]:
    holders = (
        select(func.count())
        .select_from(MembershipRow)
        .where(
            MembershipRow.organization_id == RoleRow.organization_id,
            MembershipRow.role_id == RoleRow.id,
            MembershipRow.left_at.is_(None) | MembershipRow.deactivated_at.is_not(None),
        )
        .scalar_subquery()
    )
    return select(
        RoleRow.id,
        RoleRow.name,
        RoleRow.description,
        RoleRow.permissions,
        RoleRow.is_built_in,
        RoleRow.version,
        holders.label("people"),
    )


def _role(row: RowMapping) -> Role:
    return Role(**{**row, "permissions": frozenset(Permission(name) for name in row["permissions"])})
