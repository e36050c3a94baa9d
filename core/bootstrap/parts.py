"""What the web process and the daemon both stand on."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.engine import URL

from core.artifacts import open_stores
from core.artifacts.store import ArtifactStore
from core.clock import Clock
from core.db.database import Database
from core.db.migrate import prepare_database
from core.deliver import CHANNELS
from core.deliver.channel import Channel
from core.query.executor import QueryExecutor
from core.query.preview_cache import PreviewCache
from core.runs.dispatch import Dispatch
from core.runs.ledger import Ledger
from core.runs.places import Places
from core.runs.unsubscribe_links import UnsubscribeLinks
from core.secrets import SecretBox, app_role_password, derive, load_secret_key
from core.services.connections import Connections
from core.services.ready_made import ensure_ready_made
from core.services.workspace_activity import ensure_workspace_activity, way_to_activity
from core.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts that have no service of their own."""

    clock: Clock
    url: URL
    database: Database
    connections: Connections
    executor: QueryExecutor
    ledger: Ledger
    store: ArtifactStore  #: where new files go
    stores: dict[str, ArtifactStore]  #: where files may lie, by name
    channels: dict[str, Channel]
    places: Places
    unsubscribe: UnsubscribeLinks


def make_parts(settings: Settings, clock: Clock) -> Parts:
    """Return the parts over `settings`; raises SettingError or DatabaseUnavailable."""
    url = prepare_database(settings, app_password=app_role_password(settings)).app
    database = Database(url)
    ensure_workspace_activity(database)
    ensure_ready_made(database, settings)
    stores = open_stores(settings)
    channels = {key: make(settings, clock) for key, make in CHANNELS.items()}
    connections = Connections(
        database,
        SecretBox(load_secret_key(settings)),
        settings,
        clock,
        own_secrets=lambda source: way_to_activity(source, url),
    )
    return Parts(
        clock=clock,
        url=url,
        database=database,
        connections=connections,
        executor=QueryExecutor(connections.open, clock, cache=PreviewCache()),
        ledger=Ledger(
            database,
            clock,
            max_attempts=settings.run_max_attempts,
            timeout=timedelta(seconds=settings.run_timeout_s),
            dispatch=Dispatch(near=frozenset({"folder"} if settings.smtp_host else {"folder", "email"})),
        ),
        store=stores[settings.artifact_store],
        stores=stores,
        channels=channels,
        places=Places(database, SecretBox(load_secret_key(settings)), channels),
        unsubscribe=UnsubscribeLinks(key=derive(load_secret_key(settings), "unsubscribe"), base_url=settings.base_url),
    )
