import pytest

from core.domain.recipient_policy import RecipientRule
from core.domain.schedule import GROUP, USER
from pages.widgets import keys
from pages.widgets.group_lines import members_in, text_of
from pages.widgets.recipient_state import Pick

from . import fake_data, fake_people, fake_services


def show(open_screen, what):
    app = open_screen("people.py")
    app.session_state[keys.PEOPLE_SHOWN] = what
    return app.run()


def text(app):
    return " ".join(str(one.value) for kind in ("markdown", "caption", "warning", "html") for one in app.get(kind))


def html(app):
    return " ".join(one.proto.body for one in app.get("html"))


def test_people_and_groups_are_listed(open_screen):
    app = open_screen("people.py")
    assert "Ben Okri" in text(app).replace("\\", "")
    assert "Left" in html(app)
    app.text_input(key=keys.PEOPLE_SEARCH).set_value("cleo").run()
    assert "Ben" not in text(app)
    app = show(open_screen, "groups")
    assert "Meets on Mondays" in html(app)


def test_a_group_is_made(open_screen, services):
    app = open_screen("people.py", group="new")
    app.text_input(key=keys.GROUP_NAME).set_value("Press")
    app.multiselect(key=keys.GROUP_PEOPLE).set_value([fake_people.BEN])
    app.text_area(key=keys.GROUP_ADDRESSES).set_value("nobody")
    app.button(key=keys.GROUP_SAVE).click().run()
    assert "nobody is no e-mail address." in app.error[0].value
    app.text_area(key=keys.GROUP_ADDRESSES).set_value("Lee, Ann <ann@example.org>, en-GB\n\nbob@example.org")
    app.button(key=keys.GROUP_SAVE).click().run()
    made = next(one for one in services.groups.items.values() if one.name == "Press")
    assert made.members[0].user_id == fake_people.BEN
    assert [(one.address, one.name, one.locale) for one in made.members[1:]] == [
        ("ann@example.org", "Lee, Ann", "en-GB"),
        ("bob@example.org", "", ""),
    ]


def test_lines_of_a_group_read_back_as_they_are_written():
    members = fake_people.FakeGroups().items[fake_people.BOARD].members
    assert members_in(text_of(members)) == members[1:]
    assert members_in("a@b.example, fr")[0].locale == "fr"


def test_a_group_is_changed_and_says_who_sends_to_it(open_screen, services):
    app = open_screen("people.py", group=str(fake_people.BOARD))
    assert app.text_area(key=keys.GROUP_ADDRESSES).value == "Ann Lee <ann@example.org>, en-GB"
    assert "Board pack" in html(app)
    app.text_input(key=keys.GROUP_NAME).set_value("")
    app.button(key=keys.GROUP_SAVE).click().run()
    assert app.error[0].value == "Give the group a name."


def test_the_rule_says_what_it_would_do_before_it_is_saved(open_screen, services):
    app = show(open_screen, "rule")
    assert "may get their reports" in text(app)
    assert app.button(key=keys.RULE_SAVE).disabled
    app.radio(key=keys.RULE).set_value(RecipientRule.MEMBERS).run()
    assert "1 schedule has recipients who would get nothing any more." in app.warning[0].value
    assert services.recipient_policy.saved.version == 0
    app.button(key=keys.RULE_SAVE).click().run()
    assert services.recipient_policy.saved.rule is RecipientRule.MEMBERS
    assert "who get nothing." in app.warning[0].value
    app.radio(key=keys.RULE).set_value(RecipientRule.DOMAINS).run()
    app.button(key=keys.RULE_SAVE).click().run()
    assert "at least one domain" in app.error[0].value
    app.text_area(key=keys.RULE_DOMAINS).set_value("example.com\n*.example.net").run()
    app.button(key=keys.RULE_SAVE).click().run()
    assert services.recipient_policy.saved.domains == ("example.com", "*.example.net")


def test_an_address_is_asked_and_asked_again(open_screen, services):
    app = show(open_screen, "rule")
    app.text_input(key=keys.ASK_ADDRESS).set_value("nobody")
    app.button(key=keys.ASK).click().run()
    assert "not an e-mail address" in app.error[0].value
    app.text_input(key=keys.ASK_ADDRESS).set_value("ann@example.org")
    app.button(key=keys.ASK).click().run()
    assert "on its way to ann@example.org" in app.success[0].value
    one = services.verification.items[0]
    app.button(key=f"ask_again_{one.id}").click().run()
    assert services.verification.items[0].times_asked == 2
    app.button(key=f"ask_remove_{one.id}").click().run()
    assert services.verification.items == []


def test_addresses_are_left_alone_and_written_to_again(open_screen, services):
    app = show(open_screen, "alone")
    app.text_input(key="suppression_address").set_value("ann@example.com")
    app.button(key="suppression_add").click().run()
    assert [one.address for one in services.suppressions.items] == ["ann@example.com"]
    one = services.suppressions.items[0]
    app.button(key=f"suppression_release_{one.id}").click().run()
    assert services.suppressions.items == []
    app.text_input(key="suppression_address").set_value("rubbish")
    app.button(key="suppression_add").click().run()
    assert "rubbish" in app.error[0].value


def test_an_address_is_removed_everywhere_once_it_was_seen_where(open_screen, services):
    app = show(open_screen, "alone")
    app.text_input(key="suppression_address").set_value("bob@example.com")
    app.button(key="suppression_remove").click().run()
    assert services.suppressions.items == [], "looking changes nothing"
    assert "Weekly revenue (paused then: nobody else is left)" in text(app)
    app.button(key="suppression_remove_now").click().run()
    assert "taken out of 2 schedules and 1 group. 1 of the schedules paused" in app.success[0].value


@pytest.mark.parametrize("role", ["publisher", "data_admin"])
def test_who_sends_sees_the_lists_and_changes_none(open_screen, services, role):
    services.access.sessions[fake_services.TOKEN] = fake_data.principal(role)
    app = show(open_screen, "rule")
    assert app.radio(key=keys.RULE).disabled
    assert not [one for one in app.button if one.key in (keys.GROUPS_NEW, keys.RULE_SAVE)]
    assert "alone" not in app.segmented_control(key=keys.PEOPLE_SHOWN).options
    app = open_screen("people.py", group="new")
    assert not [one for one in app.button if one.key == keys.GROUP_SAVE]


def test_people_and_groups_are_chosen_in_a_schedule(open_screen, services):
    app = open_screen("schedule_form.py")
    picks = app.multiselect(key=f"{keys.SCHEDULE_FORM}_picks")
    assert picks.options[0] == "Board · group of 2 members"
    assert not [one for one in picks.options if "Cleo" in one]
    picks.set_value([Pick(kind=GROUP, id=fake_people.BOARD), Pick(kind=USER, id=fake_people.BEN)]).run()
    assert "By mail it reaches 4 addresses now." in text(app)
    app.button(key=keys.SCHEDULE_SAVE).click().run()
    made = list(services.schedules.items.values())[-1]
    assert [(one.channel, one.address) for one in made.recipients] == [
        ("email", "ada@example.com"),
        ("group", str(fake_people.BOARD)),
        ("user", str(fake_people.BEN)),
    ]
