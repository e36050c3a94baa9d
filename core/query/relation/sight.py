"""What the relation asks of a person's sight: that there is one, and the predicate of its rules."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, false

from core.domain.dataset import Dataset
from core.domain.field import Field
from core.domain.filter import FilterGroup
from core.errors import FieldHidden, PolicyRefused
from core.query.predicates import Predicate, PredicateCompiler
from core.query.relation.fields import column_fields, joins_by_name
from core.query.relation.joins import determines

if TYPE_CHECKING:
    from core.query.relation.build import Relation

#: No window of a rule is relative, so that it never matters.
_ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


def require_sight(dataset: Dataset, used: Collection[str]) -> None:
    """Raise PolicyRefused where nobody has said for whom a dataset with a policy is asked, or for what is hidden.

    The last wall: whoever forgets to apply a policy asks nothing at all.
    """
    if dataset.policy is not None and dataset.sight is None:
        raise PolicyRefused(f"{dataset.label} has a data policy, and this question is for nobody in particular.")
    if dataset.sight is not None and not dataset.sight.hidden.isdisjoint(used):
        raise FieldHidden


def unrestricted(dataset: Dataset) -> Dataset:
    """The dataset as its rules know it, with every field as it is."""
    return dataset if dataset.sight is None else replace(dataset, fields=dataset.sight.fields, policy=None, sight=None)


def outside_base(dataset: Dataset, names: Collection[str]) -> str | None:
    """The label of a field of which a row of the base has several; None where there is none among `names`."""
    joins = joins_by_name(dataset.joins)
    for name in sorted(names):
        if not all(determines(None, field.table, joins) for field in column_fields(dataset, (name,))):
            field = dataset.field(name)
            return name if field is None else field.label
    return None


def rule_predicate(relation: "Relation", filters: tuple[FilterGroup, ...] | None) -> Predicate:
    """Whether every filter holds for a row; None: no row is let through."""
    if filters is None:
        return false()

    def resolve(name: str) -> tuple[Field, ColumnElement[Any]]:
        return relation.field(name), relation.column(name)

    compiler = PredicateCompiler(resolve=resolve, functions=relation.functions, logical_at=_ANY_MOMENT, timezone="UTC")
    return and_(*(compiler.group(group) for group in filters))
