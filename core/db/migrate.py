"""Brings a database to the newest schema and finds the URL that the app itself connects with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import Connection as DriverConnection
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from core.db.roles import app_role_name, as_driver_url, ensure_app_role, grant_app, why_unfit
from core.errors import DatabaseUnavailable, SettingError
from core.settings import Settings

#: Any number; the same for everybody who migrates.
_LOCK = 7_316_400_118
#: In 15 PUBLIC lost the right to create tables in the schema public; before, the app's role could.
_OLDEST_SERVER = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseUrls:
    """Whom to connect as: `app` is held by row-level security, `owner` migrates and makes organizations."""

    app: URL
    owner: URL | None  #: None where only the app's own URL was given; somebody else migrates then


def prepare_database(settings: Settings, *, app_password: str) -> DatabaseUrls:
    """Migrate as far as the settings allow and return whom to connect as; needs `settings.database_url`.

    `MIGRATION_DATABASE_URL` set: it is the owner's and `DATABASE_URL` the app role's. Otherwise `DATABASE_URL` is
    looked at: a role that row-level security holds, on a database migrated by somebody else, is the app's; any other
    is the owner, who gets an app role made with `app_password`. Raises SettingError, DatabaseUnavailable.
    """
    if settings.database_url is None:
        raise SettingError("DATABASE_URL: it is not set. Start with ./run to use the built-in PostgreSQL.")
    given = as_driver_url(settings.database_url.get_secret_value())
    if settings.migration_database_url is not None:
        owner = as_driver_url(settings.migration_database_url.get_secret_value())
        migrate(owner, app_role=given.username)
        check_app_login(given)
        return DatabaseUrls(app=given, owner=owner)
    if _is_app_login(given):
        check_app_login(given)
        return DatabaseUrls(app=given, owner=None)
    app = migrate(given, app_password=app_password)
    check_app_login(app)
    return DatabaseUrls(app=app, owner=given)


def migrate(owner_url: URL, *, app_role: str | None = None, app_password: str | None = None) -> URL:
    """Run what is missing and renew the app role's grants, in one transaction; several starts at once take turns.

    `app_role` is an existing role to grant to. Without one the database's own is made with `app_password`. Returns the
    URL of the app's role (with `app_password`).
    """
    with _connect(owner_url) as connection, connection.begin():
        _check_server(connection)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        change_schema(connection, "head")
        driver = driver_connection(connection)
        role = app_role or app_role_name(driver.info.dbname)
        if app_role is None and app_password is not None:
            ensure_app_role(driver, role, app_password)
        grant_app(driver, role)
    return owner_url.set(username=role, password=app_password)


def change_schema(connection: Connection, target: str = "head", *, down: bool = False) -> None:
    """Move the schema up to revision `target`, or `down` to it, inside the caller's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    (command.downgrade if down else command.upgrade)(config, target)


def check_app_login(app_url: URL) -> None:
    """Refuse a role that row-level security would not hold and a schema of another version. Raises SettingError."""
    with _connect(app_url) as connection:
        reason = why_unfit(connection)
        if reason is not None:
            raise SettingError(
                f"DATABASE_URL: the role {app_url.username} {reason}, so row-level security would not hold it. "
                "Use a role that owns nothing.",
                place="DATABASE_URL",
            )
        if _schema_version(connection) != ScriptDirectory.from_config(_config()).get_current_head():
            raise SettingError(
                "DATABASE_URL: the database has the schema of another version of Broadsheet. "
                "Run `python -m core migrate` with the owner's URL.",
                place="DATABASE_URL",
            )


def driver_connection(connection: Connection) -> DriverConnection[object]:
    """Return psycopg's own connection behind SQLAlchemy's; what runs on it is part of the same transaction."""
    driver: DriverConnection[object] = connection.connection.driver_connection  # type: ignore[assignment]
    return driver


def _is_app_login(url: URL) -> bool:
    """Whether the role owns nothing in a database that somebody else has migrated."""
    with _connect(url) as connection:
        return _schema_version(connection) is not None and why_unfit(connection) is None


def _schema_version(connection: Connection) -> str | None:
    if connection.execute(text("SELECT to_regclass('public.alembic_version')")).scalar() is None:
        return None
    return connection.execute(text("SELECT version_num FROM public.alembic_version")).scalar()


def _check_server(connection: Connection) -> None:
    version = driver_connection(connection).info.server_version // 10_000
    if version < _OLDEST_SERVER:
        raise SettingError(
            f"DATABASE_URL: the server is PostgreSQL {version}; Broadsheet needs {_OLDEST_SERVER} or newer.",
            place="DATABASE_URL",
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


@contextmanager
def _connect(url: URL) -> Iterator[Connection]:
    """One connection outside any pool. Raises DatabaseUnavailable with the server's own reason."""
    engine = create_engine(url, poolclass=NullPool)
    try:
        connection = engine.connect()
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[-1]
        raise DatabaseUnavailable(f"The product's database cannot be reached: {reason}") from error
    with connection:
        yield connection
