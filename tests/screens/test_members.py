"""Members, roles, tokens and organizations on their screens."""

from datetime import timedelta

from core.domain.access import Permission
from pages.widgets import member_keys

from . import fake_data, fake_members, fake_people, fake_services


def html(app):
    return " ".join(one.proto.body for one in app.get("html"))


def finish(app, opener, button):
    """Press a dialog's button; AppTest draws all of the screen again, so the dialog is opened with it."""
    app.button(key=opener).click()
    app.button(key=button).click().run()


def test_people_are_invited_and_links_are_shown_once(open_screen, services):
    app = open_screen("people.py")
    assert "nia@example.com" in " ".join(one.value for one in app.markdown).replace("\\", "")
    app.button(key=member_keys.INVITE_NEW).click().run()
    app.text_area(key=member_keys.INVITE_ADDRESSES).set_value("kay@example.com, nobody")
    finish(app, member_keys.INVITE_NEW, member_keys.INVITE_GO)
    assert "nobody is no e-mail address." in app.error[0].value
    app.text_area(key=member_keys.INVITE_ADDRESSES).set_value("kay@example.com\nlou@example.com")
    app.selectbox(key=member_keys.INVITE_ROLE).set_value("editor")
    finish(app, member_keys.INVITE_NEW, member_keys.INVITE_GO)
    assert [one.role for one in services.invitations.items[1:]] == ["editor", "editor"]
    assert [one.value for one in app.code] == [
        "http://localhost/invitation/kay@example.com",
        "http://localhost/invitation/lou@example.com",
    ]
    assert not app.run().code


def test_what_is_done_to_a_member_is_asked_first(open_screen, services, monkeypatch):
    chosen = {}
    monkeypatch.setattr("pages.widgets.rows.menu", lambda key, options: chosen.get(key))
    app = open_screen("people.py")
    for option, fields, done in (
        ("Change role …", {member_keys.PERSON_ROLE: "editor"}, ("role", fake_people.BEN, "editor")),
        ("Deactivate …", {}, ("deactivated", fake_people.BEN)),
        ("Remove …", {}, ("removed", fake_people.BEN, None)),
        ("Remove …", {member_keys.PERSON_RECEIVER: 1}, ("removed", fake_people.BEN, fake_data.ADA)),
    ):
        chosen[f"person_menu_{fake_people.BEN}"] = option
        app.run()
        for key, value in fields.items():
            box = app.selectbox(key=key)
            (box.select_index(value) if isinstance(value, int) else box.set_value(value)).run()
        assert not [one for one in services.members.done if one == done]
        app.button(key=member_keys.PERSON_GO).click().run()
        assert services.members.done[-1] == done


def test_nobody_else_sees_what_is_done_to_members(open_screen, services):
    services.access.sessions[fake_services.TOKEN] = fake_data.principal("publisher")
    app = open_screen("people.py")
    assert "Ben" in " ".join(one.value for one in app.markdown)
    assert not [one for one in app.button if one.key == member_keys.INVITE_NEW]
    assert not app.get("menu_button")
    assert "nia@example.com" not in " ".join(one.value for one in app.markdown)


def test_a_role_is_made_of_what_its_editor_may(open_screen, services):
    assert "May open reports." in html(open_screen("roles.py"))
    app = open_screen("roles.py", role="new")
    assert app.checkbox(key=f"{member_keys.ROLE_MAY}_{Permission.MANAGE_INSTALLATION}").disabled
    app.button(key=member_keys.ROLE_SAVE).click().run()
    assert "Give the role a name." in app.error[0].value
    app.text_input(key=member_keys.ROLE_NAME).set_value("Night desk")
    app.checkbox(key=f"{member_keys.ROLE_MAY}_{Permission.MANAGE_SCHEDULES}").check()
    app.button(key=member_keys.ROLE_SAVE).click().run()
    made = list(services.roles.items.values())[-1]
    assert (made.name, made.permissions) == ("Night desk", {Permission.VIEW_REPORTS, Permission.MANAGE_SCHEDULES})


def test_the_secret_of_a_token_is_shown_once(open_screen, services):
    for held, opened in (
        (services.tokens, {"screen": "account.py"}),
        (services.service_accounts.held, {"screen": "roles.py", "account": str(fake_members.LOADER)}),
    ):
        app = open_screen(**opened)
        app.button(key=member_keys.TOKEN_NEW).click().run()
        app.text_input(key=member_keys.TOKEN_NAME).set_value("Loader")
        app.multiselect(key=member_keys.TOKEN_SCOPES).set_value([Permission.VIEW_REPORTS])
        finish(app, member_keys.TOKEN_NEW, member_keys.TOKEN_GO)
        (made,) = held.items.values()
        assert (made.scopes, made.expires_at) == ({Permission.VIEW_REPORTS}, fake_data.NOW + timedelta(days=90))
        assert app.code[0].value == "bsp_secret"
        assert not app.run().code


def test_another_organization_is_entered_with_nothing_brought_along(open_screen, services):
    app = open_screen("organizations.py")
    app.session_state["a draft"] = "of the first"
    app.button(key=f"organization_enter_{fake_members.SECOND}").click().run()
    assert services.organizations.entered == [(fake_services.TOKEN, fake_members.SECOND)]
    assert "a draft" not in app.session_state
    assert not [one for one in app.button if one.key == member_keys.ORGANIZATION_NEW]
