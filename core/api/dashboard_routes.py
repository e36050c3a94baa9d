"""`/api/dashboards`: arrangements of reports, what they show, and their files."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response

from core.api.authentication import Caller
from core.api.dashboard_models import (
    DashboardExportIn,
    DashboardIn,
    DashboardPreviewIn,
    dashboard_out,
    dashboard_version_out,
    tile_out,
)
from core.api.exact_json import ExactJSONResponse
from core.api.inputs import Json, PageLimit, PageNumber, Search, VersionNumber
from core.api.library_models import OwnerIn, SharingIn, sharing_out
from core.api.listing import Listing, listed
from core.api.models import execution_out, page_out
from core.api.preconditions import expected_version, stale_as_412
from core.api.threads import blocking
from core.domain.dashboard_json import content_schema, parse_content, parse_filters
from core.services.dashboards import DashboardService
from core.services.report_sharing import SharingService
from core.services.runs import RunService

IfMatch = Annotated[str | None, Header(alias="If-Match")]


def dashboard_routes(dashboards: DashboardService, runs: RunService, sharing: SharingService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/dashboards", tags=["Dashboards"])
    _add_content(router, dashboards)
    _add_looks(router, dashboards, runs)
    _add_sharing(router, sharing)
    return router


def _add_content(router: APIRouter, dashboards: DashboardService) -> None:

    @router.get("", summary="The dashboards you may see")
    @blocking
    def list_dashboards(caller: Caller, search: Search = "", page: PageNumber = 1, limit: PageLimit = 50) -> Json:
        found = dashboards.list(caller, search=search, page=page, limit=limit)
        return page_out(found, dashboard_out)

    @router.post("", status_code=201, summary="Save a new dashboard")
    @blocking
    def create_dashboard(body: DashboardIn, caller: Caller) -> Json:
        content = parse_content(body.content)
        return dashboard_out(dashboards.create(caller, name=body.name, description=body.description, content=content))

    @router.get("/schema", summary="JSON Schema of a dashboard's content")
    @blocking
    def get_schema() -> Json:
        return content_schema()

    @router.get("/{dashboard_id}", summary="One dashboard")
    @blocking
    def get_dashboard(
        dashboard_id: UUID, caller: Caller, response: Response, version: VersionNumber | None = None
    ) -> Json:
        dashboard = dashboards.get(caller, dashboard_id, version=version)
        response.headers["ETag"] = f'"{dashboard.version}"'
        return dashboard_out(dashboard)

    @router.put("/{dashboard_id}", summary="Save a new version")
    @blocking
    def save_dashboard(dashboard_id: UUID, body: DashboardIn, caller: Caller, if_match: IfMatch = None) -> Json:
        with stale_as_412(if_match):
            return dashboard_out(
                dashboards.save(
                    caller,
                    dashboard_id,
                    name=body.name,
                    description=body.description,
                    content=parse_content(body.content),
                    expected_version=expected_version(if_match),
                )
            )

    @router.delete("/{dashboard_id}", status_code=204, summary="Archive a dashboard")
    @blocking
    def archive_dashboard(dashboard_id: UUID, caller: Caller) -> Response:
        dashboards.archive(caller, dashboard_id)
        return Response(status_code=204)

    @router.get("/{dashboard_id}/versions", summary="A dashboard's history")
    @blocking
    def list_versions(dashboard_id: UUID, caller: Caller, asked: Listing) -> Json:
        return listed([dashboard_version_out(one) for one in dashboards.versions(caller, dashboard_id)], asked)


def _add_looks(router: APIRouter, dashboards: DashboardService, runs: RunService) -> None:
    @router.post("/{dashboard_id}/preview", summary="What every tile shows now")
    @blocking
    def preview(dashboard_id: UUID, body: DashboardPreviewIn, caller: Caller) -> ExactJSONResponse:
        dashboard = dashboards.get(caller, dashboard_id)
        given = parse_filters(dashboard.content, body.filters)
        dashboards.viewed(caller, dashboard_id)
        answers = dashboards.preview(caller, dashboard.content, given=given, rows=body.rows)
        return ExactJSONResponse(
            {"version": dashboard.version, "tiles": [tile_out(answer, caller) for answer in answers]}
        )

    @router.post("/{dashboard_id}/export", status_code=202, summary="Make files of a dashboard")
    @blocking
    def export(dashboard_id: UUID, body: DashboardExportIn, caller: Caller) -> Json:
        given = parse_filters(dashboards.get(caller, dashboard_id).content, body.filters)
        return execution_out(runs.export_dashboard(caller, dashboard_id, filters=given, **body.order()))


def _add_sharing(router: APIRouter, sharing: SharingService) -> None:
    @router.get("/{dashboard_id}/sharing", summary="Who may see and change a dashboard")
    @blocking
    def get_sharing(dashboard_id: UUID, caller: Caller) -> Json:
        return sharing_out(sharing.get(caller, dashboard_id))

    @router.put("/{dashboard_id}/sharing", summary="Say who may see and change a dashboard")
    @blocking
    def put_sharing(dashboard_id: UUID, body: SharingIn, caller: Caller) -> Json:
        paused = sharing.share(caller, dashboard_id, body.sharing())
        return {**sharing_out(sharing.get(caller, dashboard_id)), "paused_schedules": list(paused)}

    @router.put("/{dashboard_id}/owner", status_code=204, summary="Give a dashboard to somebody else")
    @blocking
    def put_owner(dashboard_id: UUID, body: OwnerIn, caller: Caller) -> Response:
        sharing.give(caller, dashboard_id, owner=body.owner_id)
        return Response(status_code=204)
