"""How it stands with work, files and alerts: of the transaction's organization, or over all where null is asked of."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.db.tables import AlertIncidentRow, AlertLimitRow, DaemonRow, RunRow
from core.domain.operations import Daemon, FailingSchedule, Queue, ReportCost, Stored
from core.domain.operations_alerts import AlertKind, Incident, Limits, Standing

_QUEUE = text("SELECT * FROM operations_queue(:organization)")
_FAILING = text("SELECT * FROM operations_failing(:organization, :most)")
_REPORTS = text("SELECT * FROM operations_reports(:organization, :since, :most)")
_STORED = text("SELECT * FROM operations_storage(:organization)")
_STANDING = text("SELECT * FROM alert_standing(:since)")
_ADMINISTRATORS = text("SELECT user_id, organization_id FROM installation_administrators()")
#: Incidents that are over are kept for so long.
_KEPT = timedelta(days=90)


def load_queue(session: Session, organization_id: UUID | None) -> Queue:
    """Return what has not ended."""
    rows = session.execute(_QUEUE, {"organization": organization_id}).all()
    waiting = [row.since for row in rows if row.what == "runs" and row.state in ("pending", "waiting") and row.since]
    counts: dict[str, dict[str, int]] = {"runs": {}, "deliveries": {}}
    for row in rows:
        counts[row.what][row.state] = row.waiting
    return Queue(runs=counts["runs"], deliveries=counts["deliveries"], waiting_since=min(waiting, default=None))


def load_daemons(session: Session, *, silent_before: datetime) -> tuple[Daemon, ...]:
    """Return every daemon that is remembered, the one heard of last first."""
    rows = session.execute(select(DaemonRow).order_by(DaemonRow.seen_at.desc(), DaemonRow.id)).scalars()
    return tuple(
        Daemon(
            host=row.host,
            process_id=row.process_id,
            started_at=row.started_at,
            seen_at=row.seen_at,
            is_silent=row.seen_at < silent_before,
        )
        for row in rows
    )


def load_failing(session: Session, organization_id: UUID | None, *, most: int) -> tuple[FailingSchedule, ...]:
    """Return schedules that fail; why, where the transaction sees their runs."""
    rows = session.execute(_FAILING, {"organization": organization_id, "most": most}).mappings().all()
    ids = [row["last_run_id"] for row in rows if row["last_run_id"]]
    found = session.execute(select(RunRow.id, RunRow.error_message).where(RunRow.id.in_(ids)))
    reasons: dict[UUID, str | None] = {row.id: row.error_message for row in found}
    return tuple(FailingSchedule(**row, reason=reasons.get(row["last_run_id"])) for row in rows)


def load_reports(
    session: Session, organization_id: UUID | None, *, since: datetime, most: int
) -> tuple[tuple[ReportCost, ...], tuple[ReportCost, ...]]:
    """Return the slowest reports since an instant, and those their sources worked for longest."""
    values = {"organization": organization_id, "since": since, "most": most}
    rows = [{**row} for row in session.execute(_REPORTS, values).mappings()]
    placed = [(row.pop("slow_place"), row.pop("cost_place"), ReportCost(**row)) for row in rows]
    slow = sorted(((slow, one) for slow, _, one in placed if slow <= most), key=itemgetter(0))
    costly = sorted(((cost, one) for _, cost, one in placed if cost <= most), key=itemgetter(0))
    return tuple(one for _, one in slow), tuple(one for _, one in costly)


def load_stored(session: Session, organization_id: UUID | None) -> tuple[Stored, ...]:
    """Return the kept files, the largest sum first."""
    return tuple(Stored(**row) for row in session.execute(_STORED, {"organization": organization_id}).mappings())


def load_standing(session: Session, *, since: datetime) -> tuple[Standing, ...]:
    """Return how each organization stands, and the installation."""
    return tuple(
        Standing(
            **{
                **row,
                "limits": _limits(row["limits"]),
                "open_kinds": frozenset(_known(row["open_kinds"])),
            }
        )
        for row in session.execute(_STANDING, {"since": since}).mappings()
    )


def installation_administrators(session: Session) -> tuple[tuple[UUID, UUID], ...]:
    """Return who looks after the installation, each with an organization of theirs."""
    return tuple((row.user_id, row.organization_id) for row in session.execute(_ADMINISTRATORS))


def last_heartbeat(session: Session) -> datetime | None:
    """Return when a daemon was last heard of; None where there is none, or each said goodbye."""
    return session.execute(select(func.max(DaemonRow.seen_at))).scalar()


def load_limits(session: Session, organization_id: UUID) -> dict[AlertKind, int | None]:
    """Return the thresholds that were set for an organization itself; `session` sees it."""
    statement = select(AlertLimitRow.limits).where(AlertLimitRow.organization_id == organization_id)
    return _limits(session.execute(statement).scalar() or {})


def put_limits(session: Session, organization_id: UUID, limits: Limits) -> None:
    """Set the thresholds of an organization; those that are not named follow the installation."""
    values: dict[str, Any] = {"limits": {str(kind): value for kind, value in limits.items()}}
    statement = postgresql.insert(AlertLimitRow).values(organization_id=organization_id, **values)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[AlertLimitRow.organization_id], set_={**values, "changed_at": func.now()}
        )
    )


def lock_limits(session: Session, organization_id: UUID) -> None:
    """Nobody else sets them before the transaction ends."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"alerts {organization_id}"}
    )


def load_incidents(session: Session, organization_id: UUID, *, most: int) -> tuple[Incident, ...]:
    """Return what administrators were told of: what is not over first, then the newest."""
    row = AlertIncidentRow
    rows = session.execute(
        select(row)
        .where(row.organization_id == organization_id)
        .order_by(row.closed_at.is_not(None), row.opened_at.desc(), row.id)
        .limit(most)
    ).scalars()
    return tuple(
        Incident(id=one.id, kind=AlertKind(one.kind), found=one.found, opened_at=one.opened_at, closed_at=one.closed_at)
        for one in rows
    )


def open_incident(session: Session, organization_id: UUID, kind: AlertKind, found: str, *, at: datetime) -> UUID | None:
    """Note that something began; None where another process has just noted it."""
    statement = postgresql.insert(AlertIncidentRow).values(
        id=uuid4(), organization_id=organization_id, kind=str(kind), found=found, opened_at=at
    )
    return session.execute(statement.on_conflict_do_nothing().returning(AlertIncidentRow.id)).scalar()


def close_incident(session: Session, organization_id: UUID, kind: AlertKind, *, at: datetime) -> Incident | None:
    """Note that it is over, and forget what was over long ago; None where another process has just noted it."""
    row = AlertIncidentRow
    of_organization = row.organization_id == organization_id
    session.execute(delete(row).where(of_organization, row.closed_at < at - _KEPT))
    is_open = (of_organization, row.kind == str(kind), row.closed_at.is_(None))
    closed = session.execute(update(row).where(*is_open).values(closed_at=at).returning(row)).scalar()
    if closed is None:
        return None
    return Incident(id=closed.id, kind=kind, found=closed.found, opened_at=closed.opened_at, closed_at=at)


def _limits(stored: dict[str, int | None]) -> dict[AlertKind, int | None]:
    return {kind: stored[str(kind)] for kind in _known(stored)}


def _known(names: Iterable[str]) -> tuple[AlertKind, ...]:
    return tuple(AlertKind(name) for name in names if name in set(AlertKind))
