"""What an organization's files look like: through the API into the database and out of it into files."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.db import branding_repository
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.domain.branding import Branding, PaperSize
from core.errors import InvalidInput
from core.services.logo import KEPT_HEIGHT, KEPT_WIDTH, MAX_LOGO_BYTES, read_logo
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, start


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def client(installation: Installation, tenant: Tenant) -> TestClient:
    return installation.sign_in(tenant)


def picture(kind: str, size: tuple[int, int] = (60, 20), *, mode: str = "RGB", **extra: object) -> bytes:
    target = io.BytesIO()
    Image.new(mode, size, 120 if mode == "L" else "#a4262c").save(target, kind, **extra)
    return target.getvalue()


def png_that_says(width: int, height: int) -> bytes:
    """A PNG of a few bytes that unpacks to so many pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


def test_an_organization_starts_with_our_look_and_sets_its_own(
    installation: Installation, client: TestClient, database: Database, tenant: Tenant
) -> None:
    assert client.get("/api/branding").json() == {"accent": None, "paper": "a4", "logo": None}
    changed = client.put("/api/branding", json={"accent": "#0A5C9F", "paper": "letter"})
    assert changed.json() == {"accent": "#0a5c9f", "paper": "letter", "logo": None}
    kept = client.put("/api/branding/logo", content=picture("JPEG")).json()["logo"]
    assert (kept["width"], kept["height"]) == (60, 20)
    with database.organization(tenant.organization_id) as session:
        branding = branding_repository.load_branding(session)
    assert (branding.accent, branding.paper) == ("#0a5c9f", PaperSize.LETTER)
    assert branding.logo is not None
    assert (branding.logo.width, branding.logo.height) == (60, 20)
    shown = client.get("/api/branding/logo")
    assert (shown.headers["content-type"], shown.content) == ("image/png", branding.logo.png)
    assert client.put("/api/branding", json={}).json()["logo"] is not None, "the logo has a route of its own"
    assert client.delete("/api/branding/logo").status_code == 204
    assert client.get("/api/branding").json() == {"accent": None, "paper": "a4", "logo": None}
    assert client.get("/api/branding/logo").status_code == 404


def test_another_organization_keeps_its_look(
    installation: Installation, client: TestClient, make_organization: Callable[..., Tenant]
) -> None:
    other = installation.sign_in(make_organization())
    other.put("/api/branding", json={"accent": "#112233"})
    client.put("/api/branding", json={"accent": "#445566"})
    client.put("/api/branding/logo", content=picture("PNG"))
    client.delete("/api/branding/logo")
    assert other.get("/api/branding").json() == {"accent": "#112233", "paper": "a4", "logo": None}


def test_only_who_manages_members_changes_the_look(
    installation: Installation, make_organization: Callable[..., Tenant]
) -> None:
    editor = installation.sign_in(make_organization(role="data_admin"))
    assert editor.get("/api/branding").status_code == 200
    assert editor.put("/api/branding", json={"accent": "#112233"}).status_code == 403
    assert editor.put("/api/branding/logo", content=picture("PNG")).status_code == 403
    assert editor.delete("/api/branding/logo").status_code == 403
    assert editor.get("/api/branding").json() == {"accent": None, "paper": "a4", "logo": None}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        picture("GIF"),
        picture("PNG")[:-30],
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        png_that_says(50_000, 50_000),
        picture("PNG", (20_000, 1_000), mode="L"),
    ],
    ids=["nothing", "svg", "gif", "cut off", "damaged", "bomb", "too many pixels"],
)
def test_what_is_no_logo_is_refused_and_the_present_one_stays(client: TestClient, content: bytes) -> None:
    client.put("/api/branding/logo", content=picture("PNG"))
    before = client.get("/api/branding/logo").content
    answer = client.put("/api/branding/logo", content=content)
    assert (answer.status_code, answer.json()["place"]) == (422, "logo"), answer.text
    assert client.get("/api/branding/logo").content == before


def test_a_file_that_is_too_large_is_refused_before_it_is_read(client: TestClient) -> None:
    answer = client.put("/api/branding/logo", content=b"\0" * (MAX_LOGO_BYTES + 1))
    assert (answer.status_code, answer.json()["place"]) == (422, "logo")
    with pytest.raises(InvalidInput):
        read_logo(b"\0" * (MAX_LOGO_BYTES + 1))


@pytest.mark.parametrize("accent", ["red", "#12345", "#12345g", "#1122334", ""])
def test_a_colour_is_written_out(client: TestClient, accent: str) -> None:
    answer = client.put("/api/branding", json={"accent": accent})
    assert (answer.status_code, answer.json()["place"]) == (422, "accent")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "CMYK", "1", "I;16"])
def test_every_kind_of_picture_becomes_a_plain_png(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    target = io.BytesIO()
    Image.new("RGB", (30, 10), "#a4262c").convert("L" if mode == "I;16" else mode).save(target, kind)
    if mode == "I;16":
        target = io.BytesIO()
        Image.new("I;16", (30, 10), 400).save(target, "PNG")
    kept = Image.open(io.BytesIO(read_logo(target.getvalue()).png))
    assert (kept.format, kept.size) == ("PNG", (30, 10))
    assert kept.mode in ("RGB", "RGBA")


def test_a_logo_keeps_its_shape_and_loses_what_it_says_beside_its_pixels() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    exif[0x010E] = "taken in the garden"
    logo = read_logo(picture("JPEG", (600, 3000), exif=exif))
    assert (logo.width, logo.height) == (KEPT_WIDTH, KEPT_WIDTH * 600 // 3000)
    assert logo.height <= KEPT_HEIGHT
    assert b"garden" not in logo.png
    kept = Image.open(io.BytesIO(logo.png))
    assert (kept.size, dict(kept.getexif())) == ((logo.width, logo.height), {})
    assert read_logo(picture("JPEG", (600, 3000), exif=exif)) == logo


def test_a_transparent_logo_stays_transparent() -> None:
    target = io.BytesIO()
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(target, "PNG")
    kept = Image.open(io.BytesIO(read_logo(target.getvalue()).png))
    assert kept.getpixel((0, 0))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(("kind", "start"), [("pdf", b"%PDF-"), ("html", b"<!doctype html>")])
def test_a_sample_shows_the_look_that_is_not_saved_yet(
    installation: Installation, tenant: Tenant, kind: str, start: bytes
) -> None:
    service = installation.broadsheet.branding
    sample = service.sample(tenant.principal, Branding(accent="#0a5c9f"), kind)
    assert sample[: len(start)].lower() == start.lower()
    assert service.get(tenant.principal) == Branding()
