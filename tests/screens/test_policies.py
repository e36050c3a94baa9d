from dataclasses import replace

import pytest

from core.domain.data_policy import Audience, DataPolicy, RowRule, Treatment, Unmatched
from core.domain.filter import Condition, FilterGroup, Match, Operator
from pages.widgets import policy_keys as keys

from . import fake_data, fake_policies
from .dataset_screen import at, press, texts

BY_REGION = RowRule(
    name="Own country",
    audience=Audience(all_except=True, roles=("organization_admin",)),
    filters=FilterGroup(
        match=Match.ANY,
        items=(
            Condition(field="country", operator=Operator.IS, parameter="region"),
            Condition(field="country", operator=Operator.IS, values=("DE", "FR")),
        ),
    ),
)


@pytest.fixture
def app(open_screen, services):
    services.data_policies.policy = DataPolicy(rows=(BY_REGION,))
    return at(open_screen("dataset.py", dataset=str(fake_data.USAGE.id)), "Policy")


def html(app):
    return " ".join(one.proto.body for one in app.get("html"))


def test_a_policy_is_told_in_words_and_changed(app, services):
    assert "Everyone except the role organization admin" in html(app)
    assert "is the person&#x27;s region or" in html(app)
    app.segmented_control(key=f"{keys.POLICY_UNMATCHED}_0").set_value(Unmatched.ALL).run()
    assert services.data_policies.policy.unmatched is Unmatched.ALL
    app.number_input(key=f"{keys.POLICY_LEAST}_1").set_value(5).run()
    press(app, "policy_least_save")
    assert services.data_policies.policy.group_size.least == 5


@pytest.mark.parametrize(
    ("opener", "widget"), [("policy_add_fields", keys.POLICY_TREATMENT), ("policy_add_rows", keys.POLICY_NAME)]
)
def test_rules_are_made_in_dialogs(app, opener, widget):
    press(app, opener)
    assert not app.exception
    kind = app.selectbox if widget == keys.POLICY_TREATMENT else app.text_input
    assert kind(key=widget).value in (Treatment.HIDDEN, "")
    assert app.button(key=keys.POLICY_SAVE)


@pytest.fixture
def edited(open_screen, services, monkeypatch):
    """Opens the dialog of the first rule of a policy, which stays open."""
    chosen = {"policy_row_menu_0": "Edit"}
    monkeypatch.setattr("streamlit.menu_button", lambda *_, **given: chosen.get(given.get("key")))

    def opened(rule):
        services.data_policies.policy = DataPolicy(rows=(rule,))
        app = at(open_screen("dataset.py", dataset=str(fake_data.USAGE.id)), "Policy")
        monkeypatch.setattr("pages.widgets.policy_panel._forget", lambda: None)
        return app

    return opened


def test_groups_in_groups_are_drawn_and_saved_as_they_were(edited, services):
    inner = FilterGroup(items=(Condition(field="country", operator=Operator.IS, values=("US",)),), match=Match.NONE)
    nested = replace(BY_REGION, filters=replace(BY_REGION.filters, items=(*BY_REGION.filters.items, inner)))
    app = edited(nested)
    assert app.segmented_control(key=f"{keys.POLICY_MATCH}_1").value is Match.NONE
    press(app, "policy_add_group")
    press(app, "policy_add_group_2")
    press(app, "policy_drop_2")
    assert not app.exception
    press(app, keys.POLICY_SAVE)
    assert services.data_policies.policy.rows == (nested,)


def test_what_a_table_would_change_is_edited_as_text(edited):
    comma = Condition(field="country", operator=Operator.IS, values=("Korea, South",))
    app = edited(replace(BY_REGION, filters=FilterGroup(items=(comma,))))
    assert "Korea, South" in app.text_area(key=keys.POLICY_JSON).value


def test_looking_as_somebody_says_how_much_they_get(app):
    app.selectbox(key=keys.POLICY_LOOK).set_value(fake_policies.ANN).run()
    assert "**20** of 40" in texts(app)
    assert "Hidden: Revenue" in texts(app).replace("\\", "")


def test_personal_data_is_listed_kept_shorter_and_erased(open_screen, services):
    app = open_screen("personal_data.py")
    assert "Customers: E-mail" in html(app)
    app.segmented_control(key=keys.PERSONAL_SHOWN).set_value("datasets").run()
    app.number_input[0].set_value(7).run()
    assert list(services.personal_data.days.values()) == [7]
    app.segmented_control(key=keys.PERSONAL_SHOWN).set_value("person").run()
    app.text_input(key=keys.PERSONAL_WHO).set_value("Ann@example.org").run()
    press(app, "personal_erase")
    assert app.button(key="personal_erase_sure").disabled
    assert services.personal_data.erased == []
