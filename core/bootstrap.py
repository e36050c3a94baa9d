"""The only place that wires: settings in, services out."""

import functools
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy.engine import URL

from core.artifacts import open_store
from core.artifacts.store import ArtifactStore
from core.catalog.sources import open_source
from core.clock import Clock, SystemClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls, prepare_database
from core.db.queue import worker_app
from core.deliver import CHANNELS
from core.deliver.channel import Channel
from core.query.executor import QueryExecutor
from core.render import RENDERERS
from core.render.chart_images import ChartRenderer
from core.runs.delivering import Deliverer
from core.runs.filing import Filing
from core.runs.ledger import Ledger
from core.runs.outbox import Outbox
from core.runs.pipeline import Pipeline
from core.runs.planner import Planner
from core.runs.recovery import Recovery
from core.runs.workers import Workers
from core.schedules.config_json import parse_config
from core.schedules.words import describe_config
from core.secrets import derive, load_secret_key
from core.services.access import AccessService
from core.services.catalog import CatalogService
from core.services.daemon import DaemonService
from core.services.demo_workspace import FirstSignIn, demo_path, ensure_workspace, refresh_demo_data
from core.services.health import HealthService
from core.services.outbox import OutboxService
from core.services.reports import ReportService
from core.services.runs import RunService
from core.services.schedules import ScheduleService
from core.settings import Settings, load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadsheet:
    """The services of one process."""

    settings: Settings
    clock: Clock
    access: AccessService
    catalog: CatalogService
    reports: ReportService
    schedules: ScheduleService
    runs: RunService
    outbox: OutboxService
    health: HealthService
    database: Database

    def close(self) -> None:
        """Close the connections."""
        self.database.dispose()


def prepare(settings: Settings, clock: Clock | None = None) -> tuple[DatabaseUrls, FirstSignIn | None]:
    """Migrate, and create the first organization where there is none; needs `settings.database_url`."""
    urls = _prepare_database(settings)
    if urls.owner is None:
        return urls, None
    owner = Database(urls.owner, pool_size=1)
    try:
        return urls, ensure_workspace(owner, settings, clock or SystemClock())
    finally:
        owner.dispose()


def build(settings: Settings, clock: Clock | None = None) -> Broadsheet:
    """Return the services over `settings`; raises SettingError or DatabaseUnavailable."""
    parts = _parts(settings, clock or SystemClock())
    catalog = CatalogService(parts.database, parts.executor)
    return Broadsheet(
        settings=settings,
        clock=parts.clock,
        access=AccessService(parts.database, parts.clock, jwt_key=derive(load_secret_key(settings), "jwt")),
        catalog=catalog,
        reports=ReportService(
            parts.database, catalog, parts.executor, parts.clock, row_limit_default=settings.row_limit_default
        ),
        schedules=ScheduleService(parts.database, parts.clock, channels=parts.channels),
        runs=RunService(parts.database, parts.clock, ledger=parts.ledger, stores={parts.store.name: parts.store}),
        outbox=OutboxService(parts.database, settings),
        health=HealthService(parts.database, parts.clock, data_dir=settings.data_dir),
        database=parts.database,
    )


def build_daemon(settings: Settings, clock: Clock | None = None) -> DaemonService:
    """Return what a daemon does, over `settings`; raises SettingError or DatabaseUnavailable."""
    parts = _parts(settings, clock or SystemClock())
    spool_dir = _folder(settings, "spool")
    drawer = ChartRenderer()
    outbox = Outbox(parts.database, parts.clock, parts.ledger)
    filing = Filing(
        parts.clock,
        renderers=RENDERERS,
        drawer=drawer,
        store=parts.store,
        scratch_dir=_folder(settings, "scratch"),
    )

    def close() -> None:
        drawer.close()
        parts.database.dispose()

    return DaemonService(
        parts.database,
        parts.clock,
        planner=Planner(parts.database, parts.clock),
        pipeline=Pipeline(parts.database, parts.ledger, executor=parts.executor, filing=filing, spool_dir=spool_dir),
        deliverer=Deliverer(
            parts.database,
            outbox,
            channels=parts.channels,
            stores={parts.store.name: parts.store},
            describe=lambda stored: describe_config(parse_config(stored)),
            base_url=settings.base_url,
        ),
        recovery=Recovery(parts.database, parts.clock, ledger=parts.ledger, outbox=outbox, spool_dir=spool_dir),
        ledger=parts.ledger,
        workers=lambda daemon: Workers(
            worker_app(parts.url), run=daemon.run, deliver=daemon.deliver, runs_at_once=settings.workers
        ),
        refresh=lambda: _refresh_demo(settings, parts.clock),
        close=close,
    )


@functools.cache
def running() -> Broadsheet:
    """Return the one Broadsheet of this process, built from its environment at the first call."""
    return build(load_settings())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What the web process and the daemon both stand on."""

    clock: Clock
    url: URL
    database: Database
    executor: QueryExecutor
    ledger: Ledger
    store: ArtifactStore
    channels: dict[str, Channel]


def _parts(settings: Settings, clock: Clock) -> _Parts:
    url = _prepare_database(settings).app
    database = Database(url)
    return _Parts(
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


def _prepare_database(settings: Settings) -> DatabaseUrls:
    return prepare_database(settings, app_password=derive(load_secret_key(settings), "database role"))


def _refresh_demo(settings: Settings, clock: Clock) -> None:
    """Bring the demo data up to today, where this installation has it."""
    if demo_path(settings).exists():
        refresh_demo_data(settings, clock)


def _folder(settings: Settings, name: str) -> Path:
    path = settings.data_dir / name
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
