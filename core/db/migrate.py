"""Brings a database to the newest schema and finds the URL that the app itself connects with."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg import Connection as DriverConnection
from psycopg import sql
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from core.db.roles import (
    FUNCTION_GRANTS,
    TABLE_GRANTS,
    VIEW_GRANTS,
    app_role_name,
    as_driver_url,
    ensure_app_role,
    grant_app,
    why_unfit,
)
from core.db.schema import change_schema, newest_revision
from core.errors import DatabaseUnavailable, SettingError
from core.settings import Settings

#: Any number; the same for everybody who migrates.
_LOCK = 7_316_400_118
#: In 15 PUBLIC lost the right to create tables in the schema public; before, the app's role could.
OLDEST_SERVER = 15
_IS_READABLE = text("SELECT has_table_privilege(to_regclass('public.alembic_version'), 'SELECT')")
_STATE = text("""
    SELECT (SELECT version_num FROM public.alembic_version),
        obj_description('public.alembic_version'::regclass, 'pg_class')
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseUrls:
    """Whom to connect as: `app` is held by row-level security, `owner` migrates and makes organizations."""

    app: URL
    owner: URL | None  #: None where only the app's own URL was given; somebody else migrates then


@dataclass(frozen=True, slots=True, kw_only=True)
class _Login:
    """What a role finds in a database."""

    database: str
    revision: str | None  #: of the schema; None where there is none yet, or none for this role
    mark: str | None  #: what the last migration noted, see `_mark`
    unfit: str | None  #: why row-level security would not hold the role; None where it does


def prepare_database(settings: Settings, *, app_password: str) -> DatabaseUrls:
    """Migrate where it is needed and the settings allow it; returns whom to connect as. Needs `settings.database_url`.

    `MIGRATION_DATABASE_URL` set: it is the owner's and `DATABASE_URL` the app role's. Otherwise `DATABASE_URL` is
    looked at: a role that row-level security holds, on a database migrated by somebody else, is the app's; any other
    is the owner, who gets an app role made with `app_password`. Raises SettingError, DatabaseUnavailable.
    """
    urls = find_urls(settings, app_password=app_password)
    if urls.owner is not None and not is_current(urls.app):
        migrate_database(settings, urls)
    check_app_login(urls.app)
    return urls


def find_urls(settings: Settings, *, app_password: str) -> DatabaseUrls:
    """Return whom to connect as, by the rule of `prepare_database`, without changing anything."""
    if settings.database_url is None:
        raise SettingError("DATABASE_URL: it is not set. Start with ./run to use the built-in PostgreSQL.")
    given = as_driver_url(settings.database_url.get_secret_value())
    if settings.migration_database_url is not None:
        return DatabaseUrls(app=given, owner=as_driver_url(settings.migration_database_url.get_secret_value()))
    login = _look(given)
    if login.revision is not None and login.unfit is None:
        return DatabaseUrls(app=given, owner=None)
    return DatabaseUrls(app=given.set(username=app_role_name(login.database), password=app_password), owner=given)


def is_current(app_url: URL) -> bool:
    """Whether the app's role gets in and finds the newest schema with the grants that this version gives it."""
    try:
        login = _look(app_url)
    except DatabaseUnavailable:
        return False
    return login.revision == newest_revision() and login.mark == _mark(str(app_url.username)) and login.unfit is None


def has_organization(owner_url: URL) -> bool:
    """Whether the first start is behind this database."""
    with _connect(owner_url) as connection:
        return bool(connection.execute(text("SELECT EXISTS (SELECT FROM organizations)")).scalar())


def migrate_database(settings: Settings, urls: DatabaseUrls) -> None:
    """Migrate as the owner of `urls`, whatever is there already."""
    if urls.owner is None:
        raise SettingError(
            "MIGRATION_DATABASE_URL: DATABASE_URL is the app's own role, which may not migrate. "
            "Set it to the owner's URL.",
            place="MIGRATION_DATABASE_URL",
        )
    if settings.migration_database_url is not None:
        migrate(urls.owner, app_role=urls.app.username)
    else:
        migrate(urls.owner, app_password=urls.app.password)


def migrate(owner_url: URL, *, app_role: str | None = None, app_password: str | None = None) -> URL:
    """Run what is missing and renew the app role's grants, in one transaction; several starts at once take turns.

    `app_role` is an existing role to grant to. Without one the database's own is made with `app_password`. Returns the
    URL of the app's role (with `app_password`).
    """
    with _connect(owner_url) as connection, connection.begin():
        _check_server(connection)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        change_schema(connection)
        driver = driver_connection(connection)
        role = app_role or app_role_name(driver.info.dbname)
        if app_role is None and app_password is not None:
            ensure_app_role(driver, role, app_password)
        grant_app(driver, role)
        driver.execute(sql.SQL("COMMENT ON TABLE alembic_version IS {}").format(sql.Literal(_mark(role))))
    return owner_url.set(username=role, password=app_password)


def check_app_login(app_url: URL) -> None:
    """Refuse a role that row-level security would not hold and a schema of another version. Raises SettingError."""
    login = _look(app_url)
    if login.unfit is not None:
        raise SettingError(
            f"DATABASE_URL: the role {app_url.username} {login.unfit}, so row-level security would not hold it. "
            "Use a role that owns nothing.",
            place="DATABASE_URL",
        )
    if login.revision != newest_revision():
        raise SettingError(
            "DATABASE_URL: the database has the schema of another version of Broadsheet. "
            "Run `python -m core migrate` with the owner's URL.",
            place="DATABASE_URL",
        )


def driver_connection(connection: Connection) -> DriverConnection[object]:
    """Return psycopg's own connection behind SQLAlchemy's; what runs on it is part of the same transaction."""
    driver: DriverConnection[object] = connection.connection.driver_connection  # type: ignore[assignment]
    return driver


def _look(url: URL) -> _Login:
    with _connect(url) as connection:
        revision = mark = None
        if connection.execute(_IS_READABLE).scalar():
            revision, mark = connection.execute(_STATE).one()
        database = driver_connection(connection).info.dbname
        return _Login(database=database, revision=revision, mark=mark, unfit=why_unfit(connection))


def _mark(role: str) -> str:
    """Return what a migration notes beside its revision: whom it granted to, and a digest of what."""
    digest = hashlib.sha256(repr((TABLE_GRANTS, VIEW_GRANTS, FUNCTION_GRANTS)).encode()).hexdigest()[:16]
    return f"grants {digest} to {role}"


def _check_server(connection: Connection) -> None:
    version = driver_connection(connection).info.server_version // 10_000
    if version < OLDEST_SERVER:
        raise SettingError(
            f"DATABASE_URL: the server is PostgreSQL {version}; Broadsheet needs {OLDEST_SERVER} or newer.",
            place="DATABASE_URL",
        )


@contextmanager
def _connect(url: URL) -> Iterator[Connection]:
    """One connection outside any pool. Raises DatabaseUnavailable with the server's own reason."""
    engine = create_engine(url, poolclass=NullPool)
    try:
        connection = engine.connect()
    except OperationalError as error:
        reason = " ".join(str(error.orig).split())
        raise DatabaseUnavailable(f"DATABASE_URL: the database cannot be reached: {reason}") from error
    with connection:
        yield connection
