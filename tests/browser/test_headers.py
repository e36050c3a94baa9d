"""What the product itself answers over HTTP: headers on everything, and no socket for the pages of others."""

import http.client
from urllib.parse import urlsplit

import pytest

from core.api.headers import inline_scripts, script_hash

from .conftest import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
#: Screens, Streamlit's own files and errors, the API and its errors, links that lead nowhere, health.
PATHS = (
    "/",
    "/nothing-here",
    "/_stcore/health",
    "/static/js/nothing.js",
    "/media/nothing",
    "/api/docs",
    "/api/openapi.json",
    "/api/me",
    "/api/nothing",
    "/d/nothing",
    "/unsubscribe/nothing",
    "/reset/nothing",
    "/invitation/nothing",
    "/charts/00000000-0000-0000-0000-000000000000",
    "/metrics",
    "/healthz",
)
PRIVATE = ("/api/me", "/d/", "/unsubscribe/", "/reset/", "/invitation/", "/charts/", "/media/")


def ask(product: Product, path: str, **headers: str) -> http.client.HTTPResponse:
    return asked(product, path, **headers)[0]


def asked(product: Product, path: str, **headers: str) -> tuple[http.client.HTTPResponse, str]:
    """The answer and its text."""
    connection = http.client.HTTPConnection(urlsplit(product.url).netloc, timeout=20)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read().decode(errors="replace")
    finally:
        connection.close()


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_headers(product: Product, path: str) -> None:
    answer = ask(product, path)
    assert answer.status < 500
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] in ("SAMEORIGIN", "DENY")
    assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert "default-src" in answer.headers["Content-Security-Policy"]
    if path.startswith(PRIVATE):
        assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/", "/api/docs"])
def test_scripts_that_stand_in_our_pages_are_named_and_no_other_runs(product: Product, path: str) -> None:
    answer, page = asked(product, path)
    scripts = next(one for one in answer.headers["Content-Security-Policy"].split("; ") if one.startswith("script-src"))
    assert "unsafe-inline" not in scripts
    assert inline_scripts(page)
    assert all(script_hash(one) in scripts for one in inline_scripts(page))


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:3000", "null"])
def test_pages_of_others_get_no_socket(product: Product, origin: str) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    assert ask(product, "/_stcore/stream", Origin=origin, **upgrade).status == 403
    assert ask(product, "/_stcore/stream", Origin=product.url, **upgrade).status == 101
