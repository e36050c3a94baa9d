"""Charts as pictures over HTTP: for programs with a token, and for a browser with its session."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.api.chart_links import chart_links
from core.api.session_cookie import SESSION_COOKIE
from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.domain.branding import PaperSize
from core.domain.dataset import Dataset
from core.render.chart_images import NO_BROWSER, find_browser
from core.services.branding import BrandingService
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, insert_orders, start

needs_browser = pytest.mark.skipif(find_browser() is None, reason="no Chrome or Chromium is installed")
CHART = {"kind": "bar", "x": "country", "y": ["count"]}


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def orders(installation: Installation, database: Database, tenant: Tenant) -> Dataset:
    return insert_orders(database, tenant, uuid4)


@pytest.fixture
def client(installation: Installation, tenant: Tenant) -> TestClient:
    return installation.sign_in(tenant)


def saved(client: TestClient, dataset: Dataset, **changes: Any) -> str:
    definition = {
        "dataset_id": str(dataset.id),
        "groupings": [{"field": "country"}],
        "measures": [{"aggregation": "count"}],
        "chart": CHART,
        "timezone": "UTC",
    } | changes
    made = client.post("/api/reports", json={"name": "Länder & Bestellungen", "definition": definition})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


@needs_browser
def test_a_chart_as_png_and_svg(client: TestClient, orders: Dataset) -> None:
    report_id = saved(client, orders)
    png = client.get(f"/api/reports/{report_id}/chart")
    assert png.headers["content-type"] == "image/png"
    assert "filename*=UTF-8''L%C3%A4nder%20%26%20Bestellungen.png" in png.headers["content-disposition"]
    with Image.open(io.BytesIO(png.content)) as picture:
        assert picture.format == "PNG"
    svg = client.get(f"/api/reports/{report_id}/chart", params={"format": "svg"})
    assert svg.headers["content-type"] == "image/svg+xml"
    assert svg.headers["content-security-policy"].startswith("sandbox")
    words = " ".join(ElementTree.fromstring(svg.content).itertext())
    assert "España" in words
    assert svg.content == client.get(f"/api/reports/{report_id}/chart?format=svg").content


@needs_browser
def test_the_picture_has_the_colour_of_the_organization(
    client: TestClient, orders: Dataset, database: Database, tenant: Tenant
) -> None:
    report_id = saved(client, orders)
    BrandingService(database).change(tenant.principal, accent="#0b6e4f", paper=PaperSize.A4)
    drawn = client.get(f"/api/reports/{report_id}/chart?format=svg").text
    assert "rgb(11, 110, 79)" in drawn


@needs_browser
def test_parameters_go_into_the_picture(client: TestClient, orders: Dataset) -> None:
    report_id = saved(
        client,
        orders,
        parameters=[{"name": "where", "label": "Where", "type": "values", "field": "country", "is_list": True}],
        filters={"items": [{"field": "country", "operator": "is", "parameter": "where"}]},
    )
    given = json.dumps({"where": ["España"]})
    drawn = client.get(f"/api/reports/{report_id}/chart", params={"format": "svg", "parameters": given}).text
    assert "España" in drawn
    assert "Österreich" not in drawn


def test_what_cannot_be_drawn_is_said(client: TestClient, orders: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    report_id = saved(client, orders)
    address = f"/api/reports/{report_id}/chart"
    assert client.get(address, params={"format": "gif"}).json()["place"] == "format"
    for nonsense in ("{", "[1]", '"x"'):
        assert client.get(address, params={"parameters": nonsense}).json()["place"] == "parameters"
    assert client.get(f"/api/reports/{uuid4()}/chart").status_code == 404
    without = client.get(f"/api/reports/{saved(client, orders, chart=None)}/chart")
    assert (without.status_code, without.json()["detail"][:24]) == (404, "This report has no chart")
    monkeypatch.setenv("BROWSER_PATH", "/nowhere/chrome")
    missing = client.get(address)
    assert (missing.status_code, missing.json()["code"]) == (503, "chart_not_drawn")
    assert missing.json()["detail"] == NO_BROWSER


@needs_browser
def test_a_browser_downloads_with_its_session(
    installation: Installation, client: TestClient, orders: Dataset, tenant: Tenant
) -> None:
    report_id = saved(client, orders)
    broadsheet = installation.broadsheet
    browser = TestClient(Starlette(routes=chart_links(broadsheet.charts, broadsheet.access)))
    assert browser.get(f"/charts/{report_id}").status_code == 401
    browser.cookies.set(SESSION_COOKIE, "nonsense")
    assert browser.get(f"/charts/{report_id}").status_code == 401
    browser.cookies.set(SESSION_COOKIE, broadsheet.sessions.open(tenant.principal.user_id))
    assert browser.get(f"/charts/{uuid4()}").status_code == 404
    answer = browser.get(f"/charts/{report_id}?format=svg")
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.content.startswith(b"<svg")
