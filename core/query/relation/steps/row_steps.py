"""Steps that choose rows: filter."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement

from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.field import Field
from core.domain.filter import Condition, FilterGroup, WindowKind
from core.domain.relation import FilterStep, TableOrigin
from core.errors import InvalidInput
from core.query import validate
from core.query.predicates import PredicateCompiler
from core.query.relation.checks import refusal
from core.query.relation.rows import Rows
from core.query.relation.steps.kinds import Columns, StepContext, applied, columns_of, reads_of

_NOBODY = UUID(int=0)
#: No window of a step is relative, so that it never matters.
_ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


@columns_of.register
def _filter_columns(step: FilterStep, before: Columns) -> Columns:
    for condition in _conditions(step.filters):
        if condition.parameter is not None:
            raise refusal("filters", "A step takes no parameters; a report's filters do.")
        if condition.window is not None and condition.window.kind is not WindowKind.BETWEEN:
            raise refusal("filters", "A step has no logical time: name fixed days, or filter in the report.")
    try:
        validate.validate_definition(
            ReportDefinition(dataset_id=_NOBODY, columns=tuple(before)[:1], filters=step.filters), _as_dataset(before)
        )
    except InvalidInput as error:
        raise refusal(error.place or "filters", error.user_message) from error
    return before


def _as_dataset(columns: Columns) -> Dataset:
    """The columns in the form in which filters are checked everywhere else."""
    return Dataset(
        id=_NOBODY,
        organization_id=_NOBODY,
        source_id=_NOBODY,
        name="step",
        label="This step",
        origin=TableOrigin(table_name="step"),
        fields=tuple(_as_field(columns, name) for name in columns),
    )


def _as_field(columns: Columns, name: str) -> Field:
    return Field(name=name, label=name, type=columns[name].type, scale=columns[name].scale)


@applied.register
def _filter(step: FilterStep, rows: Rows, context: StepContext) -> Rows:
    ready = rows.ready(*_names(step), alias=context.before)

    def resolve(name: str) -> tuple[Field, ColumnElement[Any]]:
        return _as_field(ready.shapes, name), ready.element(name)

    predicates = PredicateCompiler(resolve=resolve, functions=context.functions, logical_at=_ANY_MOMENT, timezone="UTC")
    return ready.with_condition(predicates.group(step.filters))


@reads_of.register
def _filter_reads(step: FilterStep, wanted: frozenset[str]) -> frozenset[str] | None:
    return wanted | _names(step)


def _names(step: FilterStep) -> frozenset[str]:
    return frozenset(condition.field for condition in _conditions(step.filters))


def _conditions(group: FilterGroup) -> Iterator[Condition]:
    for item in group.items:
        if isinstance(item, FilterGroup):
            yield from _conditions(item)
        else:
            yield item
