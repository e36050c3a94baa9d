"""Cron lines taken apart into choices and put together again, and their words."""

import random
from datetime import UTC, datetime

import pytest

from core.domain.schedule import Cadence, ScheduleConfig
from core.errors import InvalidSchedule
from core.schedules.cron import CronLine, parse_cron
from core.schedules.cron_builder import CronPart, CronParts, PartKind, expression_of, parts_of
from core.schedules.cron_words import describe_line
from core.schedules.recurrence import next_fire_times

LINES = 10_000
_FIELDS = ((0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, ("jan", "MAR", "dec")), (0, 7, ("sun", "Mon", "fri")))


def _entry(rng: random.Random, low: int, high: int, names: tuple[str, ...]) -> str:
    kind = rng.random()
    if kind < 0.1 and names:
        return rng.choice(names)
    if kind < 0.45:
        return str(rng.randint(low, high))
    if kind < 0.65:
        return f"*/{rng.choice((1, 2, 3, 4, 5, 6, 7, 10, 12, 15, 20, 24, 30, 60, 90))}"
    first = rng.randint(low, high)
    span = f"{first}-{rng.randint(first, high)}"
    return span if rng.random() < 0.6 else f"{span}/{rng.randint(1, 9)}"


def _field(rng: random.Random, low: int, high: int, names: tuple[str, ...]) -> str:
    if rng.random() < 0.35:
        return "*"
    return ",".join(_entry(rng, low, high, names) for _ in range(rng.choice((1, 1, 1, 2, 3))))


def generated_lines() -> list[str]:
    rng = random.Random(20261123)
    return [" ".join(_field(rng, *field) for field in _FIELDS) for _ in range(LINES)]


def fire_set(line: CronLine) -> tuple[object, ...]:
    """All that decides when a line fires; the days as what they match, not as they are written."""
    days = frozenset((day, weekday) for day in range(1, 32) for weekday in range(7) if line.matches_day(day, weekday))
    return line.minutes, line.hours, line.hour_is_star, line.months, days


def test_lines_taken_apart_and_put_together_fire_at_the_same_times() -> None:
    shown = 0
    for line in generated_lines():
        parts = parts_of(line)
        if parts is not None:
            shown += 1
            assert fire_set(parse_cron(expression_of(parts))) == fire_set(parse_cron(line)), line
    assert shown > LINES * 0.7


def test_the_slots_themselves_are_the_same() -> None:
    after = datetime(2026, 3, 28, 20, tzinfo=UTC)  # the clocks of Berlin change in the next night
    for line in generated_lines()[:150]:
        parts = parts_of(line)
        if parts is not None:
            configs = (
                ScheduleConfig(cadence=Cadence.CRON, timezone="Europe/Berlin", cron_expression=text)
                for text in (line, expression_of(parts))
            )
            ours, theirs = (next_fire_times(config, after=after, count=30) for config in configs)
            assert [slot.at for slot in ours] == [slot.at for slot in theirs], line


def test_words_are_the_same_only_for_lines_that_fire_at_the_same_times() -> None:
    said: dict[str, tuple[object, ...]] = {}
    for line in generated_lines():
        parsed = parse_cron(line)
        words = describe_line(parsed)
        assert words[0].isupper()
        assert "*" not in words
        assert said.setdefault(words, fire_set(parsed)) == fire_set(parsed), (line, words)


def test_the_clock_shows_in_the_words_of_lines_that_differ_only_when_it_is_changed() -> None:
    pairs = (
        ("0 * * * *", "0 0-23 * * *"),
        ("*/5 * * * *", "*/5 0-23 * * *"),
        ("0 */6 * * *", "0 0-18/6 * * *"),
        ("0,9 */5 * * *", "0,9 0-20/5 * * *"),
    )
    for by_elapsed_time, by_wall_clock in pairs:
        assert describe_line(parse_cron(by_elapsed_time)) != describe_line(parse_cron(by_wall_clock))


@pytest.mark.parametrize(
    ("parts", "expression"),
    [
        (CronParts(), "* * * * *"),
        (CronParts(minute=CronPart(kind=PartKind.STEP, n=15)), "*/15 * * * *"),
        (
            CronParts(
                minute=CronPart(kind=PartKind.AT, at=(30, 0)),
                hour=CronPart(kind=PartKind.RANGE, first=9, last=17),
                weekday=CronPart(kind=PartKind.RANGE, first=1, last=5),
            ),
            "0,30 9-17 * * 1-5",
        ),
        (CronParts(weekday=CronPart(kind=PartKind.AT, at=(7,)), hour=CronPart(kind=PartKind.AT, at=(0,))), "* 0 * * 7"),
        (CronParts(hour=CronPart(kind=PartKind.RANGE, first=8, last=20, n=4)), "* 8-20/4 * * *"),
    ],
)
def test_choices_and_their_line(parts: CronParts, expression: str) -> None:
    assert expression_of(parts) == expression
    assert expression_of(parts_of(expression) or CronParts()) == expression


def test_what_no_choice_stands_for() -> None:
    assert parts_of("0 */2,5 * * *") is None
    assert parts_of("0 9 */2,5 * *") is None


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (CronPart(kind=PartKind.AT), "at least one"),
        (CronPart(kind=PartKind.AT, at=(24,)), "24 is outside 0 to 23"),
        (CronPart(kind=PartKind.STEP, n=0), "1 to 24"),
        (CronPart(kind=PartKind.RANGE, first=5, last=4), "ends before"),
    ],
)
def test_choices_that_cannot_be_made(part: CronPart, words: str) -> None:
    with pytest.raises(InvalidSchedule, match=words):
        expression_of(CronParts(hour=part))
