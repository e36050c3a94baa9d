"""Second factors and recovery codes, over the functions that answer for them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session


def put_offer(session: Session, user_id: UUID, sealed_secret: str) -> bool:
    """Remember a secret that no code has confirmed yet; False where a confirmed one is there."""
    return _call(session, "put_second_factor(:user, :sealed)", user=user_id, sealed=sealed_secret)


def confirm(session: Session, user_id: UUID, *, step: int, code_sha256s: Sequence[str], now: datetime) -> bool:
    """Take the offered secret into use with its recovery codes; False where there is no offer."""
    return _call(
        session,
        "confirm_second_factor(:user, :step, :codes, :now)",
        user=user_id,
        step=step,
        codes=list(code_sha256s),
        now=now,
    )


def put_recovery_codes(session: Session, user_id: UUID, code_sha256s: Sequence[str]) -> None:
    """Replace the recovery codes."""
    _call(session, "put_recovery_codes(:user, :codes)", user=user_id, codes=list(code_sha256s))


def take_step(session: Session, user_id: UUID, step: int) -> bool:
    """Accept the code of a time step; False where it or a later one was accepted before."""
    return _call(session, "take_factor_step(:user, :step)", user=user_id, step=step)


def take_recovery_code(session: Session, user_id: UUID, code_sha256: str, now: datetime) -> bool:
    """Accept a recovery code; False where it is none, or was used."""
    return _call(session, "take_recovery_code(:user, :sha, :now)", user=user_id, sha=code_sha256, now=now)


def remove(session: Session, user_id: UUID) -> bool:
    """Forget the second factor and its recovery codes; False where none was in use."""
    return _call(session, "remove_second_factor(:user)", user=user_id)


def _call(session: Session, call: str, **values: Any) -> bool:
    return bool(session.execute(text(f"SELECT {call}"), values).scalar())
