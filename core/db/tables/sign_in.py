"""What signing in leaves behind. No grant of the app's role stands on these tables: functions answer for them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base


class SecondFactorRow(Base):
    """The authenticator app of a person; without `confirmed_at` it was only offered."""

    __tablename__ = "second_factors"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    sealed_secret: Mapped[str]
    confirmed_at: Mapped[datetime | None]
    #: The newest time step whose code was taken.
    last_step: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class RecoveryCodeRow(Base):
    """A code for who lost their authenticator app. Only its SHA-256 is kept."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    code_sha256: Mapped[str] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None]


class PasswordResetRow(Base):
    """A mailed link with which a person sets a new password; each has one at most."""

    __tablename__ = "password_resets"

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SignInLimitRow(Base):
    """How often an address may still try to sign in: a token bucket."""

    __tablename__ = "sign_in_limits"

    key: Mapped[str] = mapped_column(primary_key=True)
    tokens: Mapped[float]
    filled_at: Mapped[datetime]


class SingleSignOnRow(Base):
    """A login at the provider that was used; it is good once."""

    __tablename__ = "single_sign_ons"

    login_sha256: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]
