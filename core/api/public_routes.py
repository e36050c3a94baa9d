"""Routes that need no token: health and signed download links."""

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from core.api.downloads import artifact_response
from core.api.threads import run_in_api_thread
from core.errors import BroadsheetError
from core.services.health import HealthService
from core.services.runs import RunService


def public_routes(health: HealthService, runs: RunService) -> list[Route]:
    """Return `/healthz`, `/readyz` and `/d/{token}`."""

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        parts = await run_in_api_thread(health.ready)
        fine = all(state == "ok" for state in parts.values())
        return JSONResponse({"status": "ok" if fine else "failing", "parts": parts}, status_code=200 if fine else 503)

    async def download(request: Request) -> Response:
        try:
            artifact, content = await run_in_api_thread(runs.open_link, request.path_params["token"])
        except BroadsheetError as error:
            from core.api.problems import problem_of  # brings FastAPI along, which no start waits for

            return problem_of(error)
        return artifact_response(artifact, content)

    async def to_docs(_request: Request) -> Response:
        return RedirectResponse("/api/docs")

    return [
        Route("/api", to_docs, methods=["GET"]),  # the mount below answers from "/api/" on
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        Route("/d/{token}", download, methods=["GET"]),
    ]
