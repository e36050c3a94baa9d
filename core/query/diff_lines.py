"""The lines of a difference: of two lists whose items have keys, of two lists in no order, and of two texts."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from core.domain.filter import Item as Filter

Item = TypeVar("Item")


def _nothing(_before: Any, _after: Any) -> list[str]:
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Generic[Item]):
    """A list of a definition: what one and several of its items are called, and what an item is called."""

    name: str
    plural: str
    before: Callable[[Item], str]
    after: Callable[[Item], str]
    more: Callable[[Any, Any], list[str]] = _nothing  #: what differs in an item that keeps its key, in words


def replaced(name: str, before: str, after: str) -> str:
    """Return the line for one thing in place of another; the same words twice say only that it changed."""
    return f"{name}: {after} instead of {before}" if before != after else f"{name} changed: {after}"


def changed_list(
    part: Part[Item], before: Sequence[Item], after: Sequence[Item], *, key: Callable[[Item], Hashable]
) -> list[str]:
    """Return what was taken out, added, changed and moved. Keys that stand twice count by what stands there."""
    was, now = {key(item): item for item in before}, {key(item): item for item in after}
    lines = [f"{part.name} removed: {part.before(item)}" for at, item in was.items() if at not in now]
    lines += [f"{part.name} added: {part.after(item)}" for at, item in now.items() if at not in was]
    for at, item in now.items():
        if at in was and was[at] != item:
            lines += _changed(part, was[at], item)
    kept_was, kept_now = [at for at in was if at in now], [at for at in now if at in was]
    if kept_was != kept_now:
        lines.append(f"{part.plural} in another order: {', '.join(part.after(now[at]) for at in kept_now)}")
    return lines


def unordered(
    name: str,
    items_before: Sequence[Item],
    items_after: Sequence[Item],
    *,
    before: Callable[[Item], str],
    after: Callable[[Item], str],
) -> list[str]:
    """Return what was taken out and added, wherever it stands."""
    left = list(items_before)
    added = []
    for item in items_after:
        if item in left:
            left.remove(item)
        else:
            added.append(item)
    return [f"{name} removed: {before(item)}" for item in left] + [f"{name} added: {after(item)}" for item in added]


def switched(
    name: str, items_before: Sequence[Filter], items_after: Sequence[Filter], say: Callable[[Filter], str]
) -> tuple[list[str], list[Filter], list[Filter]]:
    """Return what was only switched off or on, and what is left of both lists."""
    lines, left, added = [], list(items_before), []
    for item in items_after:
        other = replace(item, is_off=not item.is_off)
        if other in left and item not in left:
            left.remove(other)
            lines.append(f"{name} switched {'off' if item.is_off else 'on'}: {say(replace(item, is_off=False))}")
        else:
            added.append(item)
    return lines, left, added


def _changed(part: Part[Item], before: Item, after: Item) -> list[str]:
    was, now = part.before(before), part.after(after)
    renamed = [f"{part.name} {was} renamed to {now}"] if was != now else []
    more = [f"{part.name} {now}: {line}" for line in part.more(before, after)]
    return [*renamed, *more] or [f"{part.name} changed: {now}"]
