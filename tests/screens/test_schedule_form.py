from datetime import date, time

import pytest

from core.domain.schedule import BusinessDays, Cadence, Recipient
from core.domain.terms import Against, Condition, ConditionKind, Freshness, Hold, StaleThen, Terms, UnknownThen
from core.services.cron_choices import PartKind
from pages.widgets import keys, terms_state
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


def save(app):
    app.button(key=keys.SCHEDULE_SAVE).click().run()
    assert not app.exception
    return app


def last(services):
    return list(services.schedules.items.values())[-1]


def test_the_cron_line_and_its_parts_follow_each_other(open_screen, services):
    app = open_screen("schedule_form.py", report=str(REPORT))
    app.get_by_key(key("cadence")).set_value(Cadence.CRON).run()
    assert app.selectbox(key=key("cron_weekday_kind")).value is PartKind.AT
    app.selectbox(key=key("cron_minute_kind")).set_value(PartKind.STEP).run()
    assert app.text_input(key=key("cron")).value == "*/5 9 * * 1"
    app.multiselect(key=key("cron_weekday_at")).set_value([]).run()
    assert app.text_input(key=key("cron")).value == "*/5 9 * * *"
    app.text_input(key=key("cron")).set_value("30 8-18/2 1 * *").run()
    assert app.selectbox(key=key("cron_hour_kind")).value is PartKind.RANGE
    assert app.multiselect(key=key("cron_day_at")).value == [1]
    save(app)
    assert last(services).config.cron_expression == "30 8-18/2 1 * *"


def test_a_line_that_is_none_is_said_at_its_field_and_cannot_be_saved(open_screen):
    app = open_screen("schedule_form.py", report=str(REPORT))
    app.get_by_key(key("cadence")).set_value(Cadence.CRON).run()
    app.text_input(key=key("cron")).set_value("0 25 * * *").run()
    assert "hour" in app.error[0].value
    assert app.button(key=keys.SCHEDULE_SAVE).disabled


def test_more_times_and_an_emptied_one(open_screen, services):
    app = open_screen("schedule_form.py", report=str(REPORT))
    app.button(key="schedule_more_times").click().run()
    app.time_input(key=key("time_1")).set_value(time(17)).run()
    app.button(key="schedule_more_times").click().run()
    save(app)
    assert last(services).config.times == (time(9), time(17))


def test_days_off_follow_a_country_and_its_region(open_screen, services):
    app = open_screen("schedule_form.py", report=str(REPORT))
    app.selectbox(key=key("business_days")).set_value(BusinessDays.NEXT).run()
    app.get_by_key(key("days_by")).set_value(state.BY_COUNTRY).run()
    app.selectbox(key=key("part")).set_value("US-CA").run()
    app.date_input(key=key("quiet_add")).set_value(date(2026, 12, 24)).run()
    save(app)
    config = last(services).config
    assert (config.business_days, config.calendar) == (BusinessDays.NEXT, "US-CA")
    assert config.quiet_dates == (date(2026, 12, 24),)


def test_days_off_follow_a_calendar_of_the_organization(open_screen, services):
    app = open_screen("schedule_form.py", report=str(REPORT))
    app.selectbox(key=key("business_days")).set_value(BusinessDays.SKIP).run()
    app.get_by_key(key("days_by")).set_value(state.BY_OURS).run()
    save(app)
    assert last(services).config.calendar_id == fake_data.make_id("calendar Press room")


def test_the_next_runs_say_what_they_cover(open_screen):
    app = open_screen("schedule_form.py", report=str(REPORT))
    shown = " ".join(str(item.value) for item in app.html)
    assert shown.count("covers 16 to 22 Nov 2026") == 5
    assert "Mon 30 Nov 2026, 09:00" in shown
    assert "14:00 UTC" in shown


def test_terms_are_saved_as_chosen(open_screen, services):
    app = open_screen("schedule_form.py", report=str(REPORT))
    app.selectbox(key=key("condition")).set_value(ConditionKind.THRESHOLD).run()
    app.number_input(key=key("limit")).set_value(1000.0).run()
    app.checkbox(key=key("until_recovers")).check().run()
    app.toggle(key=key("waits")).set_value(True).run()
    app.toggle(key=key("holds")).set_value(True).run()
    app.selectbox(key=key("unknown")).set_value(UnknownThen.HOLD).run()
    save(app)
    terms = last(services).terms
    assert terms.condition == Condition(
        kind=ConditionKind.THRESHOLD, measure=fake_data.SUMMARY.kpis[0].key, op=">", value=1000.0, until_recovers=True
    )
    assert terms.freshness == Freshness(field="started_at", max_age_s=86_400, deadline_s=7200)
    assert (terms.hold.max_change_pct, terms.unknown) == (50.0, UnknownThen.HOLD)


def test_a_term_that_lacks_its_number_is_said_beside_it(open_screen, services):
    app = open_screen("schedule_form.py", report=str(REPORT))
    before = len(services.schedules.items)
    app.selectbox(key=key("condition")).set_value(ConditionKind.THRESHOLD).run()
    save(app)
    assert len(app.error) == 1
    assert len(services.schedules.items) == before


def test_other_places_are_rows(open_screen, services):
    app = open_screen("schedule_form.py", report=str(REPORT))
    app.button(key="schedule_more_places").click().run()
    app.text_input(key=key("place_0_address")).set_value("#sales").run()
    app.button(key="schedule_more_places").click().run()
    app.button(key="schedule_place_1_less").click().run()
    app.text_area(key=key("recipients")).set_value("ada@example.com").run()
    save(app)
    newsroom = fake_data.make_id("destination Newsroom")
    assert last(services).recipients == (
        Recipient(channel="email", address="ada@example.com"),
        Recipient(channel="slack", address="#sales", destination_id=newsroom),
    )


TERMS = Terms(
    condition=Condition(
        kind=ConditionKind.DEVIATION, measure="revenue", op="up", value=12.5, against=Against.MEDIAN, window=9
    ),
    freshness=Freshness(field="started_at", max_age_s=90, deadline_s=3 * 86_400, then=StaleThen.NOTIFY),
    hold=Hold(measure="revenue", max_change_pct=80.0),
    unknown=UnknownThen.HOLD,
)


@pytest.mark.parametrize("terms", [Terms(), TERMS, Terms(condition=Condition(kind=ConditionKind.ROWS))])
def test_terms_come_back_as_they_were(terms):
    assert terms_state.terms_of(terms_state.values_in(terms)) == terms


def test_recipients_come_back_as_they_were():
    given = (
        Recipient(channel="email", address="a@b.de", role="bcc"),
        Recipient(channel="folder", address="{report}"),
        Recipient(channel="slack", address="#a", destination_id=fake_data.make_id("destination Newsroom")),
    )
    assert recipients.recipients_of(recipients.values_in(given)) == given
