"""Wires the look at everything: it reads the settings, finds the database without starting or making one, and asks."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import SecretStr

from core.clock import Clock, SystemClock
from core.db.cluster import owner_url_of_running
from core.db.migrate import find_urls
from core.db.roles import as_driver_url
from core.errors import BroadsheetError
from core.secrets import KEY_FILE, app_role_password
from core.services.checkup.database_check import check_database
from core.services.checkup.drawing_check import check_browser, check_fonts
from core.services.checkup.finding import Finding, fail, warn
from core.services.checkup.mail_check import check_mail
from core.services.checkup.secrets_check import check_secrets
from core.services.checkup.storage_check import check_bucket, check_storage
from core.settings import Settings


def checkup(settings: Settings, clock: Clock | None = None) -> Iterator[Finding]:
    """Look at every part; nothing is changed, started or made."""
    yield from _database(settings, clock or SystemClock())
    yield check_storage(settings)
    yield from check_bucket(settings)
    yield check_mail(settings)
    yield check_browser()
    yield check_fonts()
    yield from check_secrets(settings)


def _database(settings: Settings, clock: Clock) -> tuple[Finding, ...]:
    if settings.database_url is None:
        owner = owner_url_of_running(settings.data_dir)
        if owner is None:
            return _not_running(settings.data_dir)
        text = owner.set(drivername="postgresql").render_as_string(hide_password=False)
        settings = settings.model_copy(update={"database_url": SecretStr(text)})
    try:
        if settings.secret_key is None and not (settings.data_dir / KEY_FILE).exists():
            # The password of the app's role comes from the key; asking for it would make one.
            url = as_driver_url(settings.database_url.get_secret_value())  # type: ignore[union-attr]
        else:
            url = find_urls(settings, app_password=app_role_password(settings)).app
    except BroadsheetError as error:
        return (fail("database", error.user_message, "Start the server, or correct DATABASE_URL."),)
    return check_database(url, clock)


def _not_running(data_dir: Path) -> tuple[Finding, ...]:
    found = "is not running" if (data_dir / "postgres" / "data").is_dir() else "was not made yet"
    return (
        fail("database", f"The embedded PostgreSQL of {data_dir} {found}.", "Start ./run, or set DATABASE_URL."),
        warn("daemon", "Unknown while the database is away.", "Mend the database first."),
    )
