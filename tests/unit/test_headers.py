"""Headers of every answer, and whose requests with a cookie are answered at all."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.api.headers import DATA_POLICY, SafetyHeadersMiddleware, inline_scripts
from core.api.own_pages import OwnPagesMiddleware

HOME = "https://reports.example.com"
#: The hash is the one that Chromium names where it refuses this script.
PAGE = '<script src="a.js"></script><script>alert(1)</script>'
HASH = "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"


async def data(_request: Request) -> Response:
    return JSONResponse({})


async def page(_request: Request) -> Response:
    return HTMLResponse(PAGE, headers={"X-Frame-Options": "DENY"})


async def broken(_request: Request) -> Response:
    raise RuntimeError("/secret/path of the traceback")


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


@pytest.fixture
def client() -> TestClient:
    app = Starlette(
        routes=[
            Route("/api/data", data, methods=["GET", "POST"]),
            Route("/page", page),
            Route("/broken", broken),
            WebSocketRoute("/_stcore/stream", socket),
        ],
        middleware=[
            Middleware(SafetyHeadersMiddleware, is_https=True, scripts=inline_scripts(PAGE)),
            Middleware(OwnPagesMiddleware, base_url=HOME),
        ],
    )
    return TestClient(app, raise_server_exceptions=False, headers={"Host": "inside:8501"})


@pytest.mark.parametrize("path", ["/api/data", "/page", "/broken", "/nothing"])
def test_every_answer_carries_the_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Frame-Options"] == ("DENY" if path == "/page" else "SAMEORIGIN"), "a response's own stands"
    assert "frame-ancestors" in headers["Content-Security-Policy"]


def test_data_is_neither_kept_nor_run(client: TestClient) -> None:
    headers = client.get("/api/data").headers
    assert (headers["Cache-Control"], headers["Content-Security-Policy"]) == ("no-store", DATA_POLICY)
    policy = client.get("/page").headers["Content-Security-Policy"]
    assert "ws://inside:8501" in policy
    (scripts,) = (part for part in policy.split("; ") if part.startswith("script-src"))
    assert (HASH in scripts, scripts.count("sha256-"), "unsafe-inline" in scripts) == (True, 1, False)
    assert "*" not in policy
    assert "unsafe-eval'" not in policy.replace("wasm-unsafe-eval'", "")
    strange = client.get("/page", headers={"Host": "a; script-src *"}).headers["Content-Security-Policy"]
    assert "*" not in strange


def test_what_nobody_foresaw_says_nothing(client: TestClient) -> None:
    answer = client.get("/broken")
    assert (answer.status_code, answer.text) == (500, "Something went wrong.")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://inside:9999"}, 403),
        ({"Origin": "http://inside:8501"}, 200),
        ({"Origin": HOME}, 200),
        ({"Origin": "null"}, 200),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": HOME, "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_only_pages_of_ours_act_with_a_cookie(client: TestClient, headers: dict[str, str], status: int) -> None:
    assert client.post("/api/data", headers={**headers, "Cookie": "broadsheet_session=x"}).status_code == status
    assert client.post("/api/data", headers=headers).status_code == 200, "who brings no cookie brings a token"
    assert client.get("/api/data", headers={**headers, "Cookie": "broadsheet_session=x"}).status_code == 200


@pytest.mark.parametrize(
    ("origin", "is_let_in"),
    [
        (None, True),
        (HOME, True),
        ("http://inside:8501", True),
        ("http://localhost:3000", False),
        ("https://reports.example.com.evil.example", False),
        ("https://evil.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_only_pages_of_ours_open_a_socket(client: TestClient, origin: str | None, is_let_in: bool) -> None:
    headers = {} if origin is None else {"Origin": origin}
    if is_let_in:
        with client.websocket_connect("/_stcore/stream", headers=headers):
            return
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream", headers=headers):
        pass
