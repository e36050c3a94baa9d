"""Dashboards: arranging, looking, saving and their history. Their files are runs like those of reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from core.access.policy import require, require_can
from core.db import dashboard_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.dashboard import Dashboard, DashboardContent, DashboardVersion, DataTile, KpiTile, TextTile, Tile
from core.domain.dashboard_filters import TileQuestion, is_headline, tile_question
from core.domain.library import Action
from core.domain.page import Page
from core.domain.parameters import ParameterValue
from core.domain.result import Headline, Preview
from core.domain.text import check_text
from core.errors import BroadsheetError, Conflict, InvalidInput
from core.query.executor import NO_PARAMETERS
from core.services.catalog import CatalogService
from core.services.dashboard_checks import check_content
from core.services.reports import ReportService

Given = Mapping[str, ParameterValue]

MAX_NAME_LENGTH = 200
MAX_DESCRIPTION_LENGTH = 2000
#: Rows of a tile's table on the screen; files hold them all.
TILE_ROWS = 100
#: Schedules named when they stand in the way.
_MAX_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TileAnswer:
    """What a tile shows now: a text, headline numbers or a page of rows; or why it cannot."""

    tile: Tile
    title: str
    preview: Preview | None = None
    headline: Headline | None = None
    question: TileQuestion | None = None  #: what was asked; None for texts and where it could not be asked
    error: BroadsheetError | None = None


class DashboardService:
    """Everything a person does with dashboards, but for their files and schedules."""

    def __init__(self, database: Database, catalog: CatalogService, reports: ReportService) -> None:
        self._database = database
        self._catalog = catalog
        self._reports = reports

    def list(self, principal: Principal, *, search: str = "", page: int = 1, limit: int = 50) -> Page[Dashboard]:
        """Return the dashboards this person may see, the newest change first."""
        require(principal, Permission.VIEW_REPORTS)
        check_text(search, place="search", max_length=MAX_NAME_LENGTH)
        with self._database.person(principal) as session:
            return dashboard_repository.list_dashboards(session, search=search.strip(), page=page, limit=limit)

    def get(self, principal: Principal, dashboard_id: UUID, *, version: int | None = None) -> Dashboard:
        """Return a dashboard at its newest version or at `version`; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            return dashboard_repository.load_dashboard(session, dashboard_id, version)

    def viewed(self, principal: Principal, dashboard_id: UUID) -> None:
        """Record that somebody opened a dashboard: once for each opening, not for each drawing. Raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            dashboard = dashboard_repository.load_dashboard(session, dashboard_id)
            note(session, principal, "dashboard.viewed", object_id=dashboard_id, name=dashboard.name)

    def versions(self, principal: Principal, dashboard_id: UUID) -> tuple[DashboardVersion, ...]:
        """Return a dashboard's versions, the newest first; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            dashboard_repository.load_dashboard(session, dashboard_id)
            return dashboard_repository.list_versions(session, dashboard_id)

    def create(self, principal: Principal, *, name: str, content: DashboardContent, description: str = "") -> Dashboard:
        """Save a new dashboard; raises InvalidInput with the place, and then nothing is saved."""
        require(principal, Permission.EDIT_REPORTS)
        self._check(principal, name, description, content)
        with self._database.person(principal) as session:
            dashboard_id = dashboard_repository.insert_dashboard(
                session,
                organization_id=principal.organization_id,
                owner_id=principal.user_id,
                name=name.strip(),
                description=description.strip(),
                content=content,
            )
            made = dashboard_repository.load_dashboard(session, dashboard_id)
            return note(session, principal, "dashboard.created", after=made)

    def save(
        self,
        principal: Principal,
        dashboard_id: UUID,
        *,
        name: str,
        content: DashboardContent,
        description: str = "",
        expected_version: int | None = None,
    ) -> Dashboard:
        """Save a new version; raises Conflict where `expected_version` is no longer the newest.

        Without it writers take turns, and the last one's version is the newest.
        """
        require_can(principal, Action.EDIT, self.get(principal, dashboard_id))
        self._check(principal, name, description, content)
        with self._database.person(principal) as session:
            dashboard = dashboard_repository.load_dashboard(session, dashboard_id, lock=True)
            require_can(principal, Action.EDIT, dashboard)
            if expected_version is not None and expected_version != dashboard.version:
                raise Conflict(
                    f"Somebody saved version {dashboard.version} since you opened version {expected_version}. "
                    "Open the dashboard again, or save yours under another name."
                )
            dashboard_repository.save_version(
                session,
                dashboard,
                saved_by=principal.user_id,
                name=name.strip(),
                description=description.strip(),
                content=content,
            )
            saved = dashboard_repository.load_dashboard(session, dashboard_id)
            return note(session, principal, "dashboard.changed", before=dashboard, after=saved)

    def archive(self, principal: Principal, dashboard_id: UUID) -> None:
        """Take a dashboard out of the lists; refused while it has a schedule, paused ones included."""
        with self._database.person(principal) as session:
            dashboard = dashboard_repository.load_dashboard(session, dashboard_id, lock=True)
            require_can(principal, Action.EDIT, dashboard)
            names = dashboard_repository.names_of_schedules(session, dashboard_id)
            if names:
                raise Conflict(f"{dashboard.name} is scheduled: {_in_short(names)}. Delete what sends it first.")
            dashboard_repository.archive_dashboard(session, dashboard_id)
            note(session, principal, "dashboard.archived", object_id=dashboard_id, name=dashboard.name)

    def preview(
        self, principal: Principal, content: DashboardContent, *, given: Given = NO_PARAMETERS, rows: int = TILE_ROWS
    ) -> tuple[TileAnswer, ...]:
        """Return what every tile shows now, in reading order; a tile that cannot be answered says why."""
        return tuple(self.tile(principal, content, tile, given=given, rows=rows) for tile in content.in_order)

    def tile(
        self,
        principal: Principal,
        content: DashboardContent,
        tile: Tile,
        *,
        given: Given = NO_PARAMETERS,
        rows: int = TILE_ROWS,
        refresh: bool = False,
    ) -> TileAnswer:
        """Return what one tile shows now; `refresh` asks the source even if it was asked lately. Never raises."""
        require(principal, Permission.VIEW_REPORTS)
        if isinstance(tile, TextTile):
            return TileAnswer(tile=tile, title=tile.title or "")
        try:
            return self._answer(principal, content, tile, given=given, rows=rows, refresh=refresh)
        except BroadsheetError as error:
            return TileAnswer(tile=tile, title=tile.title or "", error=error)

    def _answer(
        self, principal: Principal, content: DashboardContent, tile: DataTile, *, given: Given, rows: int, refresh: bool
    ) -> TileAnswer:
        report = self._reports.get(principal, tile.report_id)
        answer = TileAnswer(tile=tile, title=tile.title or report.name)
        try:
            asked = tile_question(content, tile, report.definition, given)
            answer = replace(answer, question=asked)
            if is_headline(tile):
                headline = self._reports.headline(principal, asked.definition, parameters=asked.parameters)
                title = tile.title or (headline.kpis[0].label if isinstance(tile, KpiTile) else report.name)
                return replace(answer, title=title, headline=headline)
            preview = self._reports.preview(
                principal, asked.definition, parameters=asked.parameters, page_size=rows, refresh=refresh
            )
            return replace(answer, preview=preview)
        except BroadsheetError as error:
            return replace(answer, error=error)

    def _check(self, principal: Principal, name: str, description: str, content: DashboardContent) -> None:
        if not name.strip():
            raise InvalidInput("Give the dashboard a name.", place="name")
        check_text(name, place="name", max_length=MAX_NAME_LENGTH, one_line=True)
        check_text(description, place="description", max_length=MAX_DESCRIPTION_LENGTH)
        check_content(principal, content, reports=self._reports, catalog=self._catalog)


def _in_short(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MAX_NAMED])
    return shown if len(names) <= _MAX_NAMED else f"{shown} and {len(names) - _MAX_NAMED} more"
