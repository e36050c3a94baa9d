"""Wires what keeps an installation safe: backups, restoring them, and the look at every part of it."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy.engine import URL

from core.bootstrap.installation import migrate
from core.clock import SystemClock
from core.db.migrate import find_urls
from core.db.roles import as_driver_url
from core.errors import SettingError
from core.secrets import app_role_password
from core.services import backup
from core.services.backup import BackupDone
from core.settings import Settings


def back_up(settings: Settings, target: Path, *, with_key: bool, tell: Callable[[int], None]) -> BackupDone:
    """Write a backup of the installation to `target`; needs `settings.database_url`, the owner's."""
    owner = find_urls(settings, app_password=app_role_password(settings)).owner
    if owner is None:
        raise _not_the_owner()
    return backup.back_up(settings, owner, target, clock=SystemClock(), with_key=with_key, tell=tell)


def restore(settings: Settings, source: Path, *, tell: Callable[[int], None]) -> BackupDone:
    """Load a backup into an installation that holds nothing yet; needs `settings.database_url`, the owner's."""
    return backup.restore(settings, _owner_of(settings), source, migrate=migrate, tell=tell)


def _owner_of(settings: Settings) -> URL:
    """The owner's URL where nothing was made yet: the key, which `find_urls` asks for, may come with the backup."""
    given = settings.migration_database_url or settings.database_url
    if given is None:
        raise SettingError("DATABASE_URL: it is not set.", place="DATABASE_URL")
    return as_driver_url(given.get_secret_value())


def _not_the_owner() -> SettingError:
    return SettingError(
        "MIGRATION_DATABASE_URL: DATABASE_URL is the app's own role, which does not see every row. "
        "Set it to the owner's URL.",
        place="MIGRATION_DATABASE_URL",
    )
