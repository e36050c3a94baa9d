"""What values a request may hold: text that can be stored, instants that say their offset, pages that exist."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from core.domain.text import check_text
from core.errors import InvalidInput

Json = dict[str, Any]
#: The years a logical time may lie in: windows reach some centuries further on both sides.
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_MAX_TEXT = 20_000
#: Where in a JSON object a mistake lies, in the context of the mistake: `.csv.delimiter`.
INNER = "inner_place"


def _storable(value: str) -> str:
    try:
        return check_text(value, place="text", max_length=_MAX_TEXT)
    except InvalidInput as error:
        raise PydanticCustomError("text", "{reason}", {"reason": error.user_message}) from error


def _instant(value: object) -> datetime:
    """Accept ISO 8601 text with an offset: a number or a naive time would be read in a way its author did not mean."""
    if not isinstance(value, str):
        raise PydanticCustomError("instant", "Write a time as text, as in 2026-11-23T09:00:00+01:00.")
    try:
        given = datetime.fromisoformat(value)
        if given.tzinfo is None:
            raise PydanticCustomError("instant", "Give the time with its offset, as in 2026-11-23T09:00:00+01:00.")
        instant = given.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        if isinstance(error, PydanticCustomError):
            raise
        raise PydanticCustomError("instant", "This is not a time such as 2026-11-23T09:00:00+01:00.") from error
    if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
        raise PydanticCustomError("instant", f"A time lies between the years {_FIRST_YEAR} and {_LAST_YEAR}.")
    return instant


def _storable_json(value: Json) -> Json:
    """Check every text in a JSON object, keys included; the mistake says where in it."""
    waiting: list[tuple[str, object]] = [("", value)]
    while waiting:
        place, item = waiting.pop()
        if isinstance(item, dict):
            for key in item:
                waiting += [(place, key), (f"{place}.{key}", item[key])]
        elif isinstance(item, list):
            waiting += [(f"{place}[{index}]", each) for index, each in enumerate(item)]
        elif isinstance(item, str):
            _storable_at(item, place)
    return value


def _storable_at(value: str, place: str) -> None:
    try:
        check_text(value, place=place.lstrip(".") or "text", max_length=_MAX_TEXT)
    except InvalidInput as error:
        raise PydanticCustomError("text", "{reason}", {"reason": error.user_message, INNER: place}) from error


Text = Annotated[str, AfterValidator(_storable)]
Instant = Annotated[datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
Object = Annotated[Json, AfterValidator(_storable_json)]
Search = Annotated[Text, Field(max_length=200)]
PageNumber = Annotated[int, Field(ge=1, le=1_000_000)]
PageLimit = Annotated[int, Field(ge=1, le=200)]
PreviewLimit = Annotated[int, Field(ge=1, le=1000)]
#: Versions are 32-bit integers in the database.
VersionNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]
