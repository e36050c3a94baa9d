"""Filters and groups of them in a few words, as they stand on chips, frames and in choices."""

from collections.abc import Mapping

from core.domain.field import Field
from core.domain.filter import Condition, FilterGroup, Match
from pages.widgets import words

MATCHES = {Match.ALL: "all of", Match.ANY: "any of", Match.NONE: "none of"}
_MOST_NAMED = 2


def condition_words(item: Condition, fields: Mapping[str, Field]) -> str:
    """Return a filter as it stands on its chip; one whose field is gone says so."""
    field = fields.get(item.field)
    return f"{item.field}: gone" if field is None else words.condition(item, field)


def group_words(group: FilterGroup, fields: Mapping[str, Field]) -> str:
    """Return a group as choices call it: "any of: Country is Japan, Plan is Team"."""
    named = [
        condition_words(item, fields) if isinstance(item, Condition) else f"({MATCHES[item.match]} …)"
        for item in group.items[:_MOST_NAMED]
    ]
    left = len(group.items) - len(named)
    return f"{MATCHES[group.match]}: {', '.join(named)}{f' and {left} more' if left else ''}"
