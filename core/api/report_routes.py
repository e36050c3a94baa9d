"""`/api/reports`: saved questions, their previews and files."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from core.api.authentication import Caller
from core.api.catalog_models import problem_out
from core.api.exact_json import ExactJSONResponse
from core.api.file_choices import DraftExportIn, ExportIn
from core.api.inputs import Json, PageLimit, PageNumber, VersionNumber
from core.api.library_models import ReportListIn, RestoreIn
from core.api.listing import Listing, listed
from core.api.models import (
    PreviewIn,
    PreviewOfReportIn,
    ReportIn,
    execution_out,
    page_out,
    report_out,
    version_out,
)
from core.api.preconditions import expected_version, stale_as_412
from core.api.preview_json import preview_response
from core.api.threads import blocking
from core.domain.access import Principal
from core.domain.definition import ReportDefinition
from core.domain.definition_json import definition_schema, parse_definition
from core.domain.parameters import parse_parameters
from core.services.catalog import CatalogService
from core.services.library import LibraryService
from core.services.report_versions import VersionService
from core.services.reports import ReportService
from core.services.runs import RunService

IfMatch = Annotated[str | None, Header(alias="If-Match")]


def report_routes(
    reports: ReportService, versions: VersionService, library: LibraryService, runs: RunService, catalog: CatalogService
) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/reports", tags=["Reports"])

    def parse(definition: Json) -> ReportDefinition:
        return parse_definition(definition, default_limit=reports.row_limit_default)

    def show(caller: Principal, definition: ReportDefinition, asked: PreviewOfReportIn) -> ExactJSONResponse:
        shown = reports.preview(
            caller,
            definition,
            parameters=parse_parameters(definition, asked.parameters),
            page=asked.page,
            page_size=asked.limit,
            refresh=asked.refresh,
        )
        return preview_response(shown, caller)

    @router.get("", summary="The reports you may see")
    @blocking
    def list_reports(
        caller: Caller, asked: Annotated[ReportListIn, Query()], page: PageNumber = 1, limit: PageLimit = 50
    ) -> Json:
        found = reports.list(caller, asked.wanted(), page=page, limit=limit)
        return page_out(found, report_out)

    @router.post("", status_code=201, summary="Save a new report")
    @blocking
    def create_report(body: ReportIn, caller: Caller) -> Json:
        return report_out(
            reports.create(caller, name=body.name, description=body.description, definition=parse(body.definition))
        )

    @router.get("/schema", summary="JSON Schema of a definition")
    @blocking
    def get_schema() -> Json:
        return definition_schema()

    @router.post("/preview", summary="Preview a definition without saving it")
    @blocking
    def preview(body: PreviewIn, caller: Caller) -> ExactJSONResponse:
        return show(caller, parse(body.definition), body)

    @router.post("/preview-export", status_code=202, summary="Make files of a definition without saving it")
    @blocking
    def export_draft(body: DraftExportIn, caller: Caller) -> Json:
        definition = parse(body.definition)
        given = parse_parameters(definition, body.parameters)
        return execution_out(runs.export_draft(caller, definition, body.title, parameters=given, **body.order()))

    @router.get("/{report_id}", summary="One report")
    @blocking
    def get_report(report_id: UUID, caller: Caller, response: Response, version: VersionNumber | None = None) -> Json:
        report = reports.get(caller, report_id, version=version)
        response.headers["ETag"] = f'"{report.version}"'
        problems = [problem_out(problem) for problem in catalog.problems(caller, report)]
        return {**report_out(report), "problems": problems}

    @router.put("/{report_id}", summary="Save a new version")
    @blocking
    def save_report(report_id: UUID, body: ReportIn, caller: Caller, if_match: IfMatch = None) -> Json:
        with stale_as_412(if_match):
            return report_out(
                versions.save(
                    caller,
                    report_id,
                    name=body.name,
                    description=body.description,
                    definition=parse(body.definition),
                    expected_version=expected_version(if_match),
                )
            )

    @router.delete("/{report_id}", status_code=204, summary="Delete a report that nothing sends or shows")
    @blocking
    def delete_report(report_id: UUID, caller: Caller) -> Response:
        library.delete(caller, report_id)
        return Response(status_code=204)

    @router.get("/{report_id}/versions", summary="A report's history")
    @blocking
    def list_versions(report_id: UUID, caller: Caller, asked: Listing) -> Json:
        history = versions.history(caller, report_id)
        return listed([{**version_out(each.version), "changes": list(each.changes)} for each in history], asked)

    @router.get("/{report_id}/versions/{version}", summary="One version")
    @blocking
    def get_version(report_id: UUID, version: VersionNumber, caller: Caller) -> Json:
        return version_out(versions.version(caller, report_id, version))

    @router.get("/{report_id}/versions/{before}/diff/{after}", summary="What differs between two versions, in words")
    @blocking
    def get_diff(report_id: UUID, before: VersionNumber, after: VersionNumber, caller: Caller) -> Json:
        return {"before": before, "after": after, "changes": list(versions.diff(caller, report_id, before, after))}

    @router.post("/{report_id}/restore", summary="Save an earlier version as the newest")
    @blocking
    def restore(report_id: UUID, body: RestoreIn, caller: Caller, if_match: IfMatch = None) -> Json:
        with stale_as_412(if_match):
            expected = expected_version(if_match)
            return report_out(versions.restore(caller, report_id, body.version, expected_version=expected))

    @router.post("/{report_id}/preview", summary="Preview a saved report")
    @blocking
    def preview_report(report_id: UUID, body: PreviewOfReportIn, caller: Caller) -> ExactJSONResponse:
        report = reports.get(caller, report_id)
        if body.page == 1:
            reports.viewed(caller, report_id)
        return show(caller, report.definition, body)

    @router.post("/{report_id}/export", status_code=202, summary="Make files of a report")
    @blocking
    def export_report(report_id: UUID, body: ExportIn, caller: Caller) -> Json:
        given = parse_parameters(reports.get(caller, report_id).definition, body.parameters)
        return execution_out(runs.export(caller, report_id, parameters=given, **body.order()))

    return router
