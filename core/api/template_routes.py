"""`/api/templates`: workbooks that are filled instead of making new ones."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from core.api.authentication import Caller
from core.api.bodies import read_body
from core.api.inputs import Json, Text
from core.api.listing import Listing, listed
from core.api.threads import blocking, run_in_api_thread
from core.domain.workbook_template import WorkbookTemplate
from core.services.templates import TemplateService

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NO_LIMIT = 2**60

Name = Annotated[Text, Query(max_length=200, description="What the template is called.")]
FileName = Annotated[Text, Query(max_length=200, description="The file's name, such as monthly.xlsx.")]


def template_routes(templates: TemplateService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/templates", tags=["Templates"])

    @router.get("", summary="Templates by name")
    @blocking
    def list_templates(caller: Caller, asked: Listing) -> Json:
        counts = templates.use_counts(caller)
        return listed([template_out(one, counts) for one in templates.list(caller)], asked)

    # Larger bodies than the route allows would be answered in plain text; the service says it as a problem.
    @router.post("", status_code=201, summary="Bring a workbook as the body", max_body_size=_NO_LIMIT)
    async def create(request: Request, caller: Caller, name: Name, file_name: FileName) -> Json:
        content = await read_body(request, templates.max_bytes)
        made = await run_in_api_thread(templates.create, caller, name, file_name, content)
        return template_out(made, {})

    @router.post("/inspect", summary="What is in a workbook, without keeping it", max_body_size=_NO_LIMIT)
    async def inspect(request: Request, caller: Caller, file_name: FileName) -> Json:
        content = await read_body(request, templates.max_bytes)
        return asdict(await run_in_api_thread(templates.inspect, caller, file_name, content))

    @router.get("/example", summary="A workbook to start from, with a report's columns", response_class=Response)
    @blocking
    def example(caller: Caller, report_id: UUID) -> Response:
        return _workbook(*templates.example(caller, report_id))

    @router.get("/{template_id}", summary="One template and what is in it")
    @blocking
    def get(template_id: UUID, caller: Caller) -> Json:
        return template_out(templates.get(caller, template_id), templates.use_counts(caller))

    @router.get("/{template_id}/file", summary="A template's workbook as it was brought", response_class=Response)
    @blocking
    def file(template_id: UUID, caller: Caller) -> Response:
        template = templates.get(caller, template_id)
        return _workbook(template.file_name, templates.content(caller, template_id))

    @router.put("/{template_id}/file", summary="Put a newer workbook in its place", max_body_size=_NO_LIMIT)
    async def replace(request: Request, template_id: UUID, caller: Caller, file_name: FileName) -> Json:
        content = await read_body(request, templates.max_bytes)
        changed = await run_in_api_thread(templates.replace, caller, template_id, file_name, content)
        return template_out(changed, await run_in_api_thread(templates.use_counts, caller))

    @router.delete("/{template_id}", status_code=204, summary="Take a template away; refused while schedules fill it")
    @blocking
    def delete(template_id: UUID, caller: Caller) -> Response:
        templates.delete(caller, template_id)
        return Response(status_code=204)

    return router


def template_out(template: WorkbookTemplate, counts: Mapping[UUID, int]) -> Json:
    """A template with what is in it and how many schedules fill it."""
    return {
        "id": str(template.id),
        "name": template.name,
        "file_name": template.file_name,
        "size_bytes": template.size_bytes,
        "sha256": template.sha256,
        "version": template.version,
        "created_at": template.created_at.isoformat(),
        "updated_at": template.updated_at.isoformat(),
        "uploaded_by": template.uploaded_by,
        "schedules": counts.get(template.id, 0),
        **asdict(template.contents),
    }


def _workbook(file_name: str, content: bytes) -> Response:
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-") else "_" for c in file_name)
    return Response(
        content,
        media_type=_XLSX,
        headers={
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name)}",
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )
