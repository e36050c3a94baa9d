"""Pictures of charts: `/api/reports/{id}/chart` for programs, `/charts/{id}` for the browser's own session."""

import json
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from core.api.authentication import Caller
from core.api.inputs import Text, VersionNumber
from core.api.threads import blocking
from core.errors import InvalidInput
from core.services.charts import ChartFile, ChartService

Format = Annotated[Text, Query(description="png or svg.")]
Parameters = Annotated[
    Text | None, Query(description='Values for the report\'s parameters as a JSON object: {"country": ["DE"]}.')
]


def chart_routes(charts: ChartService) -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix="/reports", tags=["Reports"])

    @router.get("/{report_id}/chart", summary="A report's chart as a picture", response_class=Response)
    @blocking
    def get_chart(
        report_id: UUID,
        caller: Caller,
        format: Format = "png",  # noqa: A002 - the name in the address
        version: VersionNumber | None = None,
        parameters: Parameters = None,
    ) -> Response:
        return chart_response(
            charts.picture(caller, report_id, format, version=version, parameters=read_parameters(parameters))
        )

    return router


def read_parameters(text: str | None) -> dict[str, Any]:
    """The values in an address. Raises InvalidInput."""
    try:
        given = json.loads(text) if text else {}
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise InvalidInput('Give parameters as a JSON object, such as {"country": ["DE"]}.', place="parameters")
    return given


def chart_response(file: ChartFile) -> Response:
    """The response that downloads a picture; an SVG is never a page of ours."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-") else "_" for c in file.file_name)
    return Response(
        file.content,
        media_type=file.media_type,
        headers={
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.file_name)}",
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
        },
    )
