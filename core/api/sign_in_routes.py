"""`/api/auth/token`: an address and a password, and a code where there is a second factor, for a bearer token."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request

from core.api.models import SignIn, TokenOut
from core.api.threads import checking_password, run_in_api_thread
from core.api.visitors import visit_of
from core.domain.sign_in import Visit
from core.services.sign_in import SignInService


def sign_in_routes(sign_in: SignInService) -> APIRouter:
    """Return the route."""
    router = APIRouter(tags=["Signing in"])

    async def admitted(request: Request) -> Visit:
        """Return where the request comes from; refused before it waits for a thread that checks passwords."""
        visit = visit_of(request)
        await run_in_api_thread(sign_in.admit, visit)
        return visit

    @router.post("/auth/token", summary="Exchange an address and password for a bearer token")
    @checking_password
    def enter(body: SignIn, visit: Annotated[Visit, Depends(admitted)]) -> TokenOut:
        token, expires_in = sign_in.issue_jwt(body.username, body.password, code=body.code, visit=visit)
        return TokenOut(access_token=token, expires_in=expires_in)

    return router
