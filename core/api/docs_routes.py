"""`/api/docs`: the interactive documentation, with scripts and styles that come from here and no other host."""

from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse, Response

from core.api.headers import PAGE_POLICY, inline_scripts, script_hash
from core.errors import NotFound

#: The package `fastapi-swagger` carries Swagger UI.
_PACKAGE = "fastapi_swagger.resources"
_MEDIA_TYPES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
#: Paths that answer without a token.
PATHS = ("/docs", *(f"/docs/{name}" for name in _MEDIA_TYPES))


def docs_routes() -> APIRouter:
    """Return the routes."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def page(request: Request) -> HTMLResponse:
        root = request.scope.get("root_path", "").rstrip("/")
        script, style, icon = (f"{root}/docs/{name}" for name in _MEDIA_TYPES)
        page = get_swagger_ui_html(
            openapi_url=f"{root}/openapi.json",
            title="Broadsheet API",
            swagger_js_url=script,
            swagger_css_url=style,
            swagger_favicon_url=icon,
        )
        # A screen reader asks which language it is to speak.
        body = bytes(page.body).replace(b"<html>", b'<html lang="en">', 1)
        scripts = " ".join(map(script_hash, inline_scripts(body.decode())))
        policy = PAGE_POLICY.format(scripts=scripts, socket="")
        return HTMLResponse(body, headers={"Content-Security-Policy": policy})

    @router.get("/docs/{name}")
    async def asset(name: str) -> Response:
        if name not in _MEDIA_TYPES:
            raise NotFound
        return Response(
            files(_PACKAGE).joinpath(name).read_bytes(),
            media_type=_MEDIA_TYPES[name],
            headers={"Cache-Control": "public, max-age=86400"},
        )

    return router
