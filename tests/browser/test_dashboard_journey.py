"""The demo's dashboard: filtered, downloaded, linked and changed; and the newer screens as axe-core sees them."""

import re

import pytest
from playwright.sync_api import Page, expect

from .axe import stumbles
from .test_journey import key, open_usage_summary, settle, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
#: Buttons that show an icon alone would be spoken as the icon's name.
_ICON_NAME = re.compile(r"^[a-z_]+ icon$")
_SCREENS = (
    *("/", "/reports", "/search?q=usage", "/people", "/dashboards"),
    *("/roles", "/organizations", "/audit", "/limits", "/personal_data"),
)


def is_sound(page: Page) -> None:
    """Nothing serious for axe-core, and every button is spoken in words."""
    settle(page)
    assert stumbles(page) == [], page.url
    expect(page.get_by_role("button", name=_ICON_NAME)).to_have_count(0)


def open_board(page: Page) -> None:
    page.goto("/dashboards")
    page.get_by_role("link", name="Shop at a glance").click()
    expect(page.get_by_test_id("stMetric")).to_have_count(4)
    settle(page)


def drag_the_text_to_the_top(page: Page) -> None:
    """Drag the tile that was added last over the first one; Ctrl+Z takes it back, and again."""
    settle(page)
    grips = page.locator(".bs-grip")
    first, added = grips.first, grips.last
    name = added.get_attribute("data-tile") or ""
    above = first.bounding_box()
    assert above is not None
    added.hover()
    page.mouse.down()
    first.scroll_into_view_if_needed()
    above = first.bounding_box() or above
    page.mouse.move(above["x"] + 40, above["y"], steps=4)
    page.mouse.up()
    expect(grips.first).to_have_attribute("data-tile", name)
    page.keyboard.press("Control+z")
    expect(grips.last).to_have_attribute("data-tile", name)
    key(page, "dashboard_redo").get_by_role("button").click()
    expect(grips.first).to_have_attribute("data-tile", name)


def test_a_dashboard_is_filtered_downloaded_linked_and_changed(page: Page):
    sign_in(page)
    open_board(page)
    before = page.get_by_test_id("stMetricValue").first.inner_text()
    page.get_by_role("combobox", name="Country").click()
    page.get_by_role("option", name="Spain").click()
    expect(page).to_have_url(re.compile(r"f\.country=Spain"))
    settle(page)
    page.keyboard.press("Escape")
    settle(page)
    expect(page.get_by_test_id("stMetricValue").first).not_to_have_text(before)

    key(page, "dashboard_download").get_by_role("button").click()
    page.get_by_text("PDF", exact=True).click()
    ready = key(page, "export_bar")
    with page.expect_download(timeout=60_000) as download:
        ready.get_by_role("link", name="Download file").click()
    assert download.value.suggested_filename.endswith(".pdf")

    other = page.context.new_page()
    other.goto(f"{page.url}&full=1")
    expect(other.get_by_role("button", name="Leave full screen")).to_be_visible()
    expect(other.get_by_role("link", name="Dashboards")).to_be_hidden()
    expect(other.get_by_text("Spain").first).to_be_visible()
    other.close()

    key(page, "dashboard_edit").get_by_role("button").click()
    page.get_by_role("button", name="Add text").click()
    page.get_by_role("dialog").get_by_role("textbox", name="Text").fill("# Read this first")
    page.get_by_role("dialog").get_by_role("button", name="Keep text").click()
    expect(page.get_by_role("heading", name="Read this first")).to_be_visible()
    drag_the_text_to_the_top(page)
    is_sound(page)
    key(page, "dashboard_save").get_by_role("button").click()
    expect(page.get_by_text("saved as version 2")).to_be_visible()
    expect(page.get_by_role("heading", name="Read this first")).to_be_visible()


def test_the_newer_screens_are_for_everybody(page: Page):
    sign_in(page)
    for address in _SCREENS:
        page.goto(address)
        settle(page)
        is_sound(page)
    open_board(page)
    is_sound(page)
    key(page, "dashboard_share").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_contain_text("belongs to Administrator")
    is_sound(page)
    page.keyboard.press("Escape")
    key(page, "dashboard_schedule").get_by_role("button").click()
    expect(page.get_by_role("heading", name="New schedule")).to_be_visible()
    is_sound(page)
    open_usage_summary(page)
    assert stumbles(page) == []
