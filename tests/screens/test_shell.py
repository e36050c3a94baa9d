import pytest
from streamlit.testing.v1 import AppTest

from pages.widgets import keys

from . import fake_data, fake_services
from .conftest import SHELL


@pytest.fixture
def at_the_door(services):
    return AppTest.from_file(str(SHELL), default_timeout=30).run()


def sign_in(app, email, password):
    app.text_input(key=keys.SIGN_IN_EMAIL).set_value(email)
    app.text_input(key=keys.SIGN_IN_PASSWORD).set_value(password)
    return app.button(key=keys.SIGN_IN_SUBMIT).click().run()


def test_without_a_session_there_is_only_the_sign_in(at_the_door):
    assert not at_the_door.exception
    assert {item.key for item in at_the_door.text_input} == {keys.SIGN_IN_EMAIL, keys.SIGN_IN_PASSWORD}
    assert not at_the_door.title


def test_the_right_password_hands_a_fresh_ticket_to_the_page(at_the_door, services):
    app = sign_in(at_the_door, " Ada@Example.com ", fake_services.PASSWORD)
    assert not app.error
    tickets = set(services.access.sessions) - {fake_services.TOKEN}
    assert len(tickets) == 1
    assert any(tickets.copy().pop() in item.value for item in app.html)
    assert services.sign_in.attempts == [True]


@pytest.mark.parametrize(
    ("email", "password"),
    [("ada@example.com", "wrong"), ("nobody@example.com", fake_services.PASSWORD), ("ada@example.com", "x" * 200)],
)
def test_a_wrong_sign_in_is_refused_with_the_same_words(at_the_door, services, email, password):
    app = sign_in(at_the_door, email, password)
    assert app.error[0].value.startswith("The e-mail address or the password is wrong")
    assert set(services.access.sessions) == {fake_services.TOKEN}


def test_a_failed_attempt_is_counted(at_the_door, services):
    sign_in(at_the_door, "ada@example.com", "wrong")
    assert services.sign_in.attempts == [False]


def test_an_ended_session_ends_at_the_next_run(open_screen, services):
    app = open_screen()
    assert app.title[0].value == "Reports"
    services.sessions.close(fake_services.TOKEN)
    app.run()
    assert not app.title
    assert app.text_input(key=keys.SIGN_IN_EMAIL)


def test_a_viewer_may_not_open_the_schedule_form(open_screen, services):
    services.access.sessions[fake_services.TOKEN] = fake_data.principal("viewer")
    app = open_screen("schedule_form.py")
    assert "permission" in app.warning[0].value
    assert not app.title


@pytest.mark.parametrize("screen", ["new_dataset", "source_form", "upload"])
def test_only_who_manages_the_catalog_opens_its_forms(open_screen, services, screen):
    services.access.sessions[fake_services.TOKEN] = fake_data.principal("publisher")
    app = open_screen(f"{screen}.py")
    assert "permission" in app.warning[0].value
    assert not app.title
