"""The database: reached, new enough, at the newest schema, with a role that row-level security holds; clock, daemon."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from core.clock import Clock
from core.db.migrate import OLDEST_SERVER
from core.db.roles import why_unfit
from core.db.schema import newest_revision
from core.services.checkup.finding import Finding, fail, ok, warn
from core.services.health import DAEMON_SILENT_AFTER

#: Leases last a minute: clocks that differ by half of one let two workers hold the same run.
_SKEW_WARNS = timedelta(seconds=2)
_SKEW_FAILS = timedelta(seconds=30)
_CONNECT_S = 5
_VERSION = text("SELECT current_setting('server_version_num')::int / 10000, current_setting('server_version')")
_REVISION = text("SELECT version_num FROM public.alembic_version")
_DAEMONS = text("SELECT host, seen_at FROM daemons ORDER BY seen_at DESC")
_NEXT = "Run `python -m core migrate` with the owner's URL, or ./run."


def check_database(url: URL, clock: Clock) -> tuple[Finding, ...]:
    """Look at the database as the app's role sees it."""
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": _CONNECT_S})
    try:
        with engine.connect() as connection:
            findings = (_server(connection), _role(connection, url), _skew(connection, clock))
            schema = _schema(connection)
            connection.rollback()  # where there is no schema the transaction is no good any more
            return (*findings, schema, _daemon(connection, clock))
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        return (
            fail("database", f"It cannot be reached: {reason}", "Start the server, or correct DATABASE_URL."),
            warn("daemon", "Unknown while the database is away.", "Mend the database first."),
        )


def _server(connection: Connection) -> Finding:
    major, version = connection.execute(_VERSION).one()
    if major < OLDEST_SERVER:
        return fail("database", f"PostgreSQL {version} is too old.", f"Use PostgreSQL {OLDEST_SERVER} or newer.")
    return ok("database", f"PostgreSQL {version} answers.")


def _role(connection: Connection, url: URL) -> Finding:
    unfit = why_unfit(connection)
    if unfit is not None:
        return fail(
            "role",
            f"The role {url.username} {unfit}: row-level security would not hold it.",
            "Give the app a role that owns nothing (DATABASE_URL), and the owner's to MIGRATION_DATABASE_URL.",
        )
    return ok("role", f"The role {url.username} cannot pass row-level security.")


def _schema(connection: Connection) -> Finding:
    newest = newest_revision()
    try:
        found = connection.execute(_REVISION).scalar()
    except DBAPIError:
        return fail("migrations", "The database holds no schema that this role may read.", _NEXT)
    if found != newest:
        mend = _NEXT if str(found) < newest else "Update Broadsheet: the database is ahead of it."
        return fail("migrations", f"The schema is at {found}; this version needs {newest}.", mend)
    return ok("migrations", f"The schema is at {newest}, the newest.")


def _skew(connection: Connection, clock: Clock) -> Finding:
    before = clock.now()
    there: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    after = clock.now()
    skew = max(before - there, there - after, timedelta(0))
    found = f"This machine's clock and the database's differ by {skew.total_seconds():.1f} s."
    mend = "Set both clocks by NTP (chrony, systemd-timesyncd)."
    if skew > _SKEW_FAILS:
        return fail("clock", found, mend)
    return warn("clock", found, mend) if skew > _SKEW_WARNS else ok("clock", found)


def _daemon(connection: Connection, clock: Clock) -> Finding:
    mend = "Start one: python scheduler_daemon.py, or ./run. Its log says why it ended."
    try:
        daemons = connection.execute(_DAEMONS).all()
    except DBAPIError:
        return warn("daemon", "Unknown while there is no schema.", "Mend the migrations first.")
    alive = [host for host, seen_at in daemons if clock.now() - seen_at <= DAEMON_SILENT_AFTER]
    if alive:
        return ok("daemon", f"{len(alive)} alive, on {', '.join(sorted(set(alive)))}.")
    if not daemons:
        return fail("daemon", "None has started, or each said goodbye: nothing is run or sent.", mend)
    silence = clock.now() - daemons[0].seen_at
    return fail("daemon", f"None has been heard of for {int(silence.total_seconds())} s.", mend)
