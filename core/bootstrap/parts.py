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
from core.domain.quota import Limits, read_defaults
from core.errors import InvalidInput, SettingError
from core.query.executor import QueryExecutor
from core.query.preview_cache import PreviewCache
from core.runs.dispatch import Dispatch
from core.runs.held_executor import HeldExecutor
from core.runs.ledger import Ledger
from core.runs.places import Places
from core.runs.quotas import Quotas
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
    quotas: Quotas


def make_parts(settings: Settings, clock: Clock) -> Parts:
    """Return the parts over `settings`; raises SettingError or DatabaseUnavailable."""
    url = prepare_database(settings, app_password=app_role_password(settings)).app
    database = Database(url)
    ensure_workspace_activity(database)
    ensure_ready_made(database, settings)
    quotas = Quotas(database, clock, defaults=_limits(settings))
    quotas.publish()
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
        executor=HeldExecutor(
            connections.open,
            clock,
            cache=PreviewCache(),
            hash_key=derive(load_secret_key(settings), "hashed fields"),
            hold_rows=quotas.hold_rows,
        ),
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
        quotas=quotas,
        unsubscribe=UnsubscribeLinks(key=derive(load_secret_key(settings), "unsubscribe"), base_url=settings.base_url),
    )


def _limits(settings: Settings) -> Limits:
    try:
        return read_defaults(settings.quotas, rates=settings.rate_limits == "on")
    except InvalidInput as error:
        raise SettingError(error.user_message, place="QUOTAS") from error
