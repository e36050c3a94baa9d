"""Commands that act as the database's owner: on DATABASE_URL, or on the embedded server, running or not."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from core.db.embedded import embedded_owner_url
from core.settings import Settings, load_settings


@contextmanager
def owner_settings() -> Iterator[Settings]:
    """Settings whose DATABASE_URL leads to the owner's database; a server started for it ends with it."""
    settings = load_settings()
    if settings.database_url is not None:
        yield settings
        return
    with embedded_owner_url(settings.data_dir) as url:
        owner = SecretStr(url.set(drivername="postgresql").render_as_string(hide_password=False))
        yield settings.model_copy(update={"database_url": owner})
