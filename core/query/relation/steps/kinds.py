"""The three things that a kind of step says; each kind adds its own to them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import singledispatch

from core.catalog.sources.sql_functions import SqlFunctions
from core.domain.relation import SourceColumn, Step
from core.query.relation.rows import Rows

#: Columns by name, in their order.
Columns = Mapping[str, SourceColumn]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepContext:
    """Where a step stands and what SQL it is written in."""

    functions: SqlFunctions
    number: int  #: from 1

    @property
    def before(self) -> str:
        """The alias of the rows as the step finds them."""
        return f"step_{self.number - 1}"

    @property
    def own(self) -> str:
        """The alias of the rows as the step leaves them, where it makes new ones."""
        return f"step_{self.number}"

    @property
    def other(self) -> str:
        """The alias of the other table that the step reads."""
        return f"table_{self.number}"


@singledispatch
def columns_of(step: Step, before: Columns) -> Columns:
    """The columns after a step. Raises InvalidDataset with the place inside of the step."""
    raise TypeError(f"no kind of step: {step!r} on {before!r}")


@singledispatch
def applied(step: Step, rows: Rows, context: StepContext) -> Rows:
    """The rows after a step whose `columns_of` found nothing wrong."""
    raise TypeError(f"no kind of step: {step!r} on {rows!r} in {context!r}")


@singledispatch
def reads_of(step: Step, wanted: frozenset[str]) -> frozenset[str] | None:
    """The columns needed before a step for the columns `wanted` after it; None where it changes none of them."""
    raise TypeError(f"no kind of step: {step!r} for {wanted!r}")


def reads_where_made(wanted: frozenset[str], *, made: Collection[str], reads: Collection[str]) -> frozenset[str] | None:
    """`reads_of` for steps that make columns and keep every row."""
    return None if wanted.isdisjoint(made) else wanted.difference(made).union(reads)
