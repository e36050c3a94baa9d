"""What differs between two states of a thing, line by line, as people read it."""

import json
from collections.abc import Iterator
from typing import Any

_MAX_SHOWN = 80
#: Keys that tell the parts of a list apart, so that one that is put in between does not change all after it.
_KEYS = ("name", "id")


def is_same(before: Any, after: Any) -> bool:
    """Whether two values say the same: 1 is not true, whatever Python compares."""
    return json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)


def differences(before: Any, after: Any, place: str = "") -> Iterator[str]:
    """Every place whose value differs: `definition.limit: 100 -> 500`."""
    if is_same(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _of_objects(before, after, place, ".")
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, place)
    else:
        yield f"{place}: {_shown(before)} -> {_shown(after)}"


def _of_objects(before: dict[str, Any], after: dict[str, Any], place: str, mark: str) -> Iterator[str]:
    for key in dict.fromkeys((*before, *after)):
        inner = f"[{key}]" if mark == "[" else f".{key}"
        where = f"{place}{inner}".removeprefix(".")
        if key not in before:
            yield f"{where}: {_shown(after[key])} (new)"
        elif key not in after:
            yield f"{where}: {_shown(before[key])} (gone)"
        else:
            yield from differences(before[key], after[key], where)


def _of_lists(before: list[Any], after: list[Any], place: str) -> Iterator[str]:
    said = list(_of_objects(_by_key(before, after), _by_key(after, before), place, "["))
    yield from said or [f"{place}: in another order"]


def _by_key(items: list[Any], others: list[Any]) -> dict[str, Any]:
    for key in _KEYS:
        if all(_are_told_apart(some, key) for some in (items, others)):
            return {str(item[key]): item for item in items}
    return {str(index): item for index, item in enumerate(items)}


def _are_told_apart(items: list[Any], key: str) -> bool:
    named = [item.get(key) for item in items if isinstance(item, dict)]
    return len(named) == len(items) and None not in named and len(set(map(str, named))) == len(named)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"
