"""Organizations, people, and how they get in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Identified, Owned


class OrganizationRow(Identified, Base):
    """An organization."""

    __tablename__ = "organizations"

    name: Mapped[str] = mapped_column(unique=True)
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    settings: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    #: What its files look like; the logo is a PNG.
    branding: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    logo: Mapped[bytes | None]


class UserRow(Identified, Base):
    """A person; may belong to several organizations. `email` is the sign-in, kept in lower case."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    failed_sign_ins: Mapped[int] = mapped_column(server_default=text("0"))
    locked_until: Mapped[datetime | None]


class RoleRow(Owned, Base):
    """A named set of permissions inside an organization."""

    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("organization_id", "id"), UniqueConstraint("organization_id", "name"))

    name: Mapped[str]
    permissions: Mapped[list[str]]


class MembershipRow(Base):
    """A person's role in an organization."""

    __tablename__ = "memberships"
    __table_args__ = (ForeignKeyConstraint(["organization_id", "role_id"], ["roles.organization_id", "roles.id"]),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role_id: Mapped[UUID]
    #: When the person left; the row stays, so that what is theirs keeps their name.
    left_at: Mapped[datetime | None]
    #: When the first-run tour was put away for good.
    tour_done_at: Mapped[datetime | None]


class SessionRow(Owned, Base):
    """A signed-in browser. Only the SHA-256 of the secret in its cookie is kept."""

    __tablename__ = "sessions"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    token_sha256: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ApiTokenRow(Owned, Base):
    """A personal API token. Only its SHA-256 is kept."""

    __tablename__ = "api_tokens"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    token_sha256: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
