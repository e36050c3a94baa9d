"""Calendars of the organization: typed or read from a file, shown as understood, kept while schedules follow them."""

from datetime import date

import pytest

from core.domain.calendar import DayOff
from pages.widgets import calendar_lines as lines
from pages.widgets import keys

from . import fake_data

PRESS_ROOM = fake_data.make_id("calendar Press room")
ICS = b"""BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20270101\r
SUMMARY:New Year\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"""


def html(app):
    return " ".join(str(item.value) for item in app.html)


def test_calendars_are_listed_with_who_follows_them(open_screen):
    shown = html(open_screen("calendars.py"))
    assert "Thu 24 Dec 2026 Christmas Eve" in shown
    assert "2 schedules" in shown


def test_a_calendar_is_typed(open_screen, services):
    app = open_screen("calendars.py", calendar="new")
    app.text_input(key=keys.CALENDAR_NAME).set_value("Depot")
    app.text_area(key=keys.CALENDAR_DAYS).set_value("2026-12-28 to 2026-12-30 Inventory\nsomeday").run()
    assert "is no date" in " ".join(item.value for item in app.caption)
    assert "Tue 29 Dec 2026" in html(app)
    app.button(key=keys.CALENDAR_SAVE).click().run()
    assert "Mend the lines" in app.error[0].value
    app.text_area(key=keys.CALENDAR_DAYS).set_value("2026-12-28 to 2026-12-30 Inventory")
    app.button(key=keys.CALENDAR_SAVE).click().run()
    made = list(services.calendars.items.values())[-1]
    assert (made.name, [day.on.day for day in made.days_off]) == ("Depot", [28, 29, 30])


def test_a_calendar_file_adds_its_days(open_screen):
    app = open_screen("calendars.py", calendar=str(PRESS_ROOM))
    app.file_uploader[0].set_value(("off.ics", ICS, "text/calendar")).run()
    typed = app.text_area(key=keys.CALENDAR_DAYS).value
    assert typed == "2026-12-24 Christmas Eve\n2026-12-31 Inventory\n2027-01-01 New Year"


def test_what_is_no_calendar_file_is_said_below_it(open_screen):
    app = open_screen("calendars.py", calendar="new")
    app.file_uploader[0].set_value(("off.ics", b"nothing", "text/calendar")).run()
    assert "no calendar file" in app.error[0].value


def test_editing_names_the_schedules_that_follow(open_screen):
    app = open_screen("calendars.py", calendar=str(PRESS_ROOM))
    assert app.text_input(key=keys.CALENDAR_NAME).value == "Press room"
    assert "Board pack" in html(app)


@pytest.mark.parametrize("named", ["nonsense", str(fake_data.make_id("nowhere"))])
def test_an_address_that_names_no_calendar_is_said(open_screen, named):
    assert len(open_screen("calendars.py", calendar=named).error) == 1


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-24 Christmas Eve\n2026-12-28 to 2026-12-30 Inventory",
        "2026-12-24\n2026-12-25 Christmas",
        "",
    ],
)
def test_lines_come_back_as_they_were(text):
    assert lines.text_of(lines.days_in(text).days_off) == text


@pytest.mark.parametrize("line", ["2026-13-01", "24.12.2026", "2026-12-30 to 2026-12-28", "2026-01-01 to 2030-01-01"])
def test_lines_that_are_no_dates_are_named(line):
    assert lines.days_in(line) == lines.Typed(days_off=(), misread=(line,))


def test_a_day_is_named_once():
    found = lines.days_in("2026-12-24, Eve\n2026-12-24 Again").days_off
    assert found == (DayOff(on=date(2026, 12, 24), name="Eve"),)
