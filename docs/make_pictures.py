"""Takes the pictures of the README and of the manual from a running demo workspace.

Each screen, the main ones on a phone and in the dark too:

python docs/make_pictures.py http://localhost:8501 admin@broadsheet.local PASSWORD
"""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from core.render.chart_images import find_browser

IMAGES = Path(__file__).resolve().parent / "images"
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
_WIDTH, _LEAST, _MOST = 1360, 420, 900
_PHONE = {"width": 390, "height": 800}
_COLOURS = (256, 128, 64, 32)  #: a picture has the first number of them that keeps it small
_MOST_BYTES = 110_000
_REPORT = "Usage Summary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A screen by its address; `tab` is opened first, `ready` is a selector of what has to stand there."""

    name: str
    path: str
    tab: str = ""
    ready: str = "h1, h2"


def main(url: str, email: str, password: str) -> None:
    """Write docs/images."""
    IMAGES.mkdir(exist_ok=True)
    with httpx.Client(base_url=f"{url}/api", timeout=60) as client:
        answer = client.post("/auth/token", json={"username": email, "password": password}).raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        sent = _sent_report(client)
        ids = _ids(client) | {"run": sent["id"]}
        _picture_of_pdf(_file_of(client, sent, "pdf"), IMAGES / "usage-summary.png")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(find_browser()), args=list(_FLAGS))
        signed_in = _sign_in(browser, url, email, password)
        _take(signed_in, url, (*_shots(ids), *_places()))
        state = signed_in.storage_state()
        main_ones = [shot for shot in _shots(ids) if shot.name in ("home", "builder", "dashboard", "runs", "schedules")]
        _take(browser.new_context(storage_state=state, viewport=_PHONE), url, main_ones, suffix="-phone")
        dark = browser.new_context(storage_state=state, color_scheme="dark")
        _take(dark, url, main_ones, suffix="-dark")
        browser.close()


def _shots(ids: dict[str, str]) -> tuple[Shot, ...]:
    """The screens of whoever makes reports."""
    table = '[data-testid="stDataFrame"] canvas'
    return (
        Shot(name="home", path=""),
        Shot(name="reports", path="reports"),
        Shot(name="builder", path=f"builder?report={ids['report']}", ready=table),
        Shot(name="dashboards", path="dashboards"),
        Shot(name="dashboard", path=f"dashboard?dashboard={ids['dashboard']}", ready=f"{table}, .js-plotly-plot"),
        Shot(name="schedules", path="schedules"),
        Shot(name="schedule", path=f"schedule?schedule={ids['schedule']}"),
        Shot(name="runs", path="runs"),
        Shot(name="run", path=f"runs?run={ids['run']}"),
        Shot(name="sent", path="sent"),
        Shot(name="data", path="data"),
        Shot(name="dataset", path=f"dataset?dataset={ids['dataset']}"),
        Shot(name="data-policies", path=f"dataset?dataset={ids['dataset']}", tab="Policy"),
        Shot(name="new-dataset", path="new-dataset"),
        Shot(name="source", path="source"),
        Shot(name="upload", path="upload"),
        Shot(name="templates", path="templates"),
        Shot(name="search", path="search?q=revenue"),
        Shot(name="account", path="account"),
    )


def _places() -> tuple[Shot, ...]:
    """The screens of whoever looks after an organization."""
    listed = (
        "people roles organizations calendars mail look audit limits operations personal_data".split()  # noqa: SIM905
    )
    return (
        *(Shot(name=path.replace("_", "-"), path=path) for path in listed),
        Shot(name="recipient-rule", path="people?show=rule"),
        Shot(name="new-calendar", path="calendars?calendar=new"),
        Shot(name="new-destination", path="destinations?destination=new"),
        Shot(name="new-role", path="roles?role=new"),
    )


def _ids(client: httpx.Client) -> dict[str, str]:
    """What the addresses of screens name."""
    places = {
        "dashboard": "/dashboards",
        "schedule": "/scheduled-reports",
        "dataset": "/datasets",
        "report": "/reports",
    }
    wanted = {"dataset": "Orders", "report": _REPORT}
    found = {}
    for kind, place in places.items():
        items = client.get(place).raise_for_status().json()["items"]
        named = [one for one in items if wanted.get(kind) in one.values()]
        found[kind] = (named or items)[0]["id"]
    return found


def _sent_report(client: httpx.Client) -> dict[str, Any]:
    """A run of the demo's schedule that is over, so that runs and what was sent have something to show."""
    schedule = client.get("/scheduled-reports").raise_for_status().json()["items"][0]
    run = client.post(f"/scheduled-reports/{schedule['id']}/run").raise_for_status().json()
    while run["status"] in ("pending", "running", "waiting"):
        time.sleep(0.3)
        run = client.get(f"/report-executions/{run['id']}").raise_for_status().json()
    return run


def _file_of(client: httpx.Client, run: dict[str, Any], name: str) -> bytes:
    return client.get(f"/report-executions/{run['id']}/download", params={"format": name}).raise_for_status().content


def _sign_in(browser: Browser, url: str, email: str, password: str) -> BrowserContext:
    context = browser.new_context(viewport={"width": _WIDTH, "height": 620})
    page = context.new_page()
    page.goto(url)
    page.get_by_label("E-mail").wait_for()
    _shoot(page, "sign-in")
    page.get_by_label("E-mail").fill(email)
    page.locator("input[type=password]").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text(_REPORT).first.wait_for()
    page.close()
    return context


def _take(context: BrowserContext, url: str, shots: "tuple[Shot, ...] | list[Shot]", suffix: str = "") -> None:
    page = context.new_page()
    page.set_default_timeout(60_000)
    for shot in shots:
        if suffix != "-phone":
            page.set_viewport_size({"width": _WIDTH, "height": 620})
        page.goto(f"{url}/{shot.path}")
        page.locator(f'[data-testid="stMainBlockContainer"] :is({shot.ready})').first.wait_for(state="attached")
        if shot.tab:
            page.get_by_role("tab", name=shot.tab).click()
        _shoot(page, shot.name + suffix, fits=suffix != "-phone")
    page.close()


def _shoot(page: Page, name: str, *, fits: bool = True) -> None:
    """Write what is on the screen once it stands still, as tall as it is."""
    page.mouse.move(2, 2)
    page.wait_for_timeout(2500)
    if fits:
        tall = page.evaluate(
            """() => Math.max(0, ...[...document.querySelectorAll('[data-testid="stMainBlockContainer"] *')]
                .filter(one => one.offsetHeight).map(one => one.getBoundingClientRect().bottom))"""
        )
        page.set_viewport_size({"width": _WIDTH, "height": int(min(max(tall + 40, _LEAST), _MOST))})
        page.wait_for_timeout(1200)
    picture = IMAGES / f"{name}.png"
    page.screenshot(path=picture)
    _make_small(picture)


def _make_small(picture: Path) -> None:
    drawn = Image.open(picture).convert("RGB")
    for colours in _COLOURS:
        drawn.quantize(colours, method=Image.Quantize.MEDIANCUT).save(picture, optimize=True)
        if picture.stat().st_size <= _MOST_BYTES:
            return


def _picture_of_pdf(pdf: bytes, picture: Path) -> None:
    """Write the first page as PNG; needs poppler's pdftoppm."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pdf)
        file.flush()
        command = ["pdftoppm", "-png", "-r", "110", "-f", "1", "-l", "1", "-singlefile", file.name]
        subprocess.run([*command, str(picture.with_suffix(""))], check=True)  # noqa: S603 - our own words
    _make_small(picture)


if __name__ == "__main__":
    main(*sys.argv[1:4])
