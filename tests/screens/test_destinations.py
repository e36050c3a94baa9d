"""Destinations: the form follows its kind, secrets only go in, a test answers in words."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.widgets import keys

from . import fake_data, fake_services
from .conftest import SHELL

NEWSROOM = fake_data.make_id("destination Newsroom")
FORM = keys.DESTINATION_FORM


def html(app):
    return " ".join(str(item.value) for item in app.html)


@pytest.fixture
def webhook(open_screen):
    """The form of a new webhook."""
    app = open_screen("destinations.py", destination="new")
    return app.radio(key=keys.DESTINATION_KIND).set_value("webhook").run()


def test_destinations_are_listed_with_their_kind(open_screen):
    app = open_screen("destinations.py")
    assert "Newsroom" in [item.value for item in app.page_link]
    assert "Slack" in html(app)


def test_a_destination_is_saved_with_its_secret_and_the_form_forgets_it(webhook, services):
    webhook.text_input(key=f"{FORM}_name").set_value("Archive")
    webhook.text_input(key=f"{FORM}_webhook_url").set_value("https://hooks.example.com/a")
    webhook.text_input(key=f"{FORM}_webhook_signing_secret").set_value("0123456789abcdef")
    webhook.button(key=keys.DESTINATION_SAVE).click().run()
    (draft,) = services.destinations.drafts
    assert (draft.name, draft.channel, draft.settings) == ("Archive", "webhook", {"url": "https://hooks.example.com/a"})
    assert draft.secrets == {"signing_secret": "0123456789abcdef"}
    assert f"{FORM}_webhook_signing_secret" not in webhook.session_state


def test_what_is_wrong_is_said_at_its_field(webhook, services):
    before = len(services.destinations.items)
    webhook.text_input(key=f"{FORM}_name").set_value("Archive")
    webhook.button(key=keys.DESTINATION_SAVE).click().run()
    assert [item.value for item in webhook.error] == ["Fill in the address."]
    assert len(services.destinations.items) == before


def test_a_test_is_sent_as_the_form_says(webhook, services):
    webhook.text_input(key=f"{FORM}_webhook_url").set_value("https://hooks.example.com/a")
    webhook.button(key=keys.DESTINATION_TEST).click().run()
    assert webhook.success[0].value.startswith("Sent: 200.")
    assert services.destinations.drafts[0].settings == {"url": "https://hooks.example.com/a"}


def test_a_saved_secret_is_not_shown_and_stays_when_left_empty(open_screen, services):
    app = open_screen("destinations.py", destination=str(NEWSROOM))
    assert app.text_input(key=f"{FORM}_slack_bot_token").value == ""
    app.text_input(key=f"{FORM}_name").set_value("Newsdesk")
    app.button(key=keys.DESTINATION_SAVE).click().run()
    assert services.destinations.drafts[0].secrets == {}
    assert services.destinations.items[NEWSROOM].name == "Newsdesk"


def test_a_saved_destination_is_tested_from_its_row(open_screen, monkeypatch):
    app = open_screen("destinations.py")
    monkeypatch.setattr("pages.widgets.rows.menu", lambda key, options: "Send a test …")
    app.run()
    app.button(key=keys.DESTINATIONS_TEST).click().run()
    assert app.error[0].value == "The channel #nowhere does not exist."


@pytest.mark.parametrize(("role", "shown"), [("publisher", False), ("data_admin", True)])
def test_only_who_manages_the_catalog_sets_destinations_up(open_screen, services, role, shown):
    services.access.sessions[fake_services.TOKEN] = fake_data.principal(role)
    app = open_screen("destinations.py")
    assert bool([item for item in app.button if item.key == keys.DESTINATIONS_NEW]) is shown


@pytest.mark.parametrize("screen", ["calendars", "destinations"])
def test_a_viewer_has_neither_calendars_nor_destinations(services, signed_in, screen):
    services.access.sessions[fake_services.TOKEN] = fake_data.principal("viewer")
    app = AppTest.from_file(str(SHELL.with_name(f"{screen}.py")), default_timeout=30).run()
    assert "permission" in app.warning[0].value
    assert not app.title
