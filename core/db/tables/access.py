"""Organizations, people, and how they get in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint, Uuid, text
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
    #: Since when nobody works in it and nothing is sent.
    deactivated_at: Mapped[datetime | None]


class UserRow(Identified, Base):
    """A person; may belong to several organizations. `email` is the sign-in, kept in lower case."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("sso_issuer", "sso_subject"),
        CheckConstraint("(sso_issuer IS NULL) = (sso_subject IS NULL)", name="sso"),
    )

    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    failed_sign_ins: Mapped[int] = mapped_column(server_default=text("0"))
    locked_until: Mapped[datetime | None]
    password_changed_at: Mapped[datetime | None]
    #: Who signs in at this provider, as whom it knows; such a person has no password here.
    sso_issuer: Mapped[str | None]
    sso_subject: Mapped[str | None]
    #: A service account: it has tokens and no password.
    is_service: Mapped[bool] = mapped_column(server_default=text("false"))


class RoleRow(Owned, Base):
    """A named set of permissions inside an organization."""

    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("organization_id", "id"), UniqueConstraint("organization_id", "name"))

    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    permissions: Mapped[list[str]]
    #: Every organization starts with it, and nobody changes it.
    is_built_in: Mapped[bool] = mapped_column(server_default=text("false"))
    version: Mapped[int] = mapped_column(server_default=text("1"))


class MembershipRow(Base):
    """A person's role in an organization."""

    __tablename__ = "memberships"
    __table_args__ = (ForeignKeyConstraint(["organization_id", "role_id"], ["roles.organization_id", "roles.id"]),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role_id: Mapped[UUID]
    #: When the person left; the row stays, so that what is theirs keeps their name.
    left_at: Mapped[datetime | None]
    #: When an administrator closed the membership; it may be opened again. `left_at` is set as well.
    deactivated_at: Mapped[datetime | None]
    #: Of a service account: who looks after it.
    responsible_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    #: When the first-run tour was put away for good.
    tour_done_at: Mapped[datetime | None]


class SessionRow(Owned, Base):
    """A signed-in browser. Only the SHA-256 of the secret in its cookie is kept."""

    __tablename__ = "sessions"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_sha256: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    #: Where it was opened and with what, in words; its owner sees both.
    address: Mapped[str] = mapped_column(server_default="")
    device: Mapped[str] = mapped_column(server_default="")
    last_seen_at: Mapped[datetime | None]


class ApiTokenRow(Owned, Base):
    """An API token of a person or a service account. Only its SHA-256 is kept."""

    __tablename__ = "api_tokens"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    #: The permissions it may use, of those its owner holds at the time; null: all of them.
    scopes: Mapped[list[str] | None]
    #: Who made it, where that is not its owner.
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    token_sha256: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class InvitationRow(Owned, Base):
    """An address that is asked to join. Only the SHA-256 of its link's secret is kept; who joined has none any more."""

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("organization_id", "email"),
        ForeignKeyConstraint(["organization_id", "role_id"], ["roles.organization_id", "roles.id"]),
    )

    email: Mapped[str]
    role_id: Mapped[UUID]
    group_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default=text("'{}'"))
    token_sha256: Mapped[str] = mapped_column(unique=True)
    invited_by: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    invited_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    #: None: the link was handed over by hand, or its mail did not leave.
    mailed_at: Mapped[datetime | None]
