"""The sessions of a person, over all organizations they belong to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from core.db.tables import SessionRow
from core.domain.access import Principal
from core.domain.sign_in import SessionLine, Visit


def insert_session(
    session: Session, principal: Principal, *, token_sha256: str, expires_at: datetime, visit: Visit, now: datetime
) -> None:
    """Remember a signed-in browser."""
    session.execute(
        insert(SessionRow).values(
            organization_id=principal.organization_id,
            user_id=principal.user_id,
            token_sha256=token_sha256,
            created_at=now,
            last_seen_at=now,
            expires_at=expires_at,
            address=visit.address,
            device=visit.device,
        )
    )


def list_sessions(session: Session, user_id: UUID, *, current: str | None, now: datetime) -> tuple[SessionLine, ...]:
    """Return the sessions that are open: the caller's own (with the SHA-256 `current`), then the one seen last."""
    rows = session.execute(
        text("SELECT * FROM sessions_of_user(:user, :now)"), {"user": user_id, "now": now}
    ).mappings()
    lines = [
        SessionLine(
            **{name: value for name, value in row.items() if name != "token_sha256"},
            is_current=row["token_sha256"] == current,
        )
        for row in rows
    ]
    return tuple(sorted(lines, key=lambda line: not line.is_current))


def end_sessions(session: Session, user_id: UUID, *, only: UUID | None, keep: str | None, now: datetime) -> int:
    """End a person's sessions, or `only` one, but never that with the SHA-256 `keep`; returns how many ended."""
    ended = session.execute(
        text("SELECT end_sessions(:user, :only, :keep, :now)"),
        {"user": user_id, "only": only, "keep": keep, "now": now},
    )
    return int(ended.scalar_one())


def forget_ended(session: Session, before: datetime) -> int:
    """Forget sessions that ended before an instant, and links for passwords; returns how many sessions."""
    return int(session.execute(text("SELECT forget_sessions(:before)"), {"before": before}).scalar_one())


def note_seen(session: Session, token_sha256: str, now: datetime) -> None:
    """Write down that a session is in use."""
    session.execute(text("SELECT note_session_seen(:sha, :now)"), {"sha": token_sha256, "now": now})
