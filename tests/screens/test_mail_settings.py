import pytest

from core.domain.bounce import Bounce, BounceKind

from . import fake_data, fake_services


def fill(app, **values):
    for name, value in values.items():
        app.text_input(key=f"mail_{name}").set_value(value)
    return app


def test_a_preset_is_tried_and_saved(open_screen, services):
    app = open_screen("mail_settings.py")
    assert app.text_input(key="mail_host").value == "smtp.gmail.com"
    fill(app, user="a@example.com", password="secret", sender="A <a@example.com>")
    app.button(key="mail_test").click().run()
    assert "Sent to" in app.success[0].value
    assert services.email_config.saved.version == 0
    app.button(key="mail_save").click().run()
    assert services.email_config.saved.host == "smtp.gmail.com"
    assert services.email_config.password == "secret"
    assert app.text_input(key="mail_password").value == ""
    app.selectbox(key="mail_preset").set_value("yahoo").run()
    assert (app.text_input(key="mail_host").value, app.number_input(key="mail_port").value) == (
        "smtp.mail.yahoo.com",
        465,
    )
    app.button(key="mail_test").click().run()
    assert "Check the user name" in app.error[0].value
    app.button(key="mail_remove").click().run()
    assert services.email_config.saved.version == 0


def test_what_does_not_fit_is_said_and_nothing_is_saved(open_screen, services):
    app = fill(open_screen("mail_settings.py"), user="a", password="b", sender="nobody")
    app.button(key="mail_save").click().run()
    assert "nobody" in app.error[0].value
    assert services.email_config.saved.version == 0


def test_the_record_of_the_signature_is_shown(open_screen, services):
    app = fill(open_screen("mail_settings.py"), user="a", password="b", sender="a@example.com")
    app.button(key="mail_save").click().run()
    app.button(key="mail_sign").click().run()
    assert app.code[0].value == "broadsheet._domainkey.example.com"
    app.button(key="mail_unsign").click().run()
    assert not app.code


def test_a_mail_service_is_given_its_address_and_what_it_reported_is_shown(open_screen, services):
    services.bounces.items.append(
        Bounce(
            id=fake_data.make_id("bounce"),
            provider="postmark",
            kind=BounceKind.HARD,
            address="gone@example.com",
            reason="550 no such user",
            happened_at=fake_data.NOW,
            delivery_id=None,
            is_left_alone=True,
        )
    )
    app = open_screen("mail_settings.py")
    assert not app.code
    app.selectbox(key="bounce_pick").set_value("postmark").run()
    app.text_input(key="bounce_secret_postmark_user").set_value("postmark")
    app.text_input(key="bounce_secret_postmark_password").set_value("short")
    app.button(key="bounce_set_up").click().run()
    assert "16" in app.error[0].value
    assert not services.bounces.known
    app.text_input(key="bounce_secret_postmark_user").set_value("postmark")
    app.text_input(key="bounce_secret_postmark_password").set_value("long enough for anybody")
    app.button(key="bounce_set_up").click().run()
    assert app.code[0].value.endswith("/api/bounces/postmark/0123")
    said = " ".join(item.value for item in (*app.caption, *app.markdown))
    assert "Last report" in said
    assert "550 no such user" in said
    assert app.text_input(key="bounce_secret_postmark_password").value == ""
    app.button(key="bounce_remove").click().run()
    assert not services.bounces.known


@pytest.mark.parametrize(("role", "offered"), [("data_admin", False), ("organization_admin", True)])
def test_the_screen_is_for_those_who_manage_members(open_screen, services, role, offered):
    services.access.sessions[fake_services.TOKEN] = fake_data.principal(role)
    if offered:
        assert open_screen("mail_settings.py").title[0].value == "Mail"
        return
    with pytest.raises(Exception, match="mail_settings"):
        open_screen("mail_settings.py")
