"""Whether the parts the product stands on are fine."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from core.clock import Clock
from core.db.database import Database
from core.db.tables import DaemonRow
from core.errors import DatabaseUnavailable
from core.services.checkup.storage_check import why_not_writable

#: A daemon says so every five seconds; three missed ones in a row are a silence.
DAEMON_SILENT_AFTER = timedelta(seconds=20)


class HealthService:
    """Answers `/readyz`."""

    def __init__(self, database: Database, clock: Clock, *, data_dir: Path) -> None:
        self._database = database
        self._clock = clock
        self._data_dir = data_dir

    def ready(self) -> dict[str, str]:
        """Return each part with "ok" or what is wrong with it."""
        database, daemon = self._database_and_daemon()
        return {"database": database, "storage": self._storage(), "daemon": daemon}

    def _database_and_daemon(self) -> tuple[str, str]:
        try:
            with self._database.installation() as session:
                seen_at = session.execute(select(func.max(DaemonRow.seen_at))).scalar_one()
        except DatabaseUnavailable as error:
            return error.user_message, "unknown while the database is away"
        if seen_at is None:
            return "ok", "no daemon has started yet"
        silence = self._clock.now() - seen_at
        if silence > DAEMON_SILENT_AFTER:
            return "ok", f"no daemon has been heard of for {int(silence.total_seconds())} s"
        return "ok", "ok"

    def _storage(self) -> str:
        return why_not_writable(self._data_dir) or "ok"
