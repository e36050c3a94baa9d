"""`/metrics` for Prometheus: outside `/api`, and not public; the token's person manages the installation."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.api.problems import problem_of
from core.api.threads import run_in_api_thread
from core.errors import BroadsheetError, NotSignedIn
from core.services.access import AccessService
from core.services.metrics import CONTENT_TYPE, MetricsService


def metrics_routes(metrics: MetricsService, access: AccessService) -> list[Route]:
    """Return `/metrics`."""

    def answer(token: str) -> bytes:
        return metrics.text(access.principal_for_bearer(token))

    async def scrape(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            if scheme.lower() != "bearer" or not token.strip():
                raise NotSignedIn("Send an API token of an installation administrator as 'Authorization: Bearer …'.")
            content = await run_in_api_thread(answer, token.strip())
        except BroadsheetError as error:
            return problem_of(error)
        return Response(content, media_type=None, headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})

    return [Route("/metrics", scrape, methods=["GET"])]
