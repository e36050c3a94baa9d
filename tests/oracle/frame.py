"""The rows of a dataset: its tables joined with pandas, computed fields worked out as they are asked for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from core.domain.dataset import Dataset
from core.domain.expression import Expression, names_in, parse_expression
from core.domain.field import Field, FieldType
from core.domain.filter import Calendar
from core.domain.relation import Cardinality, Join, TableOrigin
from tests.oracle.expressions import Reading
from tests.oracle.order import Value

#: Rows of each table as plain Python values by column.
Tables = Mapping[str, list[dict[str, Value]]]
_BASE = "the base"
_UPWARDS = (Cardinality.ONE_TO_MANY, Cardinality.ONE_TO_ONE)
_DOWNWARDS = (Cardinality.MANY_TO_ONE, Cardinality.ONE_TO_ONE)


@lru_cache(maxsize=1024)
def tree_of(text: str) -> Expression:
    """An expression, read once."""
    return parse_expression(text)


@dataclass(slots=True, eq=False)
class Row:
    """A row of all tables in use, by the places of its parts; None where a join found no partner."""

    frame: "Frame"
    places: dict[str | None, int | None]
    computed: dict[str, Value] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Value:
        if name not in self.computed:
            self.computed[name] = self.frame.value(self, name)
        return self.computed[name]


#: For each set of joins, the places of the rows that belong together.
Joined = dict[tuple[str, ...], list[dict[str | None, int | None]]]


@dataclass(slots=True, kw_only=True)
class Frame:
    """A dataset asked by one definition: days begin in its zone."""

    dataset: Dataset
    tables: Tables
    zone: ZoneInfo
    calendar: Calendar
    joined: Joined  #: filled as it is needed; may be shared by all frames of a dataset
    fields: dict[str, Field] = field(init=False)

    def __post_init__(self) -> None:
        self.fields = {each.name: each for each in self.dataset.fields}

    def rows(self, used: Collection[str]) -> list[Row]:
        """The rows of the base and of those joins that lead to a field in use, or that leave rows out."""
        joins = self._needed(used)
        names = tuple(join.name for join in joins)
        if names not in self.joined:
            self.joined[names] = _joined(self.dataset, joins, self.tables)
        return [Row(self, places) for places in self.joined[names]]

    def kind(self, name: str) -> FieldType:
        return self.fields[name].type

    def leaves(self, name: str) -> set[str]:
        """The fields with a column of their own that a field is made of."""
        text = self.fields[name].expression
        if text is None:
            return {name}
        return {leaf for inner in names_in(tree_of(text)) for leaf in self.leaves(inner)}

    def value(self, row: Row, name: str) -> Value:
        described = self.fields[name]
        if described.expression is not None:
            reading = Reading(name=lambda inner: row[inner], zone=self.zone, calendar=self.calendar)
            return reading.value(tree_of(described.expression))  # type: ignore[no-any-return]
        place = row.places[described.table]
        return None if place is None else self._table(described.table)[place][described.source_column]

    def is_joined(self, used: Collection[str]) -> bool:
        """Whether the rows come of more than the base."""
        return bool(self._needed(used))

    def _needed(self, used: Collection[str]) -> list[Join]:
        """The joins on the way to the fields in use, and the required ones with the way to them."""
        wanted = {self.fields[leaf].table for name in used for leaf in self.leaves(name)}
        wanted |= {join.name for join in self.dataset.joins if join.is_required}
        for _ in self.dataset.joins:
            wanted |= {join.left for join in self.dataset.joins if join.name in wanted}
        return [join for join in self.dataset.joins if join.name in wanted]

    def counted(self, names: Collection[str]) -> list[str | None]:
        """The tables whose places tell apart what a figure over the fields `names` counts, once each.

        It counts rows of the most detailed of the fields' tables; all tables that such a row determines come with it.
        """
        owners = {self.fields[leaf].table for name in names for leaf in self.leaves(name)} or {None}
        owner = next(each for each in sorted(owners, key=str) if all(self.determines(each, other) for other in owners))
        every: list[str | None] = [None, *(join.name for join in self.dataset.joins)]
        return [table for table in every if self.determines(owner, table)]

    def determines(self, one: str | None, other: str | None) -> bool:
        """Whether a row of `one` has at most one row of `other`."""
        up, down = self._way(one), self._way(other)
        return all(join.cardinality in _UPWARDS for join in up if join not in down) and all(
            join.cardinality in _DOWNWARDS for join in down if join not in up
        )

    def _way(self, name: str | None) -> list[Join]:
        """The joins between a table and the base."""
        found = next((join for join in self.dataset.joins if join.name == name), None)
        return [] if found is None else [found, *self._way(found.left)]

    def _table(self, name: str | None) -> list[dict[str, Value]]:
        origin: Any = self.dataset.origin
        if name is not None:
            origin = next(join.table for join in self.dataset.joins if join.name == name)
        return self.tables[origin.table_name]


def _joined(dataset: Dataset, joins: list[Join], tables: Tables) -> list[dict[str | None, int | None]]:
    """The places of the rows that belong together. A key that is empty matches nothing."""
    assert isinstance(dataset.origin, TableOrigin)
    base = tables[dataset.origin.table_name]
    origins = {_BASE: base} | {join.name: tables[join.table.table_name] for join in joins}
    frame = pd.DataFrame({_BASE: pd.array(range(len(base)), dtype="Int64")})
    for join in joins:
        left, keys = join.left or _BASE, [f"key {number}" for number in range(len(join.keys))]
        mine, theirs = {}, {}
        for key, pair in zip(keys, join.keys, strict=True):
            mine[key] = [None if pd.isna(place) else origins[left][place][pair.left] for place in frame[left]]
            theirs[key] = [row[pair.right] for row in origins[join.name]]
        places = pd.array(range(len(origins[join.name])), dtype="Int64")
        partners = pd.DataFrame(theirs, dtype=object).assign(**{join.name: places}).dropna(subset=keys)
        frame = frame.assign(**{key: pd.Series(values, dtype=object) for key, values in mine.items()})
        frame = frame.merge(partners, how="inner" if join.is_required else "left", on=keys).drop(columns=keys)
    return [
        {None if name == _BASE else name: None if pd.isna(place) else int(place) for name, place in record.items()}
        for record in frame.to_dict("records")
    ]
