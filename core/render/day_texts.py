"""Columns of days as people read them; each different day is written once."""

from datetime import date

import numpy as np

from core.domain.field import DateStyle
from core.domain.word_forms import day_words

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day_texts(days: "np.ndarray", style: DateStyle | None = None) -> list[str]:
    """Days since 1970 as words; each different day is written once."""
    unique, position = np.unique(days, return_inverse=True)
    words = [_day_number_words(int(day), style) for day in unique]
    return [words[index] for index in position.tolist()]


def _day_number_words(day: int, style: DateStyle | None) -> str:
    """A day counted from 1970 as words; years outside 1 to 9999 are beyond `date` and go through NumPy."""
    text = str(np.datetime64(day, "D"))
    if len(text) == 10 and text[0] != "-" and text[:4] != "0000":
        return day_words(date.fromisoformat(text), style)
    year, month, day_of_month = text.rsplit("-", 2)
    return f"{int(day_of_month)} {_MONTHS[int(month) - 1]} {year}"
