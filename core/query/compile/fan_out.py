"""Plans which aggregates one select reads together, so that no figure counts a row once for each partner of its.

A join may multiply the rows that an aggregate is over. Those are gathered first: one row for each of them and group,
whatever partners it has. Aggregates that are not multiplied are gathered alongside where partial results of theirs
add up; the others are read by a select of their own, with no more joins than they need.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from core.catalog.usage import fields_of_filters
from core.domain.dataset import Dataset
from core.domain.definition import Aggregation
from core.domain.expression import names_in
from core.domain.relation import Join, TableOrigin
from core.errors import InvalidDefinition
from core.query.compile.aggregates import Aggregate
from core.query.compile.scope import Scope
from core.query.relation.fields import column_fields, joins_by_name
from core.query.relation.joins import determines, multiplied_by, needed_joins

#: They give the same over a row that comes twice.
_INDIFFERENT = (Aggregation.MIN, Aggregation.MAX, Aggregation.COUNT_DISTINCT)
#: Results over parts of the rows give the one over all of them.
_DECOMPOSABLE = (Aggregation.COUNT, Aggregation.SUM, Aggregation.AVERAGE, Aggregation.MIN, Aggregation.MAX)
#: How often plain tables are scanned to gather distinct values; what has to be computed is, once at most.
_MOST_SCANS = 3


@dataclass(frozen=True, slots=True)
class Owner:
    """The join whose rows a measure is over; the base's under None."""

    join: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The aggregates that one select reads."""

    aggregates: tuple[Aggregate, ...]  #: over the rows as they come, or over those that are gathered
    owner: Owner | None = None  #: whose rows are gathered, as a join multiplies them
    value: Aggregate | None = None  #: the count of distinct values whose values are gathered
    merged: tuple[Aggregate, ...] = ()  #: over the rows as they come, where others are gathered

    @property
    def is_plain(self) -> bool:
        """Whether all rows are aggregated as they come."""
        return self.owner is None and self.value is None

    @property
    def every(self) -> tuple[Aggregate, ...]:
        """All aggregates."""
        return (*self.aggregates, *self.merged)


def planned(aggregates: Collection[Aggregate], scope: Scope, names: Collection[str]) -> tuple[Part, ...]:
    """The selects that read all of `aggregates` beside the fields `names`. Raises InvalidDefinition."""
    dataset, distinct = scope.dataset, tuple(dict.fromkeys(aggregates))
    if not dataset.joins:
        return tuple(_plain_parts(distinct, scope))
    shared = tables_of(names, dataset)
    drafts = [_draft(aggregate, dataset, shared) for aggregate in distinct]
    plan = _Plan(joins=dataset.joins)
    # Those whose owner is all the same come last, to go along with others.
    for draft in sorted(drafts, key=lambda each: not each.owners):
        plan.add(draft)
    parts = *plan.gathered_parts(), *(part for draft in plan.plain for part in _plain_parts(draft.aggregates, scope))
    return parts or (Part(aggregates=()),)


def tables_of(names: Collection[str], dataset: Dataset) -> set[str | None]:
    """The joins whose columns the fields are made of; None stands for the base."""
    return {field.table for field in column_fields(dataset, names)}


def fields_of_aggregate(aggregate: Aggregate) -> frozenset[str]:
    """The fields that an aggregate reads, its filters included."""
    named = names_in(aggregate.operand) if aggregate.operand is not None else frozenset[str]()
    return named | fields_of_filters(aggregate.filters)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """Aggregates that may be read together."""

    aggregates: tuple[Aggregate, ...]
    owners: frozenset[Owner]  #: whose rows must not be multiplied
    tables: frozenset[str | None]
    favourite: Owner | None  #: the one whose rows it is over, whether or not that matters

    def joined(self, other: "_Draft") -> "_Draft":
        """Both as one."""
        return _Draft(
            aggregates=(*self.aggregates, *other.aggregates),
            owners=self.owners | other.owners,
            tables=self.tables | other.tables,
            favourite=self.favourite,
        )

    def is_multiplied(self, joins: Sequence[Join]) -> bool:
        """Whether the joins that it needs multiply the rows of an owner."""
        used = needed_joins(joins, self.tables)
        return any(multiplied_by(owner.join, used) for owner in self.owners)


def _draft(aggregate: Aggregate, dataset: Dataset, shared: set[str | None]) -> _Draft:
    owner = _owner(aggregate, dataset)
    is_indifferent = aggregate.aggregation in _INDIFFERENT
    if owner is None and not is_indifferent:
        raise InvalidDefinition("A measure computes with fields of several tables that multiply each other.")
    return _Draft(
        aggregates=(aggregate,),
        owners=frozenset(() if is_indifferent or owner is None else (owner,)),
        tables=frozenset(shared | tables_of(fields_of_aggregate(aggregate), dataset)),
        favourite=owner,
    )


def _owner(aggregate: Aggregate, dataset: Dataset) -> Owner | None:
    """The relation each of whose rows goes with one row of the others that the operand is made of, if there is one."""
    named = names_in(aggregate.operand) if aggregate.operand is not None else frozenset[str]()
    tables = tables_of(named, dataset) or {None}
    joins = joins_by_name(dataset.joins)
    for one in sorted(tables, key=lambda name: name or ""):
        if all(determines(one, other, joins) for other in tables):
            return Owner(one)
    return None


@dataclass(slots=True, kw_only=True)
class _Plan:
    """What is read as it comes, and by owner what is gathered."""

    joins: Sequence[Join]
    plain: list[_Draft] = field(default_factory=list)
    gathered: dict[Owner, _Draft] = field(default_factory=dict)

    def add(self, draft: _Draft) -> None:
        """Put a draft where it can be read: with others, if that multiplies the rows of none of them."""
        if draft.is_multiplied(self.joins) or draft.favourite in self.gathered:
            self._gather(draft)
            return
        for place, known in enumerate(self.plain):
            together = known.joined(draft)
            if not together.is_multiplied(self.joins):
                self.plain[place] = together
                return
        self.plain.append(draft)

    def gathered_parts(self) -> Iterator[Part]:
        """The parts with gathered rows; what can go along with them is taken out of `plain`."""
        along = {owner: replace(draft, aggregates=(), owners=frozenset()) for owner, draft in self.gathered.items()}
        for draft in list(self.plain):
            for owner, others in along.items():
                together = others.joined(draft)
                if _add_up(draft.aggregates) and not together.is_multiplied(self.joins):
                    along[owner] = together
                    self.plain.remove(draft)
                    break
        for owner, draft in self.gathered.items():
            yield Part(owner=owner, aggregates=draft.aggregates, merged=along[owner].aggregates)

    def _gather(self, draft: _Draft) -> None:
        if draft.favourite is None:
            raise ValueError("only rows of an owner are gathered")
        known = self.gathered.get(draft.favourite)
        self.gathered[draft.favourite] = draft if known is None else known.joined(draft)


def _plain_parts(aggregates: tuple[Aggregate, ...], scope: Scope) -> Iterator[Part]:
    """What is read as it comes; counts of distinct values by themselves where the engine is slow with them."""
    values = [each for each in aggregates if each.aggregation is Aggregation.COUNT_DISTINCT]
    others = tuple(each for each in aggregates if each.aggregation is not Aggregation.COUNT_DISTINCT)
    add_up = _add_up(others)
    is_cheap = isinstance(scope.dataset.origin, TableOrigin) and not scope.dataset.steps
    most = _MOST_SCANS if is_cheap else 1
    if not values or not scope.functions.wants_gathered_values or len(values) + (not add_up) > most:
        yield Part(aggregates=aggregates)
        return
    for value in values:
        yield Part(aggregates=(value,), value=value, merged=others if value is values[0] and add_up else ())
    if not add_up:
        yield Part(aggregates=others)


def _add_up(aggregates: Collection[Aggregate]) -> bool:
    """Whether partial results of all of them give the whole ones."""
    return all(each.aggregation in _DECOMPOSABLE for each in aggregates)
