"""Wires what a workspace as files works with: the services that keep things, all of them on one transaction."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from core.bootstrap.parts import Parts, make_parts
from core.catalog.sources.guarded import OPEN_SOURCES
from core.clock import Clock, SystemClock
from core.db.database import Database
from core.db.joined import JoinedDatabase
from core.db.shared_tables import DASHBOARDS, REPORTS
from core.runs.places import Places
from core.secrets import SecretBox, load_secret_key
from core.services.as_code.desk import Tools
from core.services.as_code.workspace_files import WorkspaceFiles
from core.services.calendars import CalendarService
from core.services.catalog import CatalogService
from core.services.connections import Connections
from core.services.dashboards import DashboardService
from core.services.datasets import DatasetService
from core.services.destinations import DestinationService
from core.services.groups import GroupService
from core.services.library import LibraryService
from core.services.report_sharing import SharingService
from core.services.reports import ReportService
from core.services.schedules import ScheduleService
from core.services.sources import SourceService
from core.services.workspace_activity import way_to_activity
from core.settings import Settings


@contextmanager
def workspace_files(
    settings: Settings, clock: Clock | None = None, *, environment: Mapping[str, str] = os.environ
) -> Iterator[tuple[Database, WorkspaceFiles]]:
    """The database and the service over `settings`; secrets are taken from `environment`."""
    parts = make_parts(settings, clock or SystemClock())
    try:
        yield (
            parts.database,
            WorkspaceFiles(parts.database, lambda joined: _tools(parts, settings, joined), environment=environment),
        )
    finally:
        OPEN_SOURCES.close()
        parts.database.dispose()


def _tools(parts: Parts, settings: Settings, joined: JoinedDatabase) -> Tools:
    """Services of one transaction. Sources get connections of their own, which forget what is not kept."""
    box = SecretBox(load_secret_key(settings))
    connections = Connections(
        joined, box, settings, parts.clock, own_secrets=lambda source: way_to_activity(source, parts.url)
    )
    places = Places(joined, box, parts.channels)
    catalog = CatalogService(joined, parts.executor)
    reports = ReportService(joined, catalog, parts.executor, parts.clock, row_limit_default=settings.row_limit_default)
    return Tools(
        database=joined,
        connections=connections,
        places=places,
        box=box,
        calendars=CalendarService(joined, parts.clock),
        groups=GroupService(joined),
        destinations=DestinationService(
            joined,
            parts.clock,
            channels=parts.channels,
            places=places,
            allow_private_hosts=settings.allow_private_hosts,
        ),
        sources=SourceService(joined, connections),
        datasets=DatasetService(joined, connections, parts.clock),
        catalog=catalog,
        reports=reports,
        library=LibraryService(joined),
        sharing=SharingService(joined, REPORTS),
        dashboards=DashboardService(joined, catalog, reports),
        dashboard_sharing=SharingService(joined, DASHBOARDS),
        schedules=ScheduleService(joined, parts.clock, channels=parts.channels, box=box),
    )
