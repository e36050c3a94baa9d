"""The list of schedules: found, paused with a reason, given away, and many of them at once."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.services.schedule_care import BulkAction
from pages.widgets import keys

from . import fake_data, fake_services

USAGE = fake_data.make_id("schedule Usage Summary")
REVENUE = fake_data.make_id("schedule Revenue by country")
CHURN = fake_data.make_id("schedule Churn watch")


def links(app):
    return [item.value for item in app.page_link]


def html(app):
    return " ".join(str(item.value) for item in app.html)


@pytest.fixture
def choose(monkeypatch):
    """Choose in a row's menu: AppTest has no menu buttons. It stays chosen, as a dialog stays open."""

    def choose_it(app, schedule_id, option):
        menu = f"schedules_menu_{schedule_id}"
        monkeypatch.setattr("pages.widgets.rows.menu", lambda key, options: option if key == menu else None)
        return app.run()

    return choose_it


def test_schedules_are_found_by_name_report_and_status(open_screen, services):
    services.schedules.items[REVENUE] = replace(
        services.schedules.items[REVENUE], failing_since=fake_data.NOW - timedelta(days=11)
    )
    app = open_screen("schedules.py")
    assert len(links(app)) == 3
    assert "Failing since 12 Nov" in html(app)
    app.text_input(key=keys.SCHEDULES_SEARCH).set_value("churn").run()
    assert links(app) == ["Churn watch, regularly"]
    app.text_input(key=keys.SCHEDULES_SEARCH).set_value("").run()
    app.get_by_key(keys.SCHEDULES_STATUS).set_value("Failing").run()
    assert links(app) == ["Revenue by country, regularly"]
    app.text_input(key=keys.SCHEDULES_SEARCH).set_value("zebra").run()
    assert "No schedule is like that" in app.markdown[-1].value


def test_a_paused_schedule_says_until_when_and_why(open_screen, services):
    until = fake_data.NOW + timedelta(days=7)
    services.schedules.pause(None, USAGE, until=until, because="Stocktaking")
    services.schedules.items[CHURN] = replace(services.schedules.items[CHURN], owner_left_at=fake_data.NOW)
    shown = html(open_screen("schedules.py"))
    assert "Paused until 30 Nov 2026" in shown
    assert "Stocktaking" in shown
    assert "Paused: its owner left" in shown


def test_pause_until_takes_a_day_and_a_reason(open_screen, services, choose):
    app = choose(open_screen("schedules.py"), USAGE, "Pause until …")
    app.text_input[-1].set_value("Stocktaking")
    app.button(key=keys.SCHEDULES_PAUSE).click().run()
    paused = services.schedules.items[USAGE]
    assert (paused.is_active, paused.paused_because) == (False, "Stocktaking")
    assert paused.paused_until.isoformat() == "2026-11-30T00:00:00-05:00"


def test_a_new_owner_who_is_none_is_said_where_it_was_asked(open_screen, services, choose):
    app = choose(open_screen("schedules.py"), USAGE, "Give to somebody …")
    app.text_input[-1].set_value("nobody@example.com").run()
    app.button(key=keys.SCHEDULES_TRANSFER).click().run()
    assert "Nobody with this address" in app.error[0].value
    assert services.schedules.items[USAGE].owner_name == "Ada Lovelace"


def test_past_runs_are_counted_before_they_are_made(open_screen, services, choose):
    app = choose(open_screen("schedules.py"), USAGE, "Make past runs …")
    assert "The schedule has 5 times in this range." in [item.value for item in app.caption]
    app.button(key=keys.BACKFILL_GO).click().run()
    ((schedule_id, first, last, deliver, again),) = services.backfill.asked
    assert (schedule_id, deliver, again) == (USAGE, False, False)
    assert first.isoformat() == "2026-10-26T00:00:00-04:00"
    assert last == fake_data.NOW


def test_many_are_paused_at_once(open_screen, services):
    app = open_screen("schedules.py")
    assert not [item for item in app.button if (item.key or "").startswith("schedules_bulk")]
    app.checkbox(key=f"schedules_tick_{USAGE}").check().run()
    app.checkbox(key=f"schedules_tick_{REVENUE}").check().run()
    assert "**2 chosen**" in [item.value for item in app.markdown]
    app.button(key="schedules_bulk_pause").click().run()
    ((ids, order),) = services.schedule_care.orders
    assert (set(ids), order.action) == ({USAGE, REVENUE}, BulkAction.PAUSE)
    assert not services.schedules.items[REVENUE].is_active
    assert not app.checkbox(key=f"schedules_tick_{USAGE}").value


def test_a_viewer_chooses_nothing(open_screen, services):
    services.access.sessions[fake_services.TOKEN] = fake_data.principal("viewer")
    app = open_screen("schedules.py")
    assert len(app.checkbox) == 0
    assert all(toggle.disabled for toggle in app.toggle)


def test_the_calendar_leads_to_runs_and_schedules_and_is_remembered(open_screen, services):
    app = open_screen("schedules.py")
    app.get_by_key(keys.SCHEDULES_VIEW).set_value("Month").run()
    shown = html(app)
    assert "Thanksgiving" in shown
    assert "Quiet: Usage Summary, regularly" in shown
    assert any("November 2026" in str(item.value) for item in app.html)
    run, coming, many = app.page_link[:3]
    assert (run.proto.query_string, "Failed: " in run.help) == (f"run={USAGE}", True)
    assert coming.proto.query_string == f"schedule={REVENUE}"
    assert "05:00 to 09:55, 60 times" in many.help
    assert services.schedule_calendar.asked[-1] == (date(2026, 10, 26), date(2026, 12, 6), "")
    app.button(key="schedules_turn_The month after").click().run()
    assert services.schedule_calendar.asked[-1][:2] == (date(2026, 11, 30), date(2027, 1, 3))
    app.switch_page("runs.py").run()
    app.switch_page("schedules.py").run()
    assert services.schedule_calendar.asked[-1][:2] == (date(2026, 11, 30), date(2027, 1, 3))


def test_what_does_not_fit_into_a_day_is_one_press_away(open_screen, services):
    services.schedule_calendar.copies = 9
    app = open_screen("schedules.py")
    app.get_by_key(keys.SCHEDULES_VIEW).set_value("Month").run()
    assert len(app.page_link) == 3
    app.button(key="calendar_more_2026-11-23").click().run()
    assert services.schedule_calendar.asked[-1][:2] == (date(2026, 11, 23), date(2026, 11, 29))
    assert len(app.page_link) == 27
