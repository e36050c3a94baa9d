"""The small pieces of sentences about schedules: lists, places in a row, days of the week."""

from calendar import day_name
from collections.abc import Sequence

from core.domain.calendar import WORKING_WEEK


def join_words(words: Sequence[str]) -> str:
    """Words as a list in a sentence: "a", "a and b", "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def ordinal(number: int) -> str:
    """A number as a place in a row: 1st, 2nd, 11th."""
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def every_weekday(days: tuple[int, ...]) -> str:
    """What follows "Every": days of the week in order, Monday = 1."""
    if days == WORKING_WEEK:
        return "weekday (Monday to Friday)"
    return "day" if len(days) == 7 else listed_weekdays(days)


def listed_weekdays(days: tuple[int, ...]) -> str:
    """Names of days, Monday = 1."""
    return join_words([day_name[day - 1] for day in days])
