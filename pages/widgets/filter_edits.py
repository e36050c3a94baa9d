"""Edits of a filter's shape: groups are made, turned, moved into, dissolved and dropped. Pure functions over paths.

A path is the way to an item from the outermost group, as positions; () is that group itself. A group that an edit
leaves empty goes. An edit that would nest deeper or list more than a definition can hold leaves the filter as it is.
"""

from collections.abc import Iterator
from dataclasses import replace

from core.domain.filter import Condition, FilterGroup, Item, Match
from core.domain.filter_models import MAX_FILTER_DEPTH
from core.domain.json_values import MAX_COLUMNS

Path = tuple[int, ...]


def item_at(group: FilterGroup, path: Path) -> Item:
    """Return what stands at `path`."""
    item: Item = group
    for position in path:
        item = _group(item).items[position]
    return item


def group_at(group: FilterGroup, path: Path) -> FilterGroup:
    """Return the group that stands at `path`."""
    return _group(item_at(group, path))


def group_paths(group: FilterGroup) -> Iterator[Path]:
    """Return the way to every group, the outermost first."""
    yield ()
    for position, item in enumerate(group.items):
        if isinstance(item, FilterGroup):
            yield from ((position, *inner) for inner in group_paths(item))


def depth(item: Item) -> int:
    """Return how many groups stand around each other: 0 for a condition, 1 for a group without groups."""
    if isinstance(item, Condition):
        return 0
    return 1 + max((depth(inner) for inner in item.items), default=0)


def with_item_at(group: FilterGroup, path: Path, item: Item | None) -> FilterGroup:
    """Put an item in the place of the one at `path`, append it where there is none yet, or drop it."""
    if item is None:
        return dropped(group, path)
    *outer, position = path
    items = group_at(group, tuple(outer)).items
    return _if_sound(group, _with_items(group, tuple(outer), (*items[:position], item, *items[position + 1 :])))


def dropped(group: FilterGroup, path: Path) -> FilterGroup:
    """Take an item out, and the groups around it that it leaves empty; of the outermost group, all its items."""
    if not path:
        return replace(group, items=())
    outer, position = path[:-1], path[-1]
    items = group_at(group, outer).items
    kept = (*items[:position], *items[position + 1 :])
    return dropped(group, outer) if outer and not kept else _with_items(group, outer, kept)


def turned(group: FilterGroup, path: Path, match: Match) -> FilterGroup:
    """Let the items of a group combine otherwise."""
    return _replaced(group, path, replace(group_at(group, path), match=match))


def switched(group: FilterGroup, path: Path, *, is_off: bool) -> FilterGroup:
    """Switch an item off or on; of the outermost group, which cannot be off itself, all its items."""
    if not path:
        return replace(group, items=tuple(replace(item, is_off=is_off) for item in group.items))
    return _replaced(group, path, replace(item_at(group, path), is_off=is_off))


def wrapped(group: FilterGroup, path: Path, beside: int | None = None) -> FilterGroup:
    """Make a group, of which any has to hold, of an item and the one at position `beside` of the same group."""
    outer, position = path[:-1], path[-1]
    items = group_at(group, outer).items
    taken = sorted({position, position if beside is None else beside})
    made = FilterGroup(match=Match.ANY, items=tuple(items[n] for n in taken))
    kept = [made if n == taken[0] else item for n, item in enumerate(items) if n not in taken[1:]]
    return _if_sound(group, _with_items(group, outer, tuple(kept)))


def moved(group: FilterGroup, path: Path, into: Path) -> FilterGroup:
    """Move an item to the end of the group at `into`, which must not be inside of it."""
    if into[: len(path)] == path or into == path[:-1]:
        return group
    # Appending first keeps every path as it is until the item is taken from its old place.
    added = _with_items(group, into, (*group_at(group, into).items, item_at(group, path)))
    return _if_sound(group, dropped(added, path))


def dissolved(group: FilterGroup, path: Path) -> FilterGroup:
    """Put the items of a group in its place, switched off where it was; the outermost group stays."""
    if not path:
        return group
    outer, position = path[:-1], path[-1]
    items = group_at(group, outer).items
    inner = group_at(group, path)
    freed = tuple(replace(item, is_off=item.is_off or inner.is_off) for item in inner.items)
    kept = (*items[:position], *freed, *items[position + 1 :])
    return _if_sound(group, _with_items(group, outer, kept)) if kept else dropped(group, path)


def targets(group: FilterGroup, path: Path) -> list[Path]:
    """Return the groups that an item can move into, with the one it is in."""
    return [into for into in group_paths(group) if into == path[:-1] or moved(group, path, into) != group]


def partners(group: FilterGroup, path: Path) -> list[int]:
    """Return the positions of the conditions beside an item that can make a group with it."""
    outer, position = path[:-1], path[-1]
    return [
        n
        for n, item in enumerate(group_at(group, outer).items)
        if n != position and isinstance(item, Condition) and wrapped(group, path, n) != group
    ]


def _group(item: Item) -> FilterGroup:
    if isinstance(item, Condition):
        raise TypeError("A condition has no items.")
    return item


def _with_items(group: FilterGroup, path: Path, items: tuple[Item, ...]) -> FilterGroup:
    return _replaced(group, path, replace(group_at(group, path), items=items))


def _replaced(group: FilterGroup, path: Path, item: Item) -> FilterGroup:
    if not path:
        return _group(item)
    position, *rest = path
    inner = _replaced(_group(group.items[position]), tuple(rest), item) if rest else item
    return replace(group, items=(*group.items[:position], inner, *group.items[position + 1 :]))


def _if_sound(before: FilterGroup, after: FilterGroup) -> FilterGroup:
    fits = all(len(group_at(after, path).items) <= MAX_COLUMNS for path in group_paths(after))
    return after if fits and depth(after) <= MAX_FILTER_DEPTH else before
