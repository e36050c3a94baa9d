"""What monitoring asks: counts and sums over all organizations, each in one statement, however many there are."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

#: Upper ends of the buckets that durations are sorted into, in seconds; the last one takes the rest.
BUCKETS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One figure."""

    what: str
    one: str
    two: str
    value: float


_FIGURES = text("SELECT * FROM metrics_figures(:since, :day, :buckets, :most, :other)")
_STORED = text("SELECT store, sum(files)::bigint, sum(bytes)::float8 FROM operations_storage(NULL) GROUP BY 1")
_JOBS = text("SELECT queue_name, status::text, count(*) FROM procrastinate_jobs GROUP BY 1, 2")
_DAEMONS = text("SELECT count(*) FROM daemons WHERE seen_at >= :since")
_HEARD = text("SELECT max(seen_at) FROM daemons")
_SIZE = text("SELECT pg_database_size(current_database())")


def read_samples(session: Session, *, since: datetime, day: datetime, most: int, other: str) -> list[Sample]:
    """Read the figures about what was made after `since`; of mails, after `day`.

    The `most` most frequent reports and sources are told by name, the rest as `other`.
    """
    values = {"since": since, "day": day, "buckets": list(BUCKETS_S), "most": most, "other": other}
    return [Sample(**row) for row in session.execute(_FIGURES, values).mappings()]


def read_stored(session: Session) -> dict[str, tuple[int, float]]:
    """How many produced files each store holds, and their bytes."""
    return {store: (count, size) for store, count, size in session.execute(_STORED)}


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
