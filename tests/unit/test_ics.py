"""Days off out of calendar files: what counts, what is left out, and files that mean harm."""

import time as stopwatch
from contextlib import suppress
from datetime import date

import pytest

from core.errors import InvalidUpload
from core.schedules.ics import MAX_BYTES, read_ics

NEW_YEAR = "DTSTART;VALUE=DATE:20260101"
EVERY_DAY = "RRULE:FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=MO,TU,WE,TH,FR,SA,SU"


def calendar(*events: tuple[str, ...]) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN"]
    for event in events:
        lines += ["BEGIN:VEVENT", *event, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def days(*events: tuple[str, ...]) -> list[str]:
    return [day.on.isoformat() for day in read_ics(calendar(*events)).days_off]


def test_an_event_is_a_day_off_with_its_name() -> None:
    reading = read_ics(calendar((NEW_YEAR, "SUMMARY:New Year\\, at last", "DESCRIPTION:x")))
    assert [(day.on, day.name) for day in reading.days_off] == [(date(2026, 1, 1), "New Year, at last")]
    assert reading.left_out == ()


def test_an_event_of_several_days_ends_before_its_end() -> None:
    assert days((NEW_YEAR, "DTEND;VALUE=DATE:20260104")) == ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert days((NEW_YEAR, "DURATION:P2D")) == ["2026-01-01", "2026-01-02"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("RRULE:FREQ=YEARLY;COUNT=3",), ["2026-01-01", "2027-01-01", "2028-01-01"]),
        (("RRULE:FREQ=YEARLY;INTERVAL=2;UNTIL=20301231",), ["2026-01-01", "2028-01-01", "2030-01-01"]),
        (("RRULE:FREQ=YEARLY;UNTIL=20280101T000000Z", "EXDATE;VALUE=DATE:20270101"), ["2026-01-01", "2028-01-01"]),
        (("RRULE:FREQ=YEARLY;COUNT=2;BYMONTH=11;BYDAY=4TH",), ["2026-11-26", "2027-11-25"]),
        (("RRULE:FREQ=YEARLY;COUNT=2;BYMONTH=5;BYDAY=-1MO",), ["2026-05-25", "2027-05-31"]),
        (("RRULE:FREQ=YEARLY;COUNT=2;BYMONTH=2;BYMONTHDAY=-1",), ["2026-02-28", "2027-02-28"]),
        (("RRULE:FREQ=YEARLY;COUNT=2;BYMONTH=2;BYMONTHDAY=29",), ["2028-02-29", "2032-02-29"]),
        (("RDATE;VALUE=DATE:20270104,20280103",), ["2026-01-01", "2027-01-04", "2028-01-03"]),
    ],
)
def test_yearly_repeats(lines: tuple[str, ...], expected: list[str]) -> None:
    assert days((NEW_YEAR, *lines)) == expected


def test_repeats_go_to_the_end_of_the_fire_times() -> None:
    found = days((NEW_YEAR, "RRULE:FREQ=YEARLY"))
    assert (found[0], found[-1], len(found)) == ("2026-01-01", "2100-01-01", 75)


def test_an_occurrence_that_was_moved_is_where_it_was_moved_to() -> None:
    series = ("UID:a", NEW_YEAR, "RRULE:FREQ=YEARLY;COUNT=3")
    moved = ("UID:a", "DTSTART;VALUE=DATE:20270104", "RECURRENCE-ID;VALUE=DATE:20270101")
    assert days(series, moved) == ["2026-01-01", "2027-01-04", "2028-01-01"]


def test_what_is_left_out_is_said() -> None:
    lunch, weekly = ("DTSTART:20260105T120000Z",), (NEW_YEAR, "RRULE:FREQ=WEEKLY")
    reading = read_ics(calendar((NEW_YEAR,), lunch, lunch, weekly, (NEW_YEAR, "STATUS:CANCELLED")))
    assert len(reading.days_off) == 1
    assert reading.left_out == (
        "2 events were left out: not all day.",
        "1 event was left out: repeated otherwise than yearly. Set the working week instead.",
    )


def test_alarms_timezones_and_folded_lines_do_no_harm() -> None:
    nested = (NEW_YEAR, "SUMMARY:Long", "  name", "BEGIN:VALARM", "DTSTART;VALUE=DATE:20990101", "END:VALARM")
    reading = read_ics(b"\xef\xbb\xbf" + calendar(nested))
    assert [(str(day.on), day.name) for day in reading.days_off] == [("2026-01-01", "Long name")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no calendar file"),
        (b"%PDF-1.7", "no calendar file"),
        (b"\x00\xff" * 1000, "no calendar file"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + NEW_YEAR.encode(), "breaks off"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 20_000, "events"),
        (b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n", "no calendar file"),
        (b"BEGIN:VCALENDAR" + b"x" * MAX_BYTES, "larger than 512 KB"),
        (calendar(*[(NEW_YEAR,)] * 2001), "2,000 events"),
        (calendar(), "no days off"),
        (calendar(("DTSTART:20260105T120000Z",)), "not all day"),
        (calendar(("DTSTART;VALUE=DATE:99999999",)), "cannot be read"),
        (calendar(("DTSTART;VALUE=DATE:00010101", "RRULE:FREQ=YEARLY")), "cannot be read"),
        (calendar((NEW_YEAR, "DTSTART;VALUE=DATE:20260102")), "cannot be read"),
        (calendar((NEW_YEAR, "RRULE:FREQ=YEARLY;INTERVAL=0")), "cannot be read"),
        (calendar((NEW_YEAR, "RRULE:FREQ=YEARLY;COUNT=-1")), "cannot be read"),
        (calendar((NEW_YEAR, "RRULE:FREQ=YEARLY;BYMONTH=13")), "cannot be read"),
        (calendar((NEW_YEAR, "RRULE:FREQ=NONSENSE")), "cannot be read"),
        (calendar((NEW_YEAR, "DURATION:P99999999999D")), "cannot be read"),
        (calendar((NEW_YEAR, "DTEND;VALUE=DATE:20990101")), "longer than a year"),
        (calendar((NEW_YEAR, "EXDATE:zzz")), "cannot be read"),
        (calendar(*[(NEW_YEAR, "RRULE:FREQ=YEARLY")] * 301), "300 repeating"),
        (calendar(("DTSTART;VALUE=DATE:19000101", EVERY_DAY)), "10,000 days off"),
    ],
)  # fmt: skip
def test_hostile_files_are_refused_in_plain_words(content: bytes, words: str) -> None:
    with pytest.raises(InvalidUpload) as caught:
        read_ics(content)
    assert words in caught.value.user_message


@pytest.mark.parametrize(
    "events",
    [
        [(NEW_YEAR, "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")] * 300,  # no such day in any year
        [(NEW_YEAR, "RRULE:FREQ=SECONDLY")] * 300,
        [("DTSTART" + ";X=1" * 100_000 + ":20260101",)],
        [(NEW_YEAR, "SUMMARY:" + "x" * 400_000)],
        [(NEW_YEAR, 'SUMMARY;A="' * 2000 + ":x")],
    ],
)
def test_no_file_keeps_the_reader_busy(events: list[tuple[str, ...]]) -> None:
    read = calendar((NEW_YEAR,))
    read_ics(read)
    begun = stopwatch.process_time()  # the machine may be busy
    with suppress(InvalidUpload):
        read_ics(calendar(*events))
    assert stopwatch.process_time() - begun < 5


def test_names_that_cannot_be_stored_are_dropped() -> None:
    (day,) = read_ics(calendar((NEW_YEAR, "SUMMARY:a\x00b\u202e"))).days_off
    assert day.name == ""
