"""`/api/branding`: the colour, logo and paper of your organization's files."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from core.api.authentication import Caller
from core.api.inputs import Json, Text
from core.api.threads import blocking, run_in_api_thread
from core.domain.branding import Branding, PaperSize
from core.errors import InvalidInput, NotFound
from core.services.branding import BrandingService
from core.services.logo import MAX_LOGO_BYTES

_NO_LIMIT = 2**60
_SAMPLES = {"pdf": "application/pdf", "html": "text/html; charset=utf-8"}


class BrandingIn(BaseModel):
    """A look; `accent` is `#RRGGBB`, or null for Broadsheet's own colour. The logo has a route of its own."""

    model_config = ConfigDict(extra="forbid")

    accent: Text | None = None
    paper: PaperSize = PaperSize.A4


def branding_routes(branding: BrandingService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/branding", tags=["Branding"])

    @router.get("", summary="What your organization's files look like")
    @blocking
    def get_branding(caller: Caller) -> Json:
        return _out(branding.get(caller))

    @router.put("", summary="Replace colour and paper")
    @blocking
    def change_branding(body: BrandingIn, caller: Caller) -> Json:
        return _out(branding.change(caller, accent=body.accent, paper=body.paper))

    @router.get("/logo", summary="The logo as a PNG", response_class=Response)
    @blocking
    def get_logo(caller: Caller) -> Response:
        logo = branding.get(caller).logo
        if logo is None:
            raise NotFound("There is no logo.")
        return _file(logo.png, "image/png")

    # Larger bodies than the route allows would be answered in plain text; its own check says it as a problem.
    @router.put("/logo", summary="Put a PNG or JPEG, as the body, in the place of the logo", max_body_size=_NO_LIMIT)
    async def put_logo(request: Request, caller: Caller) -> Json:
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > MAX_LOGO_BYTES:
                raise InvalidInput(f"A logo has up to {MAX_LOGO_BYTES // 1_000_000} MB.", place="logo")
        return _out(await run_in_api_thread(branding.put_logo, caller, bytes(content)))

    @router.delete("/logo", status_code=204, summary="Files without a logo")
    @blocking
    def remove_logo(caller: Caller) -> Response:
        branding.remove_logo(caller)
        return Response(status_code=204)

    @router.get("/sample", summary="A made-up report in this look", response_class=Response)
    @blocking
    def sample(caller: Caller, format: Literal["pdf", "html"] = "pdf") -> Response:  # noqa: A002 - the API's word
        return _file(branding.sample(caller, branding.get(caller), format), _SAMPLES[format])

    return router


def _out(branding: Branding) -> Json:
    logo = branding.logo
    return {
        "accent": branding.accent,
        "paper": str(branding.paper),
        "logo": logo and {"width": logo.width, "height": logo.height, "size_bytes": len(logo.png)},
    }


def _file(content: bytes, media_type: str) -> Response:
    """A file that the browser never takes for a page of ours."""
    return Response(
        content,
        media_type=media_type,
        headers={
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )
