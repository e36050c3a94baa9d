"""`/reset/{token}`: setting a new password with a mailed link. Looking changes nothing; only a POST acts."""

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from core.access.rate_limit import RateLimit
from core.api.public_page import public_page, public_problem
from core.api.threads import run_checking_password
from core.api.wrong_tokens import counted
from core.errors import BroadsheetError, InvalidInput
from core.services.passwords import PasswordService

_MAX_BODY_BYTES = 16_384
_UNEQUAL = "The two passwords differ. Type the same twice."


def reset_pages(passwords: PasswordService, wrong: RateLimit) -> list[Route]:
    """Return the route. `wrong` counts tokens that are none."""

    async def page(request: Request) -> Response:
        secret = request.path_params["token"]
        try:
            email = await counted(request, wrong, passwords.look, secret)
            if request.method == "GET":
                return _form(email)
            return await _set(passwords, secret, email, request)
        except BroadsheetError as error:
            return public_problem(error)

    return [Route("/reset/{token}", page, methods=["GET", "POST"])]


async def _set(passwords: PasswordService, secret: str, email: str, request: Request) -> Response:
    if int(request.headers.get("content-length") or _MAX_BODY_BYTES + 1) > _MAX_BODY_BYTES:
        return public_problem(InvalidInput("The form is too large."))
    form = await request.form(max_files=0, max_fields=10)
    first, second = str(form.get("password", "")), str(form.get("again", ""))
    try:
        if first != second:
            raise InvalidInput(_UNEQUAL, place="again")
        await run_checking_password(passwords.reset, secret, first)
    except InvalidInput as error:
        return _form(email, mistake=error)
    words = f"<p>Sign in with {escape(email)} and your new password. You were signed out everywhere else.</p>"
    return public_page("Your password is set", [words, '<p><a class="button first" href="/">Sign in</a></p>'])


def _form(email: str, *, mistake: InvalidInput | None = None) -> HTMLResponse:
    said = f'<p class="wrong" role="alert">{escape(mistake.user_message)}</p>' if mistake else ""
    field = '<input name="{}" type="password" minlength="12" maxlength="72" autocomplete="new-password" required>'
    form = (
        '<form method="post">'
        f'<label>E-mail<input type="email" value="{escape(email)}" autocomplete="username" readonly></label>'
        f"<label>New password{field.format('password')}</label>"
        f"<label>The same again{field.format('again')}</label>"
        '<p class="quiet">At least twelve characters. Several words that do not belong together are good.</p>'
        f'{said}<button class="first">Set password</button></form>'
    )
    return public_page("Set a new password", [form], status=mistake.http_status if mistake else 200)
