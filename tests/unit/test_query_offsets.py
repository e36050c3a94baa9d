from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalog.sources.offsets import all_utc_offsets, offsets_within, utc_offsets

ZONES = ["Africa/Cairo", "Africa/Casablanca", "America/Santiago", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Tehran"]


@given(
    zone=st.sampled_from(ZONES),
    start=st.datetimes(datetime(1990, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001
    days=st.integers(1, 900),
    share=st.floats(0, 1, exclude_max=True),
)
def test_every_instant_of_the_span_finds_its_offset(zone: str, start: datetime, days: int, share: float) -> None:
    starts_at = start.replace(microsecond=0, tzinfo=UTC)
    ends_at = starts_at + timedelta(days=days)
    offsets = utc_offsets(zone, starts_at, ends_at)
    assert offsets is not None
    instant = min(starts_at + timedelta(days=days) * share, ends_at - timedelta(microseconds=1))
    seconds = next(seconds for until, seconds in offsets if instant < until)
    assert timedelta(seconds=seconds) == instant.astimezone(ZoneInfo(zone)).utcoffset()


@given(zone=st.sampled_from(ZONES), year=st.integers(1995, 2030))
def test_the_offset_changes_exactly_where_it_is_said_to(zone: str, year: int) -> None:
    offsets = utc_offsets(zone, datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC))
    assert offsets is not None
    for until, seconds in offsets[:-1]:
        before = (until - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).utcoffset()
        assert before == timedelta(seconds=seconds) != until.astimezone(ZoneInfo(zone)).utcoffset()


@pytest.mark.parametrize(("hours", "expected"), [(1, [-14400]), (2, [-14400, -10800])])
def test_a_change_at_the_very_end_belongs_to_what_comes_after(hours: int, expected: list[int]) -> None:
    start = datetime(2026, 9, 6, 3, tzinfo=UTC)
    offsets = utc_offsets("America/Santiago", start, start + timedelta(hours=hours))
    assert offsets is not None
    assert [seconds for _, seconds in offsets] == expected


def test_a_span_of_more_than_a_decade_is_left_to_the_engine() -> None:
    assert utc_offsets("Africa/Cairo", datetime(2000, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)) is None


CENTURIES = ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
_instants = st.integers(-2_177_000_000, 6_940_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))


def offset_at(offsets: tuple[tuple[datetime, int], ...], instant: datetime) -> int:
    return next((seconds for until, seconds in offsets if instant < until), offsets[-1][1])


@settings(deadline=None)  # the first call of a zone reads all its changes
@given(
    st.sampled_from(CENTURIES), _instants, st.timedeltas(timedelta(seconds=1), timedelta(days=30_000)), st.floats(0, 1)
)
def test_every_instant_of_a_long_span_has_its_offset(
    zone: str, starts_at: datetime, length: timedelta, place: float
) -> None:
    instant = starts_at + (length - timedelta(seconds=1)) * place
    within = offsets_within(zone, (starts_at, starts_at + length))
    assert offset_at(within, instant) == offset_at(all_utc_offsets(zone), instant)


@pytest.mark.parametrize("zone", CENTURIES)
def test_a_span_of_26_years_needs_few_of_them(zone: str) -> None:
    within = offsets_within(zone, (datetime(2000, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)))
    assert len(within) <= 53


def test_without_a_span_there_are_those_of_three_centuries() -> None:
    assert offsets_within("Europe/Berlin", None) == all_utc_offsets("Europe/Berlin")
