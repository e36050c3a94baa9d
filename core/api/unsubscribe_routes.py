"""`/unsubscribe/{token}`: stopping or pausing a mail without signing in. Looking changes nothing; only a POST acts."""

from email import message_from_bytes, policy
from html import escape
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from core.access.rate_limit import RateLimit
from core.api.public_page import public_message, public_page, public_problem
from core.api.wrong_tokens import counted
from core.domain.suppression import Subscription, SubscriptionChoice
from core.errors import BroadsheetError
from core.services.suppressions import UnsubscribeService

_MAX_BODY_BYTES = 10_000
#: What a mail program posts by itself (RFC 8058 section 3.1).
_ONE_CLICK = ("List-Unsubscribe", "One-Click")


def unsubscribe_routes(service: UnsubscribeService, wrong: RateLimit) -> list[Route]:
    """Return the route; GET shows what can be asked for, POST does it. `wrong` counts tokens that are none.

    Right tokens are never told to wait: mail services unsubscribe many people from one network by one click each.
    """

    async def unsubscribe(request: Request) -> Response:
        token = request.path_params["token"]
        try:
            if request.method != "POST":
                return _page(await counted(request, wrong, service.look, token))
            choice = _choice(await _fields(request))
            if choice is None:
                return public_message("Nothing was changed", "Go back and choose what you want.", status=400)
            return _page(await counted(request, wrong, service.choose, token, choice), done=True)
        except BroadsheetError as error:
            return public_problem(error)

    return [Route("/unsubscribe/{token}", unsubscribe, methods=["GET", "POST"])]


async def _fields(request: Request) -> dict[str, str]:
    """The fields of a form in either of its two encodings; empty where it is none or too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            return {}
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        found = parse_qs(bytes(body).decode("utf-8", "replace"))
        return {name: values[0] for name, values in found.items()}
    head = f"Content-Type: {kind}\r\n\r\n".encode("latin-1", "replace")
    parts = message_from_bytes(head + bytes(body), policy=policy.HTTP).walk()
    named = ((part.get_param("name", header="content-disposition"), part) for part in parts if not part.is_multipart())
    return {str(name): str(part.get_payload()).strip() for name, part in named if name}


def _choice(fields: dict[str, str]) -> SubscriptionChoice | None:
    if fields.get(_ONE_CLICK[0]) == _ONE_CLICK[1]:
        return SubscriptionChoice.SCHEDULE
    try:
        return SubscriptionChoice(fields.get("choice", ""))
    except ValueError:
        return None


def _page(one: Subscription, *, done: bool = False) -> HTMLResponse:
    """What holds for the address, and what it may ask for."""
    own = [present for present in one.present if present.reason.is_own_choice]
    parts = [f'<p class="quiet">{escape(one.address)}</p>', *(f"<p>{words}</p>" for words in _standing(one))]
    if one.present and not own:
        return public_page(_title(one, done=done), parts)
    if own:
        parts.append(_form("again", "Get it again"))
    lasting = {present.schedule_id for present in own if present.until is None}
    if one.schedule is not None and not lasting & {None, one.schedule_id}:
        parts += [_form("report", f"No more “{one.schedule}”", is_first=not own), _pause(one.schedule)]
    if one.schedule is None and None not in lasting:
        parts.append(_pause("these mails"))
    if None not in lasting:
        parts.append(_form("everything", f"No mail from {one.organization} at all", is_first=one.schedule is None))
    return public_page(_title(one, done=done), parts)


def _title(one: Subscription, *, done: bool) -> str:
    if not done:
        return "Unsubscribe or pause"
    return "Done" if one.present else "You get these mails again"


def _standing(one: Subscription) -> list[str]:
    """What holds now, in sentences."""
    if not one.present:
        what = f"“{escape(one.schedule)}”" if one.schedule else "reports"
        return [f"{escape(one.organization)} sends you {what}."]
    said = []
    for present in one.present:
        about = f"“{escape(present.schedule)}”" if present.schedule else f"mail from {escape(one.organization)}"
        if present.until is not None:
            said.append(f"You get no {about} until {present.until.day} {present.until:%B %Y}.")
        else:
            said.append(f"You get no {about} any more.")
    return said


def _form(choice: str, label: str, *, is_first: bool = False) -> str:
    look = ' class="first"' if is_first else ""
    return f'<form method="post"><button{look} name="choice" value="{choice}">{escape(label)}</button></form>'


def _pause(what: str) -> str:
    options = "".join(
        f'<option value="weeks-{weeks}">{weeks} week{"s" if weeks > 1 else ""}</option>' for weeks in range(1, 5)
    )
    return (
        f'<form method="post"><label>Pause {escape(what)} for <select name="choice">{options}</select></label> '
        "<button>Pause</button></form>"
    )
