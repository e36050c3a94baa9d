"""`/charts/{id}`: a report's chart as a picture for the browser whose session asks, as links on screens lead there."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.api.session_cookie import Sessions, principal_of_cookie
from core.api.threads import run_in_api_thread
from core.errors import BroadsheetError
from core.services.charts import ChartFile, ChartService


def chart_links(charts: ChartService, access: Sessions) -> list[Route]:
    """Return `GET /charts/{id}?format=png|svg&parameters={…}`; the cookie is asked on every request."""

    def picture(request: Request) -> ChartFile:
        from core.api.chart_routes import read_parameters  # brings FastAPI along, which no start waits for

        asked = request.query_params
        report_id: UUID = request.path_params["report_id"]
        return charts.picture(
            principal_of_cookie(request, access),
            report_id,
            asked.get("format", "png"),
            parameters=read_parameters(asked.get("parameters")),
        )

    async def download(request: Request) -> Response:
        from core.api.chart_routes import chart_response
        from core.api.problems import problem_of

        try:
            file = await run_in_api_thread(picture, request)
        except BroadsheetError as error:
            return problem_of(error)
        return chart_response(file)

    return [Route("/charts/{report_id:uuid}", download, methods=["GET"])]
