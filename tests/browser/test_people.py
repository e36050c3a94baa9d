"""The bench of people reads Streamlit's own messages: it must notice what a browser would."""

import asyncio
from urllib.parse import urlsplit

import httpx2
import jwt
import pytest

from bench.people_page import Page, Took

from .conftest import EMAIL, PASSWORD, Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_a_page_without_a_browser_opens_a_report_and_changes_it(product: Product) -> None:
    with httpx2.Client(base_url=product.url) as client:
        token = client.post("/api/auth/token", json={"username": EMAIL, "password": PASSWORD}).json()["access_token"]
        found = client.get(
            "/api/reports", params={"search": "Usage Summary"}, headers={"Authorization": f"Bearer {token}"}
        ).json()
    cookie = f"broadsheet_session={jwt.decode(token, options={'verify_signature': False})['sid']}"

    async def change() -> tuple[Took, Took]:
        async with Page(urlsplit(product.url).port or 0, cookie) as page:
            opened = await page.open("builder", f"report={found['items'][0]['id']}")
            return opened, await page.send("builder_fields", "move", {"do": "toggle", "what": "field:feature"})

    opened, changed = asyncio.run(change())
    assert opened.updated_s is not None, "the report's rows came"
    assert changed.updated_s is not None, "and came anew once a field was taken out"

    async def change_without_session() -> None:
        async with Page(urlsplit(product.url).port or 0, "broadsheet_session=nobodys") as page:
            await page.open("builder", f"report={found['items'][0]['id']}")
            await page.press("builder_undo")

    with pytest.raises(RuntimeError, match="builder_undo"):
        asyncio.run(change_without_session())
