"""`/api/bounces/{provider}/{key}`: where mail services report bounces; the report itself proves who sends it."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.access.rate_limit import RateLimit
from core.api.threads import run_in_api_thread
from core.api.visitors import network_of
from core.deliver.bounces.provider import Report
from core.errors import BroadsheetError
from core.services.bounces import BounceService

_MOST_BYTES = 2 * 1024 * 1024


def bounce_hooks(bounces: BounceService, wrong: RateLimit) -> list[Route]:
    """Return the route. `wrong` counts reports that are refused, by network."""

    async def take(request: Request) -> Response:
        network = network_of(request)
        try:
            wrong.take(network)
            body = await _body(request)
            if body is None:
                return Response(status_code=413)
            report = Report(headers={name.lower(): value for name, value in request.headers.items()}, body=body)
            taken = await run_in_api_thread(
                bounces.take, request.path_params["provider"], request.path_params["key"], report
            )
        except BroadsheetError as error:
            from core.api.problems import problem_of  # brings FastAPI along, which no start waits for

            return problem_of(error)
        wrong.give_back(network)
        return JSONResponse({"taken": taken.new, "known": taken.known})

    return [Route("/api/bounces/{provider}/{key}", take, methods=["POST"])]


async def _body(request: Request) -> bytes | None:
    """The very bytes, which were signed; None where they are too many."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            return None
    return bytes(body)
