"""Instants as text, beside what Python's own clock says of each."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from core.render.time_text import instant_text

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = (datetime(year, 1, 1, tzinfo=UTC) for year in (1920, 2037))
ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Kiritimati",
    "Pacific/Pago_Pago", "Australia/Lord_Howe",
]  # fmt: skip


def micros_of(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("has_fractions", [False, True])
def test_every_instant_reads_as_python_writes_it(zone: str, has_fractions: bool) -> None:
    chance = random.Random(zone)
    seconds = [chance.randrange(micros_of(FIRST) // 10**6, micros_of(LAST) // 10**6) for _ in range(3000)]
    fractions = [chance.choice([0, chance.randrange(10**6)]) if has_fractions else 0 for _ in seconds]
    micros: list[int | None] = [second * 10**6 + part for second, part in zip(seconds, fractions, strict=True)]
    micros += [None, micros_of(FIRST), micros_of(LAST) - 1 if has_fractions else 0]
    expected = [
        None if each is None else (EPOCH + timedelta(microseconds=each)).astimezone(ZoneInfo(zone)).isoformat()
        for each in micros
    ]
    array = pa.array(micros, pa.timestamp("us", tz="UTC"))
    assert instant_text(array, zone).to_pylist() == expected
    assert instant_text(array[2990:], zone).to_pylist() == expected[2990:]


@pytest.mark.parametrize("cells", [[], [None], [None, None]])
def test_nothing_stays_nothing(cells: list[None]) -> None:
    assert instant_text(pa.array(cells, pa.timestamp("us", tz="UTC")), "Europe/Berlin").to_pylist() == cells


def test_naive_instants_have_no_offset() -> None:
    array = pa.array([0, 1_500_000, None], pa.timestamp("us"))
    assert instant_text(array, "UTC").to_pylist() == ["1970-01-01T00:00:00", "1970-01-01T00:00:01.500000", None]
