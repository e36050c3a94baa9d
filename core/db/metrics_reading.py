"""What monitoring asks: counts and sums over all organizations, each read inside its own walls."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.database import name_organization
from core.db.source_repository import organizations_without

#: Upper ends of the buckets that durations are sorted into, in seconds; the last one takes the rest.
BUCKETS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One figure of one organization; figures with the same names are added up."""

    what: str
    one: str
    two: str
    value: float


_OF_ORGANIZATION = text("""
    WITH recent AS MATERIALIZED (
        SELECT state, title, source_id, query_s, render_s, deliver_s, started_at, finished_at
        FROM runs WHERE organization_id = :id AND created_at >= :since
    ),
    phases AS (
        SELECT p.phase, p.took_s FROM recent, LATERAL (VALUES
            ('query', query_s), ('render', render_s), ('deliver', deliver_s),
            ('total', extract(epoch FROM finished_at - started_at)::float8)) p (phase, took_s)
        WHERE p.took_s IS NOT NULL
    ),
    sent AS MATERIALIZED (
        SELECT channel, state, created_at FROM deliveries WHERE organization_id = :id AND created_at >= :day
    )
    SELECT 'runs' AS what, state AS one, title AS two, count(*)::float8 AS value FROM recent GROUP BY state, title
    UNION ALL
    SELECT 'bucket', phase, width_bucket(took_s, CAST(:buckets AS float8[]))::text, count(*) FROM phases GROUP BY 2, 3
    UNION ALL
    SELECT 'took', phase, '', sum(took_s) FROM phases GROUP BY 2
    UNION ALL
    SELECT 'source_s', s.name, '', sum(r.query_s) FROM recent r JOIN sources s ON s.id = r.source_id
    WHERE r.query_s IS NOT NULL GROUP BY 2
    UNION ALL
    SELECT 'source_runs', s.name, '', count(*) FROM recent r JOIN sources s ON s.id = r.source_id
    WHERE r.query_s IS NOT NULL GROUP BY 2
    UNION ALL
    SELECT 'open_runs', state, '', count(*) FROM runs
    WHERE organization_id = :id AND finished_at IS NULL GROUP BY 2
    UNION ALL
    SELECT 'open_deliveries', state, '', count(*) FROM deliveries
    WHERE organization_id = :id AND state IN ('pending', 'sending', 'retry', 'unknown') GROUP BY 2
    UNION ALL
    SELECT 'deliveries', channel, state, count(*) FROM sent WHERE created_at >= :since GROUP BY 2, 3
    UNION ALL
    SELECT 'mails', state, '', count(*) FROM sent WHERE channel = 'email' AND state IN ('sent', 'bounced') GROUP BY 2
""")
_OLDEST = text("""
    SELECT min(created_at) FROM runs
    WHERE organization_id = :id AND state IN ('pending', 'waiting') AND next_attempt_at IS NULL
""")
_STORED = text("""
    SELECT store, count(*), coalesce(sum(size_bytes), 0)::float8 FROM artifacts
    WHERE organization_id = :id AND deleted_at IS NULL GROUP BY 1
""")
_JOBS = text("SELECT queue_name, status::text, count(*) FROM procrastinate_jobs GROUP BY 1, 2")
_DAEMONS = text("SELECT count(*) FROM daemons WHERE seen_at >= :since")
_HEARD = text("SELECT max(seen_at) FROM daemons")
_SIZE = text("SELECT pg_database_size(current_database())")


def read_samples(session: Session, *, since: datetime, day: datetime) -> Iterator[Sample]:
    """Read every organization's figures about what was made after `since`; of mails, after `day`."""
    for organization_id in every_organization(session):
        name_organization(session, organization_id)
        values = {"id": organization_id, "since": since, "day": day, "buckets": list(BUCKETS_S)}
        for row in session.execute(_OF_ORGANIZATION, values):
            yield Sample(what=row.what, one=row.one, two=row.two, value=row.value)


def oldest_waiting(session: Session) -> datetime | None:
    """When the run was made that waits longest for a worker; None where none waits."""
    found = []
    for organization_id in every_organization(session):
        name_organization(session, organization_id)
        found.append(session.execute(_OLDEST, {"id": organization_id}).scalar())
    return min((one for one in found if one is not None), default=None)


def read_stored(session: Session) -> dict[str, tuple[int, float]]:
    """How many produced files each store holds, and their bytes."""
    stored: dict[str, tuple[int, float]] = {}
    for organization_id in every_organization(session):
        name_organization(session, organization_id)
        for store, count, size in session.execute(_STORED, {"id": organization_id}):
            before = stored.get(store, (0, 0.0))
            stored[store] = (before[0] + count, before[1] + size)
    return stored


def read_jobs(session: Session) -> dict[tuple[str, str], int]:
    """How many wake-ups there are by queue and state."""
    return {(queue, status): count for queue, status, count in session.execute(_JOBS)}


def count_daemons(session: Session, *, since: datetime) -> int:
    """How many daemons were heard of after `since`."""
    return int(session.execute(_DAEMONS, {"since": since}).scalar_one())


def last_heartbeat(session: Session) -> datetime | None:
    """When a daemon was last heard of."""
    heard: datetime | None = session.execute(_HEARD).scalar()
    return heard


def database_bytes(session: Session) -> int:
    """How large the database is."""
    return int(session.execute(_SIZE).scalar_one())


def every_organization(session: Session) -> tuple[UUID, ...]:
    """The organizations of the installation: no source is of no kind, so each of them lacks one."""
    return organizations_without(session, "", "")
