"""Signing in, over the functions that answer for tables without an organization: accounts, passwords, limits."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.domain.sign_in import Account, Identity


def find_account(session: Session, user_id: UUID) -> Account | None:
    """Return what signing in knows of a person."""
    row = session.execute(text("SELECT * FROM account_of(:user)"), {"user": user_id}).mappings().first()
    return None if row is None else Account(**row)


def set_password(session: Session, user_id: UUID, password_hash: str, *, keep: str | None, now: datetime) -> None:
    """Give a person another password and end their sessions, all but the one with the SHA-256 `keep`."""
    _call(session, "set_password(:user, :hash, :keep, :now)", user=user_id, hash=password_hash, keep=keep, now=now)


def put_reset(
    session: Session, user_id: UUID, *, token_sha256: str, now: datetime, expires_at: datetime, not_since: datetime
) -> bool:
    """Make the link of a person, in the place of an older one; False where one was made after `not_since`."""
    made = _call(
        session,
        "put_password_reset(:user, :sha, :now, :expires_at, :not_since)",
        user=user_id,
        sha=token_sha256,
        now=now,
        expires_at=expires_at,
        not_since=not_since,
    )
    return bool(made)


def find_reset(session: Session, token_sha256: str, now: datetime) -> UUID | None:
    """Return whose link this is."""
    found: UUID | None = _call(session, "find_password_reset(:sha, :now)", sha=token_sha256, now=now)
    return found


def use_reset(session: Session, token_sha256: str, password_hash: str, now: datetime) -> UUID | None:
    """Set the password of whose link this is, which ends the link and every session; None: it is good no more."""
    done: UUID | None = _call(
        session, "use_password_reset(:sha, :hash, :now)", sha=token_sha256, hash=password_hash, now=now
    )
    return done


def take_attempt(session: Session, key: str, *, most: int, now: datetime) -> float:
    """Count an attempt; returns the seconds to wait where there were too many, and then it is not counted."""
    return float(_call(session, "take_sign_in(:key, :most, :now)", key=key, most=most, now=now))


def give_back_attempt(session: Session, key: str, *, most: int) -> None:
    """Uncount an attempt that was right."""
    _call(session, "give_back_sign_in(:key, :most)", key=key, most=most)


def take_login(session: Session, login_sha256: str, *, now: datetime, expires_at: datetime) -> bool:
    """Use a login at the provider; False where it was used before."""
    return bool(
        _call(session, "take_single_sign_on(:sha, :now, :expires_at)", sha=login_sha256, now=now, expires_at=expires_at)
    )


def enter(session: Session, identity: Identity) -> UUID | None:
    """Return the person behind an identity; an account with its address becomes theirs, and has no password then."""
    found: UUID | None = _call(
        session,
        "enter_by_sso(:issuer, :subject, :email)",
        issuer=identity.issuer,
        subject=identity.subject,
        email=identity.email,
    )
    return found


def join(session: Session, identity: Identity, *, name: str, organization: str, role: str) -> UUID | None:
    """Make an account for an identity; None where the organization or the role is not there, or gives too much."""
    made: UUID | None = _call(
        session,
        "join_by_sso(:issuer, :subject, :email, :name, :organization, :role)",
        issuer=identity.issuer,
        subject=identity.subject,
        email=identity.email,
        name=name,
        organization=organization,
        role=role,
    )
    return made


def _call(session: Session, call: str, **values: Any) -> Any:
    return session.execute(text(f"SELECT {call}"), values).scalar()
