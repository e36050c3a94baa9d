"""The values that JSON forms are made of, with bounded sizes: days, scalars, names, words and texts of expressions."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StrictFloat, StrictInt, StrictStr, WithJsonSchema, WrapValidator
from pydantic_core import PydanticCustomError

from core.domain.expression import MAX_CHARACTERS

MAX_TEXT = 10_000
MAX_VALUES = 10_000
MAX_COLUMNS = 200
#: The type of a refusal whose words are meant for people as they stand.
IN_WORDS = "in_words"
_MAX_NAME = 500
_LARGEST_NUMBER = 10**38
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def refusal(words: str) -> PydanticCustomError:
    """A refusal in words of our own; braces in them stand for themselves."""
    return PydanticCustomError(IN_WORDS, "{words}", {"words": words})


def _day(value: object) -> date:
    """Accept `2026-11-23` and nothing else that Python would call a date."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise refusal("There is no such day.") from error
    raise refusal("A day is written like 2026-11-23.")


def _scalar(value: Any, _handler: object) -> str | int | float | bool:
    """A text, number or truth value of bounded size, taken as it is."""
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise refusal(f"A text here has at most {MAX_TEXT:,} characters.")
        return _checked(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= _LARGEST_NUMBER:
        return value
    if isinstance(value, float) and abs(value) < float("inf"):
        return value
    raise refusal("A value is a text, a finite number, true or false.")


def _checked(value: str) -> str:
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise refusal("A text here must not hold NUL or half of a surrogate pair.")
    return value


def _characters(value: object) -> object:
    return _checked(value) if isinstance(value, str) else value


def _finite(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST_NUMBER:
        raise refusal("A finite number is needed here.")
    return value


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Value = Annotated[str | int | float | bool, WrapValidator(_scalar)]
FiniteNumber = Annotated[StrictInt | StrictFloat, BeforeValidator(_finite)]
Name = Annotated[StrictStr, Field(min_length=1, max_length=_MAX_NAME), BeforeValidator(_characters)]
#: Sentences for people; may be empty.
Words = Annotated[StrictStr, Field(max_length=MAX_TEXT), BeforeValidator(_characters)]
ExpressionText = Annotated[
    StrictStr,
    Field(min_length=1, max_length=MAX_CHARACTERS, examples=["sum(amount) / count()"]),
    BeforeValidator(_characters),
]
