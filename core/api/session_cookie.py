"""The browser's session cookie: who is behind the one that a request carries."""

from typing import Protocol

from starlette.requests import Request

from core.domain.access import Principal
from core.errors import NotSignedIn

#: Scripts cannot read it; the screens read it on the server from the page's own request.
SESSION_COOKIE = "broadsheet_session"


class Sessions(Protocol):
    """The part of the access service that is asked."""

    def principal_for_session(self, token: str) -> Principal:
        """Return who is behind a session, or raise NotSignedIn."""
        ...


def principal_of_cookie(request: Request, access: Sessions) -> Principal:
    """Return whose session a request carries; raises NotSignedIn."""
    token = request.cookies.get(SESSION_COOKIE)
    if token is None:
        raise NotSignedIn
    return access.principal_for_session(token)
