"""Wires the services of a web process."""

import functools
from dataclasses import dataclass
from importlib import import_module

from core.bootstrap.parts import make_parts
from core.catalog.sources.guarded import OPEN_SOURCES
from core.clock import Clock, SystemClock
from core.db.database import Database
from core.render import RENDERERS
from core.secrets import derive, load_secret_key
from core.services.access import AccessService
from core.services.catalog import CatalogService
from core.services.datasets import DatasetService
from core.services.health import HealthService
from core.services.outbox import OutboxService
from core.services.reports import ReportService
from core.services.runs import RunService
from core.services.schedules import ScheduleService
from core.services.sources import SourceService
from core.services.uploads import UploadService
from core.settings import Settings, load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadsheet:
    """The services of one process."""

    settings: Settings
    clock: Clock
    access: AccessService
    catalog: CatalogService
    sources: SourceService
    datasets: DatasetService
    uploads: UploadService
    reports: ReportService
    schedules: ScheduleService
    runs: RunService
    outbox: OutboxService
    health: HealthService
    database: Database

    def close(self) -> None:
        """Close the connections."""
        OPEN_SOURCES.close()
        self.database.dispose()


def build(settings: Settings, clock: Clock | None = None) -> Broadsheet:
    """Return the services over `settings`; raises SettingError or DatabaseUnavailable."""
    parts = make_parts(settings, clock or SystemClock())
    catalog = CatalogService(parts.database, parts.executor)
    return Broadsheet(
        settings=settings,
        clock=parts.clock,
        access=AccessService(parts.database, parts.clock, jwt_key=derive(load_secret_key(settings), "jwt")),
        catalog=catalog,
        sources=SourceService(parts.database, parts.connections),
        datasets=DatasetService(parts.database, parts.connections, parts.clock),
        uploads=UploadService(parts.database, settings, parts.clock),
        reports=ReportService(
            parts.database, catalog, parts.executor, parts.clock, row_limit_default=settings.row_limit_default
        ),
        schedules=ScheduleService(parts.database, parts.clock, channels=parts.channels),
        runs=RunService(parts.database, parts.clock, ledger=parts.ledger, stores=parts.stores),
        outbox=OutboxService(parts.database, settings),
        health=HealthService(parts.database, parts.clock, data_dir=settings.data_dir),
        database=parts.database,
    )


def warm_up() -> None:
    """Load what the first report needs and the start did not wait for."""
    for name in ("pandas", "plotly.graph_objects", "procrastinate"):
        import_module(name)
    tuple(RENDERERS.values())


@functools.cache
def running() -> Broadsheet:
    """Return the one Broadsheet of this process, built from its environment at the first call."""
    return build(load_settings())
