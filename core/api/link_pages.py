"""`/d/{token}`: the file behind a link, and what a browser shows where there is none to give."""

import hashlib
from collections.abc import Mapping
from html import escape
from types import MappingProxyType
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from core.access.rate_limit import RateLimit
from core.api.downloads import artifact_response, starts_later
from core.api.public_page import public_page
from core.api.threads import run_in_api_thread
from core.api.visitors import network_of
from core.api.wrong_tokens import counted
from core.errors import BroadsheetError, NotAllowed, NotFound, TooManyRequests
from core.services.link_opening import PASS_VALID_FOR, LinkOpening, Visit

_MOST_FORM_BYTES = 1000
_HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
}
_CODE_FORM = """<form method="post"><label>The code from the mail
<input name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="6" required></label>
<button class="first">Open the file</button></form>"""
_ASK_FORM = """<form method="post"><input type="hidden" name="send" value="1"><button>{label}</button></form>"""


def link_pages(links: LinkOpening, wrong: RateLimit, *, secure: bool) -> list[Route]:
    """Return the routes. `wrong` counts tokens that are none, by network; `secure`: the app is reached over https."""

    async def download(request: Request) -> Response:
        token = request.path_params["token"]
        visit = Visit(
            network=network_of(request),
            goes_on=lambda artifact: starts_later(request, artifact),
            counts=request.method != "HEAD",
            pass_token=request.cookies.get(_cookie(token)),
        )
        try:
            artifact, content = await counted(request, wrong, links.open, token, visit)
        except BroadsheetError as error:
            return await _answer(request, links, error)
        return artifact_response(request, artifact, content)

    async def take_code(request: Request) -> Response:
        """Send a code, or look at the one given; a right one opens the file to this browser for a while."""
        token, network = request.path_params["token"], network_of(request)
        form = await _form(request)
        try:
            if form.get("send"):
                await counted(request, wrong, links.send_code, token, network=network)
                whom = await run_in_api_thread(links.recipient_of, token)
                return _page("Look into your mail", f"<p>A code was sent to {escape(whom)}.</p>{_CODE_FORM}")
            granted = await counted(request, wrong, links.check_code, token, form.get("code", ""), network=network)
        except BroadsheetError as error:
            return await _answer(request, links, error)
        answer = RedirectResponse(request.url.path, status_code=303, headers=_HEADERS)
        answer.set_cookie(
            _cookie(token),
            granted,
            max_age=int(PASS_VALID_FOR.total_seconds()),
            path=request.url.path,
            httponly=True,
            samesite="lax",
            secure=secure,
        )
        return answer

    return [
        Route("/d/{token}", download, methods=["GET", "HEAD"]),
        Route("/d/{token}", take_code, methods=["POST"]),
    ]


async def _answer(request: Request, links: LinkOpening, error: BroadsheetError) -> Response:
    """A page for a browser, problem details for a program."""
    if "text/html" not in request.headers.get("accept", ""):
        from core.api.problems import problem_of  # brings FastAPI along, which no start waits for

        response: Response = problem_of(error)
        response.headers.update(_HEADERS)
        return response
    if isinstance(error, NotFound):
        return _page("Nothing to open here", f"<p>{escape(error.user_message)}</p>", status=error.http_status)
    if isinstance(error, TooManyRequests):
        return _page(
            "A moment, please",
            f"<p>{escape(error.user_message)}</p>",
            status=error.http_status,
            more={"Retry-After": str(error.retry_after_s)},
        )
    said = f'<p class="wrong" role="alert">{escape(error.user_message)}</p>'
    if isinstance(error, NotAllowed):
        whom = await run_in_api_thread(links.recipient_of, request.path_params["token"])
        said = f"<p>It is for {escape(whom)}. Ask for a code; it is mailed there, and opens the file.</p>"
        return _page("This file is for one person", said + _ASK_FORM.format(label="Send me a code"), status=403)
    again = _CODE_FORM + _ASK_FORM.format(label="Send a new code")
    return _page("This did not open the file", said + again, status=error.http_status)


async def _form(request: Request) -> dict[str, str]:
    """The fields of a small form; nothing where it is no such form."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_FORM_BYTES:
            return {}
    return {name: values[0] for name, values in parse_qs(body.decode("ascii", "replace")).items()}


def _page(title: str, body: str, *, status: int = 200, more: Mapping[str, str] = MappingProxyType({})) -> HTMLResponse:
    return public_page(title, [body], status=status, more={**_HEADERS, **more})


def _cookie(token: str) -> str:
    """A name that says nothing of the token."""
    return f"file_{hashlib.sha256(token.encode()).hexdigest()[:16]}"
