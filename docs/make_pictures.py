"""Takes the pictures of the README and of these pages from a running installation, as it stands.

python docs/make_pictures.py http://localhost:8501 admin@broadsheet.local PASSWORD
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2 as httpx
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from core.render.chart_images import find_browser

IMAGES = Path(__file__).resolve().parent / "images"
_WIDE = {"width": 1440, "height": 900}
_SMALL = {"width": 1200, "height": 620}
#: A picture needs no more to be true to this palette.
_COLOURS = 256
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")


def main(url: str, email: str, password: str) -> None:
    """Write docs/images."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(find_browser()), args=list(_FLAGS))
        page = browser.new_page(viewport=_WIDE)
        _sign_in(page, url, email, password)
        page.goto(f"{url}/reports")
        page.get_by_role("link", name="Usage Summary", exact=True).first.click()
        page.locator('[data-testid="stDataFrame"] canvas').first.wait_for()
        _shoot(page, "builder")
        page.set_viewport_size(_SMALL)
        _shoot_administration(page, url)
        browser.close()
    _picture_of_pdf(_usage_summary(url, email, password), IMAGES / "usage-summary.png")
    for picture in IMAGES.glob("*.png"):
        drawn = Image.open(picture).convert("RGB")
        drawn.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE).save(picture, optimize=True)


def _sign_in(page: Page, url: str, email: str, password: str) -> None:
    page.goto(url)
    page.get_by_label("E-mail").wait_for()
    page.set_viewport_size(_SMALL)
    _shoot(page, "sign-in")
    page.set_viewport_size(_WIDE)
    page.get_by_label("E-mail").fill(email)
    page.locator("input[type=password]").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("Usage Summary").first.wait_for()


def _shoot_administration(page: Page, url: str) -> None:
    """The screens of those who decide who may do and see what."""
    page.goto(f"{url}/people")
    page.get_by_role("heading", name="People").wait_for()
    _shoot(page, "people")
    page.goto(f"{url}/audit")
    page.get_by_text("sealed with the one before").wait_for()
    _shoot(page, "audit")
    page.goto(f"{url}/data")
    page.get_by_role("link", name="Orders", exact=True).click()
    page.get_by_role("tab", name="Policy").click()
    page.get_by_text("Figures of few rows").wait_for()
    page.set_viewport_size({**_SMALL, "height": 960})
    _shoot(page, "data-policies")


def _shoot(page: Page, name: str) -> None:
    """Write what is on the screen once it stands still."""
    page.mouse.move(720, 890)
    page.wait_for_timeout(1500)
    page.screenshot(path=IMAGES / f"{name}.png")


def _usage_summary(url: str, email: str, password: str) -> bytes:
    """Have the Usage Summary made as PDF and return it."""
    with httpx.Client(base_url=f"{url}/api", timeout=60) as client:
        answer = client.post("/auth/token", json={"username": email, "password": password})
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        reports = client.get("/reports", params={"search": "Usage Summary"}).json()["items"]
        run = client.post(f"/reports/{reports[0]['id']}/export", json={"format": "pdf"}).json()
        while run["status"] in ("pending", "running", "waiting"):
            time.sleep(0.3)
            run = client.get(f"/report-executions/{run['id']}").json()
        return client.get(f"/report-executions/{run['id']}/download", params={"format": "pdf"}).content


def _picture_of_pdf(pdf: bytes, picture: Path) -> None:
    """Write the first page as PNG; needs poppler's pdftoppm."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pdf)
        file.flush()
        command = ["pdftoppm", "-png", "-r", "110", "-f", "1", "-l", "1", "-singlefile", file.name]
        subprocess.run([*command, str(picture.with_suffix(""))], check=True)  # noqa: S603 - our own words


if __name__ == "__main__":
    main(*sys.argv[1:4])
