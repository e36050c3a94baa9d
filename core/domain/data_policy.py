"""Data policies: which rows and columns of a dataset exist for whom, and what that comes to for one person.

A policy is what people write down; a `Sight` is what it comes to for one person and is all that queries know of it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from core.domain.field import Field
from core.domain.filter import FilterGroup

#: What every person has without anybody filling it in.
BUILT_IN_ATTRIBUTES = ("email", "name", "role", "groups")


class Treatment(StrEnum):
    """What becomes of a column."""

    HIDDEN = "hidden"  #: the field does not exist
    LAST_4 = "last_4"  #: only the last four characters are shown, none of values that have no more
    DOMAIN = "domain"  #: only what stands behind the @ is shown
    FIXED = "fixed"  #: four stars, whatever the value is
    HASHED = "hashed"  #: a keyed hash: the same value is the same text, and nothing else is told


class Unmatched(StrEnum):
    """What those see of a dataset for whom none of its row rules is."""

    NONE = "none"  #: no rows
    ALL = "all"  #: every row


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """For whom something holds: those who are named, or all except them."""

    all_except: bool = False
    roles: tuple[str, ...] = ()
    groups: tuple[UUID, ...] = ()
    people: tuple[UUID, ...] = ()


#: Everybody: all except nobody.
EVERYONE = Audience(all_except=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRule:
    """Rows that exist for an audience. In its conditions `parameter` names an attribute of the person."""

    name: str
    audience: Audience = EVERYONE
    filters: FilterGroup
    group: str = ""  #: rules of one named group are joined with "or"; all others with "and"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRule:
    """What an audience gets of some fields."""

    fields: tuple[str, ...]
    treatment: Treatment
    audience: Audience = EVERYONE


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSize:
    """Figures of fewer rows than `least` are not given to an audience, and no rows as they are."""

    least: int
    audience: Audience = EVERYONE


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPolicy:
    """Everything that restricts a dataset."""

    rows: tuple[RowRule, ...] = ()
    unmatched: Unmatched = Unmatched.NONE
    columns: tuple[ColumnRule, ...] = ()
    group_size: GroupSize | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it restricts nobody."""
        return not self.rows and not self.columns and self.group_size is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What rules may ask about a person; `attributes` has only what is filled in."""

    user_id: UUID
    role: str
    groups: frozenset[UUID]
    attributes: Mapping[str, tuple[str, ...]]

    @property
    def key(self) -> str:
        """The same for the same traits, and for no others."""
        values = {name: sorted(given) for name, given in self.attributes.items()}
        parts = [str(self.user_id), self.role, sorted(map(str, self.groups)), values]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What exists of a dataset for one person. Part of the dataset that is asked, and so of every key made of it."""

    #: Every one of them holds for a visible row; None: there are no rows for them.
    rows: tuple[FilterGroup, ...] | None = ()
    hidden: frozenset[str] = frozenset()  #: fields and measures that do not exist
    masks: tuple[tuple[str, Treatment], ...] = ()
    least_rows: int = 0  #: of a figure; 0: any
    hash_key: str = field(default="", repr=False)
    #: The fields as the rules know them: what is hidden or masked still decides which rows are seen.
    fields: tuple[Field, ...] = field(default=(), repr=False)

    @property
    def restricts(self) -> bool:
        """Whether anything is kept from the person."""
        return self.rows != () or bool(self.hidden or self.masks or self.least_rows)

    def mask(self, name: str) -> Treatment | None:
        """What becomes of the values of the field `name`; None: they are as they are."""
        return next((treatment for field_name, treatment in self.masks if field_name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedAttribute:
    """Values of an attribute: of one person, or where `user_id` is None of everybody who has none of their own."""

    name: str
    values: tuple[str, ...]
    user_id: UUID | None = None
