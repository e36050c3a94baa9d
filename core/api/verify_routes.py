"""`/verify/{token}`: saying yes to reports without signing in. Looking changes nothing; only a POST acts."""

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from core.access.rate_limit import RateLimit
from core.api.public_page import public_page, public_problem
from core.api.wrong_tokens import counted
from core.domain.recipient_policy import Verification
from core.errors import BroadsheetError
from core.services.verification import VerificationService


def verify_routes(service: VerificationService, wrong: RateLimit) -> list[Route]:
    """Return the route; GET shows the question, POST is the yes. `wrong` counts tokens that are none."""

    async def verify(request: Request) -> Response:
        act = service.confirm if request.method == "POST" else service.look
        try:
            return _page(await counted(request, wrong, act, request.path_params["token"]))
        except BroadsheetError as error:
            return public_problem(error)

    return [Route("/verify/{token}", verify, methods=["GET", "POST"])]


def _page(asked: Verification) -> HTMLResponse:
    address = f'<p class="quiet">{escape(asked.address)}</p>'
    organization = escape(asked.organization)
    if asked.is_confirmed:
        words = f"<p>{organization} may send you reports. Every mail ends with a link to stop them.</p>"
        return public_page("Confirmed", [address, words])
    words = f"<p>{organization} wants to send you reports by mail.</p>"
    form = '<form method="post"><button class="first">Yes, send me reports</button></form>'
    no = '<p class="quiet">If you do not want them, close this page: nothing is sent then.</p>'
    return public_page("Do you want reports?", [address, words, form, no])
