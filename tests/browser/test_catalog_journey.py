"""From a raw database, and from a file, to a labelled dataset and rows in the builder; nobody writes SQL."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as NotInTime

from core.db.embedded import EmbeddedPostgres

from .test_journey import key, settle, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
_TABLES = """
CREATE TABLE customers (id bigint PRIMARY KEY, full_nm text NOT NULL, country text);
CREATE TABLE orders (
    id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id), ordered_at timestamptz, amt numeric(12, 2)
);
INSERT INTO customers SELECT n, 'Customer ' || n, (ARRAY['Germany', 'Kenya'])[1 + n % 2] FROM generate_series(1, 10) n;
INSERT INTO orders SELECT n, 1 + n % 10, now() - n * interval '1 day', 10 FROM generate_series(1, 30) n;
ANALYZE;
"""
_TRIES = 6


@dataclass(frozen=True, slots=True)
class Shop:
    """A raw database, and who may read it."""

    port: int
    database: str
    user: str
    password: str


@pytest.fixture
def shop(postgres: EmbeddedPostgres) -> Iterator[Shop]:
    """Orders and customers on a server of their own, with a foreign key between them."""
    name = f"shop_{secrets.token_hex(4)}"
    shop = Shop(postgres.port, name, f"{name}_reader", "reads only, 1")

    def administrator(database: str) -> "psycopg.Connection[tuple[object, ...]]":
        url = postgres.administrator_url.set(drivername="postgresql", database=database)
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)

    with administrator("postgres") as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        connection.execute(f"CREATE ROLE {shop.user} LOGIN PASSWORD '{shop.password}'")
    with administrator(name) as connection:
        connection.execute(_TABLES)
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {shop.user}")
    yield shop
    with administrator("postgres") as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.execute(f"DROP ROLE {shop.user}")


def fill(page: Page, name: str, text: str) -> None:
    box = key(page, name).locator("input, textarea").first
    box.fill(text)
    box.press("Tab")
    settle(page)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()
    settle(page)


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    settle(page)


def connect(page: Page, shop: Shop) -> None:
    page.goto("/data")
    press(page, "Connect a source")
    fill(page, "source_form_name", shop.database)
    for name, value in (
        ("host", "127.0.0.1"),
        ("port", str(shop.port)),
        ("database", shop.database),
        ("user", shop.user),
        ("password", "a guess"),
    ):
        fill(page, f"source_form_postgresql_{name}", value)
    key(page, "source_form_postgresql_tls").get_by_text("Not encrypted", exact=True).click()
    press(page, "Test connection")
    expect(page.get_by_text("or the password is wrong")).to_be_visible()
    fill(page, "source_form_postgresql_password", shop.password)
    press(page, "Test connection")
    expect(page.get_by_text("It answers: PostgreSQL")).to_be_visible()
    press(page, "Save and pick a table")


def write_label(page: Page, row: int, text: str) -> None:
    """Write into the first column of the table of fields: a canvas, whose cell opens an input when it is ready to."""
    table = page.locator("[class*=st-key-dataset_fields_table] .dvn-scroller").first
    cell_input = page.locator("#portal").locator("input, textarea")
    for _ in range(_TRIES):
        table.click(position={"x": 60, "y": 34 * row + 17})
        page.keyboard.press("Enter")
        try:
            cell_input.fill(text, timeout=3_000)
        except NotInTime:
            continue
        cell_input.press("Enter")
        expect(key(page, "dataset_undo").get_by_role("button")).to_be_enabled()
        settle(page)
        return
    pytest.fail("the table of fields took no label")


def test_a_raw_database_becomes_a_dataset_with_rows_in_the_builder(page: Page, shop: Shop):
    sign_in(page)
    connect(page, shop)
    expect(page.get_by_role("heading", name="New dataset")).to_be_visible()
    page.locator(".st-key-new_dataset_tables").get_by_role("button", name=re.compile("orders$")).click()
    expect(page.get_by_text("Each row points to customers")).to_be_visible()
    press(page, "Make a dataset of it")

    write_label(page, 4, "Amount")
    fill(page, "dataset_label", f"Sales {shop.database}")
    expect(page.locator(".bs-sentence")).to_contain_text("1 join")
    open_tab(page, "Joins")
    belonging = page.get_by_role("combobox", name="How they belong together")
    expect(belonging).to_have_value("Each order has one customer; several may share it")

    open_tab(page, "Measures")
    press(page, "Add a measure")
    fill(page, "dataset_measure_0_label", "Turnover")
    expect(page.get_by_text("Sum of amount", exact=True)).to_be_visible()

    open_tab(page, "Preview")
    expect(page.get_by_text("The first 30 orders")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    press(page, "Save dataset")
    expect(page.get_by_text("Version 1.")).to_be_visible()

    page.get_by_role("main").get_by_role("button", name="New report").click()
    expect(page.get_by_text("Showing")).to_be_visible()
    settle(page)
    assert key(page, "builder_name").locator("input").input_value() == f"Sales {shop.database} report"
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()


def test_a_file_becomes_a_dataset_with_rows_in_the_builder(page: Page):
    sign_in(page)
    page.goto("/data")
    press(page, "Upload a file")
    recent = [f"{datetime.now(UTC) - timedelta(days=days):%d.%m.%Y}" for days in (3, 2)]
    content = f"Region;Sold on;Amount\nNorth;{recent[0]};1.234,50\nSouth;{recent[1]};10,00\n"
    page.locator("input[type=file]").set_input_files(
        {"name": "branch_sales.csv", "mimeType": "text/csv", "buffer": content.encode()}
    )
    expect(page.locator(".bs-sentence")).to_contain_text("2 rows, 3 columns", timeout=60_000)
    settle(page)
    assert key(page, "upload_name").locator("input").input_value() == "Branch sales"
    press(page, "Keep file")
    expect(page.locator(".bs-sentence")).to_contain_text("3 fields")
    open_tab(page, "Preview")
    expect(page.get_by_text("The first 2")).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="New report").click()
    expect(page.get_by_text("Showing 2 of 2 rows")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    settle(page)
    assert key(page, "builder_name").locator("input").input_value() == "Branch sales report"


def test_the_catalog_fits_on_a_phone(page: Page):
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page)
    for path in ("data", "source", "new-dataset", "upload"):
        page.goto(f"/{path}")
        settle(page)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 390, path
    page.goto("/data")
    page.get_by_role("link", name="Orders").first.click()
    expect(page.get_by_role("tab", name="Fields")).to_be_visible()
    settle(page)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
