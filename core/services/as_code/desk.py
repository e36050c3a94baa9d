"""What writing and reading files works with: the services on one transaction, who acts, and what things are called."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from core.db import destination_repository, source_repository
from core.db.joined import JoinedDatabase
from core.domain.access import Principal
from core.domain.page import Page
from core.runs.places import Places
from core.secrets import SecretBox
from core.services.as_code.names import Names
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

Json = dict[str, Any]
PAGE = 200

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Services that share one transaction, and what opens stored secrets there."""

    database: JoinedDatabase
    connections: Connections
    places: Places
    box: SecretBox
    calendars: CalendarService
    groups: GroupService
    destinations: DestinationService
    sources: SourceService
    datasets: DatasetService
    catalog: CatalogService
    reports: ReportService
    library: LibraryService
    sharing: SharingService
    dashboards: DashboardService
    dashboard_sharing: SharingService
    schedules: ScheduleService


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One transaction's tools, who uses them, the environment that secrets come from, and the names of things."""

    tools: Tools
    principal: Principal
    environment: Mapping[str, str]
    names: Names

    def source_secrets(self, source_id: UUID) -> dict[str, str]:
        """The stored secrets of a source, in the clear: to name them and to compare them, never to be written."""
        with self.tools.database.organization(self.principal.organization_id) as session:
            sealed = source_repository.sealed_secrets(session, source_id)
        return self.tools.connections.unseal(sealed)

    def destination_secrets(self, destination_id: UUID) -> dict[str, str]:
        """The stored secrets of a destination, in the same way."""
        with self.tools.database.organization(self.principal.organization_id) as session:
            sealed = destination_repository.sealed_secrets(session, destination_id)
        return self.tools.places.unseal(sealed)


def every(page_of: Callable[[int], Page[_T]]) -> Iterator[_T]:
    """All items of a list that comes in pages."""
    number = 1
    while True:
        page = page_of(number)
        yield from page.items
        if number * page.limit >= page.total:
            return
        number += 1


def canonical(data: Json) -> str:
    """A thing's data as a text that is the same for the same data."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False)


def shortened(data: Mapping[str, Any]) -> Json:
    """The data without what says nothing: empty texts, lists and objects, and null."""
    return {name: value for name, value in data.items() if value not in ("", None, [], {})}
