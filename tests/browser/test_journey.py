import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import EMAIL, PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SESSION_COOKIE = "broadsheet_session"
expect.set_options(timeout=20_000)


def settle(page: Page) -> None:
    """Wait until the last run of the script has ended."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def key(page: Page, name: str):
    return page.locator(f".st-key-{name}")


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("E-mail").fill(EMAIL)
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="New report")).to_be_visible()
    settle(page)


def open_usage_summary(page: Page) -> None:
    page.goto("/reports")
    page.locator("[class*=st-key-list_row_]").get_by_role("link", name="Usage Summary").first.click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    settle(page)


def begin(page: Page, start: str) -> None:
    """Begin a new report with a quick start."""
    page.get_by_role("button", name="New report").click()
    key(page, f"builder_start_{start}").get_by_role("button").click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    settle(page)


def place(page: Page, name: str):
    """One of the places that fields are dragged to."""
    return key(page, "builder_shelves").get_by_role("group", name=name)


def test_a_report_is_built_by_dragging_undone_with_keys_and_outlives_a_reload(page: Page):
    sign_in(page)
    begin(page, "over_time")
    sentence = page.locator(".bs-sentence")
    field = key(page, "builder_fields").get_by_role("button", name="Segment", exact=True)
    field.drag_to(place(page, "Columns"))
    expect(sentence).to_contain_text("across Segment")
    expect(field).to_have_attribute("aria-pressed", "true")
    settle(page)

    place(page, "Rows").get_by_role("button", name="by month").click()
    page.get_by_role("menuitemradio", name="by quarter", exact=True).click()
    expect(sentence).to_contain_text("by quarter")
    settle(page)
    chip = place(page, "Columns").locator(".chip")
    chip.drag_to(place(page, "Rows"))
    expect(sentence).to_contain_text("by Segment and quarter")
    settle(page)

    page.keyboard.press("Control+z")
    expect(sentence).to_contain_text("across Segment")
    settle(page)
    page.keyboard.press("Control+Shift+z")
    expect(sentence).to_contain_text("by Segment and quarter")
    settle(page)

    page.reload()
    expect(key(page, "builder_resumed")).to_contain_text("You have an unsaved draft of")
    expect(sentence).to_contain_text("by Segment and quarter")
    settle(page)
    key(page, "builder_resumed_go").get_by_role("button").click()
    expect(key(page, "builder_resumed")).to_be_hidden()

    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("link", name="Schedules", exact=True).first.click()
    assert "changes that are not saved" in asked[0]
    page.get_by_role("button", name="Save report").click()
    expect(page.get_by_text("Version 1 saved")).to_be_visible()
    settle(page)
    page.reload()
    expect(sentence).to_contain_text("by Segment and quarter")
    settle(page)
    expect(key(page, "builder_resumed")).to_be_hidden()


def test_a_field_is_placed_with_the_keyboard_alone(page: Page):
    sign_in(page)
    begin(page, "over_time")
    search = page.get_by_role("searchbox", name="Search fields")
    search.fill("chan")
    search.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Add to columns").press("Enter")
    chip = place(page, "Columns").get_by_role("button", name="Sales channel", exact=True)
    expect(chip).to_be_visible()
    settle(page)
    chip.focus()
    page.keyboard.press("Delete")
    expect(chip).to_be_hidden()


def test_from_sign_in_to_a_mail_in_the_outbox(page: Page):
    sign_in(page)
    cookie = next(item for item in page.context.cookies() if item["name"] == SESSION_COOKIE)
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"

    open_usage_summary(page)
    before = page.locator(".bs-sentence").inner_text()
    key(page, "builder_period").get_by_role("button").first.click()
    page.get_by_role("button", name="Last 30 days").or_(page.get_by_role("radio", name="Last 30 days")).click()
    expect(page.locator(".bs-sentence")).to_contain_text("last 30 days")
    assert page.locator(".bs-sentence").inner_text() != before
    settle(page)
    page.keyboard.press("Escape")
    settle(page)

    page.get_by_role("button", name="Save as new version").click()
    expect(page.get_by_text("Version 2 saved")).to_be_visible()
    settle(page)

    page.get_by_role("button", name="Schedule …").click()
    expect(page.get_by_role("heading", name="New schedule")).to_be_visible()
    settle(page)
    expect(page.locator(".bs-slots li")).to_have_count(5)
    key(page, "schedule_form_cadence").get_by_text("By rule").click()
    line = key(page, "schedule_form_cron").get_by_role("textbox")
    line.fill("30 8 * * 1-5")
    line.press("Enter")
    expect(page.locator(".bs-when")).to_contain_text("Every weekday (Monday to Friday) at 08:30")
    expect(page.locator(".bs-slots li").first).to_contain_text("covers last 30 days")
    settle(page)
    name = key(page, "schedule_form_name").get_by_role("textbox")
    name.fill("Monday usage")
    name.press("Enter")
    settle(page)
    page.get_by_role("button", name="Save schedule").click()
    expect(page.get_by_role("link", name="Monday usage")).to_be_visible()
    settle(page)

    row = page.locator("[class*=st-key-list_row_]").filter(has_text="Monday usage")
    row.get_by_test_id("stMenuButton").get_by_role("button").click()
    page.get_by_text("Send now", exact=True).click()
    expect(page.locator(".bs-facts")).to_contain_text("Completed", timeout=60_000)
    expect(page.get_by_text("Delivered to everyone.")).to_be_visible()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("button", name="Keep no longer")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("link", name="Download").first.click()
    assert download.value.path().stat().st_size > 1000

    page.get_by_role("link", name="Sent", exact=True).first.click()
    page.locator("[class*=st-key-list_row_]").first.get_by_role("link").click()
    mail = page.frame_locator(".st-key-sent_mail iframe").frame_locator("iframe")
    expect(mail.get_by_text("Usage Summary").first).to_be_visible()

    page.get_by_text("Administrator", exact=True).first.click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert not [item for item in page.context.cookies() if item["name"] == SESSION_COOKIE]


def test_a_download_of_an_unsaved_question_says_how_many_rows_it_holds(page: Page):
    sign_in(page)
    begin(page, "over_time")
    key(page, "builder_download").get_by_role("button").click()
    page.get_by_text("CSV", exact=False).last.click()
    ready = key(page, "export_bar")
    expect(ready).to_contain_text(re.compile(r"is ready: [\d,]+ rows"), timeout=60_000)
    with page.expect_download() as download:
        ready.get_by_role("link", name="Download file").click()
    assert download.value.suggested_filename.endswith(".csv")


def test_an_ended_session_shows_the_sign_in_in_every_tab(page: Page):
    sign_in(page)
    other = page.context.new_page()
    other.goto("/schedules")
    expect(other.get_by_role("heading", name="Schedules")).to_be_visible()
    page.get_by_text("Administrator", exact=True).first.click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    # Nobody touches it: what it shows goes by itself.
    expect(other.get_by_role("button", name="Sign in")).to_be_visible()


def test_nothing_is_fetched_from_elsewhere(page: Page, product):
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]) if request.url.startswith("http") else None)
    sign_in(page)
    open_usage_summary(page)
    assert hosts == {product.url.removeprefix("http://")}


def test_the_builder_works_in_steps_on_a_phone(page: Page):
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page)
    open_usage_summary(page)
    assert not key(page, "builder_left").is_visible()
    key(page, "builder_step").get_by_text("Fields", exact=True).click()
    expect(key(page, "builder_left")).to_be_visible()
    expect(key(page, "builder_middle")).to_be_hidden()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
