from datetime import time

import pytest

from core.domain.schedule import Cadence, Recipient
from pages.widgets import keys
from pages.widgets import recipient_state as recipients
from pages.widgets import schedule_state as state

from . import fake_data

REPORT = fake_data.make_id("Usage Summary")


def key(field):
    return f"{keys.SCHEDULE_FORM}_{field}"


def test_a_new_schedule_is_saved_as_described(open_screen, services):
    app = open_screen("schedule_form.py", report=str(REPORT))
    assert app.text_input(key=key("name")).value == "Usage Summary"
    app.get_by_key(key("cadence")).set_value(Cadence.MONTHLY).run()
    app.selectbox(key=key("month_day")).set_value(15).run()
    app.time_input(key=key("time_0")).set_value(time(7, 30)).run()
    app.text_area(key=key("recipients")).set_value("ada@example.com\ncc: bob@example.com").run()
    app.button(key=keys.SCHEDULE_SAVE).click().run()
    assert not app.exception
    made = list(services.schedules.items.values())[-1]
    assert (made.report_id, made.config.day_of_month, made.config.times) == (REPORT, 15, (time(7, 30),))
    assert made.recipients[1] == Recipient(channel="email", address="bob@example.com", role="cc")


def test_controls_that_were_hidden_keep_their_values(open_screen):
    app = open_screen("schedule_form.py", report=str(REPORT))
    app.get_by_key(key("days")).set_value([2, 4]).run()
    app.get_by_key(key("cadence")).set_value(Cadence.DAILY).run()
    app.get_by_key(key("cadence")).set_value(Cadence.WEEKLY).run()
    assert app.get_by_key(key("days")).value == [2, 4]


def test_a_wrong_address_is_said_at_once_and_beside_the_box_when_saved(open_screen, services):
    app = open_screen("schedule_form.py", report=str(REPORT))
    before = len(services.schedules.items)
    app.text_area(key=key("recipients")).set_value("nobody").run()
    assert "is not an e-mail address" in " ".join(item.value for item in app.caption)
    app.button(key=keys.SCHEDULE_SAVE).click().run()
    assert "nobody is no e-mail address." in app.error[0].value
    assert len(services.schedules.items) == before


def test_editing_starts_from_the_saved_schedule(open_screen, services):
    schedule_id = fake_data.make_id("schedule Usage Summary")
    app = open_screen("schedule_form.py", schedule=str(schedule_id))
    assert app.title[0].value == "Edit schedule"
    assert app.get_by_key(key("days")).value == [1]
    app.text_input(key=key("name")).set_value("Renamed").run()
    app.button(key=keys.SCHEDULE_SAVE).click().run()
    assert services.schedules.items[schedule_id].name == "Renamed"


def test_the_example_of_a_name_says_the_report_not_the_schedule(open_screen):
    app = open_screen("schedule_form.py", report=str(REPORT))
    app.text_input(key=key("name")).set_value("For the board").run()
    (example,) = (item.value for item in app.caption if item.value.startswith("For last week"))
    assert "`Usage Summary " in example


@pytest.mark.parametrize("schedule", fake_data.schedules().values(), ids=lambda item: item.name)
def test_the_form_gives_back_what_it_was_given(schedule):
    values = state.of_schedule(schedule)
    draft = state.draft_of(values, schedule.report_id, schedule.description, {})
    assert draft.config == schedule.config
    assert draft.recipients == schedule.recipients


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@b.de, c@d.de", [("email", "a@b.de", "to"), ("email", "c@d.de", "to")]),
        ("bcc: a@b.de", [("email", "a@b.de", "bcc")]),
        ("  \n", []),
    ],
)
def test_lines_name_recipients(text, expected):
    found = [line.recipient for line in recipients.lines_of(text)]
    assert [(item.channel, item.address, item.role) for item in found] == expected
