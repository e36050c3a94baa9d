"""Dashboards as the API takes and gives them."""

from typing import Annotated

from pydantic import Field

from core.api.file_choices import FilesIn
from core.api.inputs import Json, Object, Text
from core.api.models import In
from core.api.preview_json import preview_out
from core.domain.access import Principal
from core.domain.dashboard import Dashboard, DashboardVersion, TextTile
from core.domain.dashboard_json import dump_content
from core.domain.result import Headline, Kpi
from core.services.dashboards import TILE_ROWS, TileAnswer

_MOST_ROWS = 1000


class DashboardIn(In):
    """A dashboard to save; `content` is told by `GET /api/dashboards/schema`."""

    name: Text
    description: Text = Field("", max_length=2000)
    content: Json


class DashboardPreviewIn(In):
    """Values for the filters, and how many rows of each table are wanted."""

    filters: Object = Field(default_factory=dict)
    rows: Annotated[int, Field(ge=1, le=_MOST_ROWS)] = TILE_ROWS


class DashboardExportIn(FilesIn):
    """Files to make: pdf, xlsx, html, zip (the same as csv), jsonl, parquet; with values for the filters."""

    filters: Object = Field(default_factory=dict)


def dashboard_out(dashboard: Dashboard) -> Json:
    """Return a dashboard's JSON."""
    return {
        "id": str(dashboard.id),
        "name": dashboard.name,
        "description": dashboard.description,
        "owner": dashboard.owner_name,
        "visibility": str(dashboard.visibility),
        "version": dashboard.version,
        "content": dump_content(dashboard.content),
        "content_sha256": dashboard.content_sha256,
        "created_at": dashboard.created_at.isoformat(),
        "updated_at": dashboard.updated_at.isoformat(),
    }


def dashboard_version_out(version: DashboardVersion) -> Json:
    """Return the JSON of one entry of a dashboard's history."""
    return {
        "version": version.version,
        "saved_by": version.saved_by,
        "saved_at": version.saved_at.isoformat(),
        "content": dump_content(version.content),
    }


def tile_out(answer: TileAnswer, caller: Principal) -> Json:
    """Return the JSON of what a tile shows, or of why it cannot."""
    tile = answer.tile
    error = answer.error
    return {
        "id": tile.id,
        "kind": tile.kind,
        "title": answer.title,
        "text": tile.text if isinstance(tile, TextTile) else None,
        "preview": None if answer.preview is None else preview_out(answer.preview, caller),
        "kpis": None if answer.headline is None else _kpis_out(answer.headline),
        "not_filtered_by": [] if answer.question is None else list(answer.question.unheeded),
        "error": None if error is None else {"code": error.code, "message": error.user_message},
    }


def _kpis_out(headline: Headline) -> list[Json]:
    return [_kpi_out(kpi) for kpi in headline.kpis]


def _kpi_out(kpi: Kpi) -> Json:
    return {
        "label": kpi.label,
        "value": kpi.value,
        "previous": kpi.previous,
        "change": kpi.change,
        "unit": kpi.format.unit,
        "trend": list(kpi.trend),
    }
