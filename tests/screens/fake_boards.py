"""Dashboards in memory, over the reports of the other fakes."""

from dataclasses import replace
from types import MappingProxyType
from uuid import uuid4

from core.domain.dashboard import Dashboard, DashboardContent, ReportTile, SharedFilter, Show, Target, TextTile
from core.domain.dashboard_filters import is_headline, tile_question
from core.domain.dashboard_json import content_sha256
from core.domain.definition import ParameterType
from core.domain.field import FieldType
from core.errors import BroadsheetError, Conflict, InvalidInput, NotFound
from core.services.dashboards import TILE_ROWS, TileAnswer

from . import fake_data as data

NO_VALUES = MappingProxyType({})


def usage_board(report_id) -> DashboardContent:
    """A text, the headline numbers and the rows of the usage report, under two filters."""
    return DashboardContent(
        tiles=(
            TextTile(id="note", text="# Usage\n<b>Look</b> at it.", row=0, column=0, width=12),
            ReportTile(id="figures", report_id=report_id, show=Show.KPI, row=1, column=0, width=4),
            ReportTile(id="rows", report_id=report_id, title="All rows", row=1, column=4, width=8),
        ),
        filters=(
            SharedFilter(
                name="feature",
                label="Feature",
                value_type=FieldType.TEXT,
                is_list=True,
                targets=(Target(tile="rows", field="feature"),),
            ),
            SharedFilter(
                name="when",
                label="When",
                type=ParameterType.WINDOW,
                targets=(Target(tile="rows", field="occurred_at"),),
            ),
        ),
        timezone="UTC",
    )


def dashboard(name: str, content: DashboardContent) -> Dashboard:
    return Dashboard(
        id=data.make_id(f"dashboard {name}"),
        organization_id=data.ORGANIZATION,
        owner_id=data.ADA,
        owner_name="Ada Lovelace",
        name=name,
        description="",
        version=1,
        content=content,
        content_sha256=content_sha256(content),
        created_at=data.NOW,
        updated_at=data.NOW,
    )


class FakeDashboards:
    def __init__(self, reports) -> None:
        self.reports = reports
        usage = next(item for item in reports.items.values() if item.name == "Usage Summary")
        made = dashboard("Usage board", usage_board(usage.id))
        self.items = {made.id: made}
        self.broken: set[str] = set()
        self.given = {}

    def list(self, principal, *, search="", page=1, limit=50):
        found = [item for item in self.items.values() if search.lower() in item.name.lower()]
        return data.page_of(found, page, limit)

    def get(self, principal, dashboard_id, *, version=None):
        if dashboard_id not in self.items:
            raise NotFound
        return self.items[dashboard_id]

    def viewed(self, principal, dashboard_id):
        self.get(principal, dashboard_id)

    def create(self, principal, *, name, content, description=""):
        if not name.strip():
            raise InvalidInput("Give the dashboard a name.", place="name")
        made = replace(dashboard(name, content), id=uuid4())
        self.items[made.id] = made
        return made

    def save(self, principal, dashboard_id, *, name, content, description="", expected_version=None):
        item = self.items[dashboard_id]
        if expected_version is not None and expected_version != item.version:
            raise Conflict("Somebody saved another version since you opened it.")
        self.items[dashboard_id] = replace(item, name=name, content=content, version=item.version + 1)
        return self.items[dashboard_id]

    def archive(self, principal, dashboard_id):
        del self.items[dashboard_id]

    def tile(self, principal, content, tile, *, given=NO_VALUES, rows=TILE_ROWS, refresh=False):
        self.given = dict(given)
        if isinstance(tile, TextTile):
            return TileAnswer(tile=tile, title=tile.title or "")
        report = self.reports.get(principal, tile.report_id)
        answer = TileAnswer(tile=tile, title=tile.title or report.name)
        if tile.id in self.broken:
            return replace(answer, error=BroadsheetError("The source does not answer."))
        asked = tile_question(content, tile, report.definition, given)
        answer = replace(answer, question=asked)
        if is_headline(tile):
            return replace(answer, headline=self.reports.headline(principal, asked.definition))
        return replace(answer, preview=self.reports.preview(principal, asked.definition, page_size=rows))
