"""What all JSON forms share: models that give domain values, mistakes with their places, size limits, dumping."""

import json
import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from core.domain.json_values import IN_WORDS
from core.errors import InvalidInput

_MAX_CONTAINER_DEPTH = 40
_TAG = re.compile(r"<\w+>")
_NOTHING: Mapping[type, tuple[str, ...]] = {}
_NO_DEFAULT = object()


class Model(BaseModel):
    """A JSON object whose keys are the fields of a domain value; every other key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @abstractmethod
    def build(self) -> object:
        """The domain value."""

    def parts(self) -> dict[str, Any]:
        """The values of all keys, those of nested objects too."""
        return {name: _plain(getattr(self, name)) for name in type(self).model_fields}


def _plain(value: object) -> object:
    if isinstance(value, Model):
        return value.build()
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value


def walk_models(model: Model, path: str = "") -> Iterator[tuple[str, Model]]:
    """The object and all objects in it, each with its place."""
    yield path, model
    for name in type(model).model_fields:
        place = f"{path}.{name}" if path else name
        content = getattr(model, name)
        if isinstance(content, Model):
            yield from walk_models(content, place)
        elif isinstance(content, tuple):
            for index, item in enumerate(content):
                if isinstance(item, Model):
                    yield from walk_models(item, f"{place}[{index}]")


def check_size(
    data: Mapping[Any, Any], *, what: str, max_bytes: int, refuse: type[InvalidInput], place: str = ""
) -> None:
    """Refuse what is too deep or too large before anything recursive touches it."""
    level: list[object] = [data]
    for _ in range(_MAX_CONTAINER_DEPTH):
        level = [child for container in level for child in _children(container)]
        if not level:
            break
    else:
        raise refuse(f"{what} nests at most {_MAX_CONTAINER_DEPTH} levels deep.", place=place)
    size = len(json.dumps(data, default=str, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if size > max_bytes:
        raise refuse(f"{what} has at most {max_bytes // 1_000_000} MB; this one has {size / 1e6:.1f} MB.", place=place)


def _children(container: object) -> Iterable[object]:
    if isinstance(container, dict):
        return container.values()
    return container if isinstance(container, list | tuple) else ()


def first_mistake(error: ValidationError) -> tuple[str, str]:
    """The place of the first mistake, such as `filters.items[0].operator`, and the mistake in words."""
    first = error.errors(include_url=False, include_context=True)[0]
    place = place_of(first["loc"])
    reason = mistake_words(first, key=place.rpartition(".")[2])
    return place, (f"{place}: {reason}" if place else reason)[:500]


#: What is needed where a value is of another type, by pydantic's name of the mistake up to its first underscore.
_NEEDED = {
    "bool": "Either true or false",
    "date": "A day such as 2026-11-23",
    "decimal": "A number",
    "dict": "An object with keys",
    "finite": "A finite number",
    "float": "A number",
    "frozenset": "A list",
    "int": "A whole number",
    "list": "A list",
    "set": "A list",
    "string": "A text",
    "tuple": "A list",
    "url": "An address that begins with https://",
    "uuid": "An id",
}
_WRONG_TYPE = re.compile(r"([a-z]+)_(?:type|parsing|from_float|number|from_date|unicode|sub_type)")
#: What a value may be, by pydantic's name of the mistake and of the bound.
_BOUNDS = {
    "string_too_short": ("min_length", "It needs at least {} characters."),
    "string_too_long": ("max_length", "It may have up to {} characters."),
    "too_short": ("min_length", "It needs at least {} entries."),
    "too_long": ("max_length", "It may have up to {} entries."),
    "greater_than": ("gt", "It must be more than {}."),
    "greater_than_equal": ("ge", "It must be at least {}."),
    "less_than": ("lt", "It must be less than {}."),
    "less_than_equal": ("le", "It must be at most {}."),
}


def mistake_words(mistake: ErrorDetails | Mapping[str, Any], *, key: str) -> str:
    """A mistake that pydantic found in the value of `key`, for people who never heard of it."""
    kind = str(mistake["type"])
    wrong = _WRONG_TYPE.fullmatch(kind)
    if wrong and wrong[1] in _NEEDED:
        return f"{_NEEDED[wrong[1]]} is needed here."
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        limit = mistake.get("ctx", {}).get(bound)
        if limit == 1 and kind.endswith("short"):
            return "It cannot be empty."
        return words.format(f"{limit:,}" if isinstance(limit, int) else limit)
    return _other(mistake, key=key)


def _other(mistake: ErrorDetails | Mapping[str, Any], *, key: str) -> str:
    match mistake["type"]:
        case "extra_forbidden":
            return f"There is no key '{key}' here."
        case "missing":
            return f"'{key}' is missing."
        case "enum" | "literal_error":
            return f"'{mistake['input']}' is not one of {mistake.get('ctx', {}).get('expected', 'the known values')}."
        case "model_type" | "model_attributes_type":
            return "An object with keys is needed here."
        case kind if kind == IN_WORDS:
            return mistake["msg"]
        case _:
            return f"{mistake['msg'].removesuffix('.')}."


def place_of(location: tuple[int | str, ...]) -> str:
    """Write pydantic's location as a path; the tags of unions are not part of the input."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not _TAG.fullmatch(part):
            path += f".{part}" if path else part
    return path


def dump_value(value: object, *, whole: bool = False, kept: Mapping[type, tuple[str, ...]] = _NOTHING) -> Any:
    """The JSON of a domain value: keys at their defaults are left out, those `kept` for its type excepted.

    `whole` writes every key of the outermost object.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return _dump_object(value, whole=whole, kept=kept)
    if isinstance(value, tuple):
        return [dump_value(item, kept=kept) for item in value]
    if isinstance(value, StrEnum | UUID):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def _dump_object(value: Any, *, whole: bool, kept: Mapping[type, tuple[str, ...]]) -> dict[str, Any]:
    """A value that carries its kind beside its fields says it first."""
    names = {field.name for field in fields(value)}
    dumped = {"kind": value.kind} if "kind" not in names and hasattr(value, "kind") else {}
    always = kept.get(type(value), ())
    for field in fields(value):
        content = getattr(value, field.name)
        if whole or field.name in always or content != _default(field):
            dumped[field.name] = dump_value(content, kept=kept)
    return dumped


def _default(field: "Field[Any]") -> object:
    return field.default if field.default is not MISSING else _NO_DEFAULT
