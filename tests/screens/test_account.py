import pytest
from streamlit.testing.v1 import AppTest

from core.domain.sign_in import NextStep
from core.services.passwords import ASKED
from pages.widgets import account_keys, keys

from . import fake_data, fake_services, fake_sign_in
from .conftest import SHELL


@pytest.fixture
def at_the_door(services):
    return AppTest.from_file(str(SHELL), default_timeout=30).run()


def with_password(app):
    app.text_input(key=keys.SIGN_IN_EMAIL).set_value("ada@example.com")
    app.text_input(key=keys.SIGN_IN_PASSWORD).set_value(fake_services.PASSWORD)
    return app.button(key=keys.SIGN_IN_SUBMIT).click().run()


def give_code(app, code):
    app.text_input(key=account_keys.SIGN_IN_CODE).set_value(code)
    return app.button(key=keys.SIGN_IN_SUBMIT).click().run()


def tickets(services):
    return set(services.access.sessions) - {fake_services.TOKEN}


def test_a_code_is_asked_before_anything_opens(at_the_door, services):
    services.sign_in.step = NextStep.CODE
    app = with_password(at_the_door)
    assert not tickets(services)
    assert [item.key for item in app.text_input] == [account_keys.SIGN_IN_CODE]
    app = give_code(app, "999999")
    assert "wrong" in app.error[0].value
    assert not tickets(services)
    app = give_code(app, fake_sign_in.CODE)
    assert not app.exception
    (ticket,) = tickets(services)
    assert any(ticket in item.value for item in app.html)


def test_who_has_to_enrol_does_so_before_anything_opens(at_the_door, services):
    services.sign_in.step = NextStep.ENROL
    app = with_password(at_the_door)
    assert any("data:image/svg+xml" in item.value and "ABCD EFGH" in item.value for item in app.html), "drawn here"
    app = give_code(app, fake_sign_in.CODE)
    assert fake_sign_in.CODES[1] in app.code[0].value
    assert not tickets(services)
    app = app.button(key=account_keys.SIGN_IN_KEPT).click().run()
    assert len(tickets(services)) == 1


def test_a_forgotten_password_gets_the_same_answer_for_everybody(at_the_door, services):
    app = at_the_door.button(key=account_keys.SIGN_IN_FORGOT).click().run()
    for address in ("ada@example.com", "nobody@example.com"):
        app.text_input(key=keys.SIGN_IN_EMAIL).set_value(address)
        app = app.button(key=keys.SIGN_IN_SUBMIT).click().run()
        assert ASKED in app.success[0].value
    assert services.passwords.forgotten == ["ada@example.com", "nobody@example.com"]
    app = app.button(key=account_keys.SIGN_IN_BACK).click().run()
    assert app.text_input(key=keys.SIGN_IN_PASSWORD)


def test_the_password_is_changed_with_the_old_one(open_screen, services):
    app = open_screen("account.py")

    def change(old, new, again):
        for key, value in (
            (account_keys.ACCOUNT_OLD, old),
            (account_keys.ACCOUNT_NEW, new),
            (account_keys.ACCOUNT_AGAIN, again),
        ):
            app.text_input(key=key).set_value(value)
        return app.button(key=account_keys.ACCOUNT_SET).click().run()

    assert "differ" in change(fake_services.PASSWORD, "seven otters", "eight otters").error[0].value
    assert "wrong" in change("not it", "seven otters", "seven otters").error[0].value
    assert change(fake_services.PASSWORD, "seven otters", "seven otters").success
    assert services.passwords.changed == ["seven otters"]


def test_sessions_are_listed_and_ended(open_screen, services):
    app = open_screen("account.py")
    shown = " ".join(item.value for item in (*app.markdown, *app.html))
    assert "Safari on iPhone" in shown
    assert "203.0.113.7" in shown
    other = services.sessions.items[1].id
    app = app.button(key=f"account_session_{other}").click().run()
    assert [one.device for one in services.sessions.items] == ["Chrome on Linux", "Python"]
    app = app.button(key=account_keys.ACCOUNT_END_OTHERS).click().run()
    assert not app.exception
    assert [one.device for one in services.sessions.items] == ["Chrome on Linux"]


def test_only_who_looks_after_people_asks_everyone_for_a_factor(open_screen, services):
    app = open_screen("account.py")
    app.toggle(key=account_keys.ACCOUNT_RULE).set_value(True).run()
    assert services.second_factor.is_asked
    services.access.sessions[fake_services.TOKEN] = fake_data.principal("viewer")
    assert not open_screen("account.py").toggle


def test_somebody_who_looks_after_people_mends_how_another_signs_in(open_screen, services, monkeypatch):
    app = open_screen("people.py")
    ben = fake_data.make_id("user Ben")

    def choose(option):
        """AppTest has no menu buttons. It stays chosen, as a dialog stays open."""
        mine = f"person_menu_{ben}"
        monkeypatch.setattr("pages.widgets.rows.menu", lambda key, options: option if key == mine else None)
        return app.run()

    choose("Mail a password link")
    assert services.passwords.mailed == [ben]
    choose("Reset second factor …").button(key=account_keys.ACCOUNT_MEND).click().run()
    assert services.second_factor.resets == [ben]
