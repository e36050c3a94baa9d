"""`/invitation/{token}`: answering an invitation. Looking changes nothing; only a POST acts."""

from html import escape
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from core.access.rate_limit import RateLimit
from core.api.public_page import public_page, public_problem
from core.api.session_cookie import SESSION_COOKIE
from core.api.threads import run_in_api_thread
from core.api.wrong_tokens import counted
from core.domain.access import role_words
from core.domain.invitation import Asked
from core.errors import BroadsheetError, InvalidInput, NotSignedIn
from core.services.access import AccessService
from core.services.invitations import InvitationService

_MAX_BODY_BYTES = 16_384


def invitation_pages(service: InvitationService, access: AccessService, wrong: RateLimit) -> list[Route]:
    """Return the route. `wrong` counts tokens that are none."""

    async def page(request: Request) -> Response:
        secret = request.path_params["token"]
        try:
            asked = await counted(request, wrong, service.look, secret)
            signed_in = await _who(access, request)
            if request.method == "GET":
                return _join_page(asked, signed_in) if asked.has_account else _account_page(asked)
            if asked.has_account:
                return _welcome(await _join(service, secret, signed_in))
            return await _accept(service, secret, asked, request)
        except BroadsheetError as error:
            return public_problem(error)

    return [Route("/invitation/{token}", page, methods=["GET", "POST"])]


async def _who(access: AccessService, request: Request) -> tuple[UUID, str] | None:
    """The person whose browser this is, if they are signed in: id and address."""
    cookie = request.cookies.get(SESSION_COOKIE)
    if not cookie:
        return None
    try:
        principal = await run_in_api_thread(access.principal_for_session, cookie)
    except NotSignedIn:
        return None
    return principal.user_id, principal.email


async def _join(service: InvitationService, secret: str, signed_in: tuple[UUID, str] | None) -> Asked:
    if signed_in is None:
        raise NotSignedIn("Sign in first, then open the link again.")
    return await run_in_api_thread(service.join, secret, signed_in[0])


async def _accept(service: InvitationService, secret: str, asked: Asked, request: Request) -> Response:
    if int(request.headers.get("content-length") or _MAX_BODY_BYTES + 1) > _MAX_BODY_BYTES:
        return public_problem(InvalidInput("The form is too large."))
    form = await request.form(max_files=0, max_fields=10)
    name, password = str(form.get("name", "")), str(form.get("password", ""))
    try:
        return _welcome(await run_in_api_thread(service.accept, secret, name=name, password=password))
    except InvalidInput as error:
        return _account_page(asked, name=name, mistake=error)


def _asks(asked: Asked) -> str:
    return (
        f"<p>{escape(asked.inviter)} invites you to <b>{escape(asked.organization)}</b> "
        f"as {escape(role_words(asked.role))}.</p>"
    )


def _account_page(asked: Asked, *, name: str = "", mistake: InvalidInput | None = None) -> HTMLResponse:
    said = f'<p class="wrong" role="alert">{escape(mistake.user_message)}</p>' if mistake else ""
    form = (
        '<form method="post">'
        f'<label>E-mail<input type="email" value="{escape(asked.email)}" autocomplete="username" readonly></label>'
        f'<label>Your name<input name="name" value="{escape(name)}" maxlength="200" autocomplete="name" required>'
        "</label>"
        '<label>Password<input name="password" type="password" minlength="12" maxlength="72" '
        'autocomplete="new-password" required></label>'
        '<p class="quiet">At least twelve characters. Several words that do not belong together are good.</p>'
        f'{said}<button class="first">Join {escape(asked.organization)}</button></form>'
    )
    title = f"Join {asked.organization}"
    return public_page(title, [_asks(asked), form], status=mistake.http_status if mistake else 200)


def _join_page(asked: Asked, signed_in: tuple[UUID, str] | None) -> HTMLResponse:
    title, mine = f"Join {asked.organization}", escape(asked.email)
    if signed_in is None:
        words = f"<p>You have an account with {mine}. Sign in with it, then open the link of your mail again.</p>"
        return public_page(title, [_asks(asked), words, '<p><a class="button" href="/">Sign in</a></p>'])
    if signed_in[1] != asked.email:
        words = (
            f"<p>This invitation is for {mine}, and you are signed in as {escape(signed_in[1])}. "
            "Sign out, sign in with the other address, then open the link again.</p>"
        )
        return public_page(title, [_asks(asked), words, '<p><a class="button" href="/">Go to Broadsheet</a></p>'])
    form = f'<form method="post"><button class="first">Join {escape(asked.organization)}</button></form>'
    return public_page(title, [_asks(asked), f'<p class="quiet">You are signed in as {mine}.</p>', form])


def _welcome(asked: Asked) -> HTMLResponse:
    organization = escape(asked.organization)
    words = (
        f"<p>You belong to {organization}. Choose it under Organizations, in the menu with your name.</p>"
        if asked.has_account
        else f"<p>Your account is ready. Sign in with {escape(asked.email)} and your password.</p>"
    )
    button = f'<p><a class="button first" href="/">{"Go to Broadsheet" if asked.has_account else "Sign in"}</a></p>'
    return public_page(f"Welcome to {asked.organization}", [words, button])
