"""What the web process and the daemon both stand on."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.engine import URL

from core.artifacts import open_store
from core.artifacts.store import ArtifactStore
from core.catalog.sources import open_source
from core.clock import Clock
from core.db.database import Database
from core.db.migrate import prepare_database
from core.deliver import CHANNELS
from core.deliver.channel import Channel
from core.query.executor import QueryExecutor
from core.runs.ledger import Ledger
from core.secrets import app_role_password
from core.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts that have no service of their own."""

    clock: Clock
    url: URL
    database: Database
    executor: QueryExecutor
    ledger: Ledger
    store: ArtifactStore
    channels: dict[str, Channel]


def make_parts(settings: Settings, clock: Clock) -> Parts:
    """Return the parts over `settings`; raises SettingError or DatabaseUnavailable."""
    url = prepare_database(settings, app_password=app_role_password(settings)).app
    database = Database(url)
    return Parts(
        clock=clock,
        url=url,
        database=database,
        executor=QueryExecutor(lambda source: open_source(source, {}, settings, clock), clock),
        ledger=Ledger(
            database,
            clock,
            max_attempts=settings.run_max_attempts,
            timeout=timedelta(seconds=settings.run_timeout_s),
        ),
        store=open_store(settings),
        channels={key: make(settings, clock) for key, make in CHANNELS.items()},
    )
