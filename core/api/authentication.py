"""Who calls: the bearer token is checked before the body is read, so a stranger learns nothing but 401."""

from collections.abc import Collection
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from core.api.problems import problem_of
from core.api.rate_headers import with_rate
from core.api.threads import run_in_api_thread
from core.domain.access import Principal
from core.domain.quota import RateReached
from core.errors import BroadsheetError, NotSignedIn
from core.services.access import AccessService
from core.services.quotas import QuotaService


class BearerMiddleware:
    """Answers 401 unless the request names a principal or its (method, path) is public; 429 past the limit."""

    def __init__(
        self, app: ASGIApp, *, access: AccessService, public: Collection[tuple[str, str]], quotas: QuotaService
    ) -> None:
        self._app = app
        self._access = access
        self._quotas = quotas
        self._public = frozenset(public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through with `request.state.principal` set, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if (request.method, path) not in self._public:
            try:
                principal = await self._principal(request)
                send = with_rate(send, await run_in_api_thread(self._quotas.take_request, principal))
                scope.setdefault("state", {})["principal"] = principal
            except RateReached as error:
                await problem_of(error)(scope, receive, with_rate(send, error.rate))
                return
            except BroadsheetError as error:
                await problem_of(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _principal(self, request: Request) -> Principal:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise NotSignedIn("Send your API token as 'Authorization: Bearer …'.")
        return await run_in_api_thread(self._access.principal_for_bearer, token.strip())


def _principal_of(request: Request) -> Principal:
    principal = request.state.principal
    assert isinstance(principal, Principal)  # noqa: S101 - set by BearerMiddleware on every route that is not public
    return principal


#: Annotate a route's argument with this to receive the caller.
Caller = Annotated[Principal, Depends(_principal_of)]
