"""The offsets of a span are those of the whole calendar, and only as many as the span needs."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalog.sources.mysql_zones import _all_offsets, _offsets_within

ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "UTC")
_instants = st.integers(-2_177_000_000, 6_940_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))


def offset_at(offsets, instant):
    return next((seconds for until, seconds in offsets if instant < until), offsets[-1][1])


@settings(deadline=None)  # the first call of a zone reads all its changes
@given(st.sampled_from(ZONES), _instants, st.timedeltas(timedelta(seconds=1), timedelta(days=30_000)), st.floats(0, 1))
def test_every_instant_of_a_span_has_its_offset(zone, starts_at, length, place):
    ends_at = starts_at + length
    instant = starts_at + (length - timedelta(seconds=1)) * place
    within = _offsets_within(zone, (starts_at, ends_at))
    assert offset_at(within, instant) == offset_at(_all_offsets(zone), instant)


@pytest.mark.parametrize("zone", ZONES)
def test_a_span_of_26_years_needs_few_of_them(zone):
    within = _offsets_within(zone, (datetime(2000, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)))
    assert len(within) <= 53
