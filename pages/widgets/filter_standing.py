"""The choice of the group that a filter stands in: one that there is, or a new one made of it and another."""

from functools import partial

import streamlit as st

from core.domain.filter import Condition, FilterGroup, Match
from pages.widgets import draft as drafts
from pages.widgets import filter_edits, words
from pages.widgets.filter_place import FilterPlace
from pages.widgets.filter_words import MATCHES, condition_words, group_words

#: Stands for a new group without another filter.
_ALONE = -1
#: A choice: "in" a group that there is, by its path, or in a "new" one with the item at a position.
_Where = tuple[str, filter_edits.Path | int]


def stands_in(place: FilterPlace, position: int, key: str, *, is_group: bool = False) -> None:
    """Draw the choice of the group that an item stands in, where there is another or one can be made."""
    root = place.read(drafts.current().definition)
    path = place.path if is_group else (*place.path, position)
    choices = _choices(place, root, path, makes=not is_group)
    if len(choices) < 2 or (len(root.items) < 2 and len(path) < 2):
        return
    drafts.control(
        st.selectbox,
        "Stands in",
        key=f"{key}_where",
        value=("in", path[:-1]),
        edit=lambda d, where: place.reshaped(d, partial(_stand, path=path, where=where)),
        options=list(choices),
        format_func=lambda where: choices.get(where, ""),
        help="Filters in one group count together: any of them, all of them, or none of them.",
    )


def _choices(place: FilterPlace, root: FilterGroup, path: filter_edits.Path, *, makes: bool) -> dict[_Where, str]:
    """Where an item can stand, in words; `makes` offers new groups too."""
    found: dict[_Where, str] = {
        ("in", into): group_words(filter_edits.group_at(root, into), place.fields) if into else _outermost(root)
        for into in filter_edits.targets(root, path)
    }
    if not makes:
        return words.distinct(found)
    outer = filter_edits.group_at(root, path[:-1])
    for partner in filter_edits.partners(root, path):
        item = outer.items[partner]
        if isinstance(item, Condition):
            found["new", partner] = f"A new group with: {condition_words(item, place.fields)}"
    if filter_edits.wrapped(root, path) != root:
        found["new", _ALONE] = "A new group of its own"
    return words.distinct(found)


def _outermost(root: FilterGroup) -> str:
    return "No group" if root.match is Match.ALL else f"The outer group ({MATCHES[root.match]})"


def _stand(root: FilterGroup, *, path: filter_edits.Path, where: _Where) -> FilterGroup:
    kind, target = where
    if kind == "in" and isinstance(target, tuple):
        return filter_edits.moved(root, path, target)
    return filter_edits.wrapped(root, path, target if isinstance(target, int) and target != _ALONE else None)
