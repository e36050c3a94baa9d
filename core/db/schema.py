"""The schema's history: which revision is the newest, and moving a database along it."""

from pathlib import Path

from sqlalchemy import Connection

from core.db import migrations

_FOLDER = Path(migrations.__file__).parent


def newest_revision() -> str:
    """Return the newest revision; files are named by their revision, in order: `0001_initial.py`."""
    return max(known_revisions())


def known_revisions() -> frozenset[str]:
    """Return every revision that this version can move a database from."""
    return frozenset(path.name.partition("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*_*.py"))


def change_schema(connection: Connection, target: str = "head", *, down: bool = False) -> None:
    """Move the schema up to revision `target`, or `down` to it, inside the caller's transaction."""
    # A start on a database that is up to date needs none of it, and it takes as long to load as SQLAlchemy does.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    (command.downgrade if down else command.upgrade)(config, target)
