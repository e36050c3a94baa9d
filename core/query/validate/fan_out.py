"""Checks that rows which a join multiplies can be told apart, so that no figure counts them twice."""

from collections.abc import Collection, Iterator, Sequence

from core.catalog.usage import fields_of_filters, fields_of_measure, leaf_fields
from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Measure, ReportDefinition
from core.domain.expression import aggregates_in, measure_names_in, names_in
from core.domain.relation import Join
from core.query.labels import measure_label
from core.query.measures import parsed, resolve_measure
from core.query.relation.joins import missing_key_message, multiplied_by, needed_joins, row_key_names
from core.query.validate.problems import refusal

#: Aggregations that a row counted twice does not change.
_UNMOVED = (Aggregation.MIN, Aggregation.MAX, Aggregation.COUNT_DISTINCT)


def check_fan_out(definition: ReportDefinition, dataset: Dataset) -> None:
    """Every figure over rows that a join multiplies has a row key to tell them apart."""
    shared = fields_of_filters(definition.filters)
    if definition.period is not None:
        shared |= {definition.period.field}
    groups = {grouping.field for grouping in definition.groupings}
    for name, measures, fields in (("measures", definition.measures, groups), ("kpis", definition.kpis, set[str]())):
        read = shared.union(fields, *(fields_of_measure(measure, dataset) for measure in measures))
        joins = needed_joins(dataset.joins, _tables(read, dataset))
        for index, measure in enumerate(measures):
            _check_measure(measure, dataset, joins, f"{name}[{index}]")


def _check_measure(measure: Measure, dataset: Dataset, joins: Sequence[Join], place: str) -> None:
    for aggregation, fields in _aggregates(measure, dataset):
        if aggregation in _UNMOVED:
            continue
        owners = _owners(_tables(fields, dataset), joins)
        if not owners:
            raise refusal(
                place,
                f"{measure_label(measure, dataset)} computes with fields of several tables that multiply each other. "
                "Aggregate the fields of each table by themselves.",
            )
        if multiplied_by(owners[0], joins) and not row_key_names(dataset, owners[0]):
            raise refusal(place, missing_key_message(dataset, owners[0]))


def _aggregates(measure: Measure, dataset: Dataset) -> Iterator[tuple[Aggregation, frozenset[str]]]:
    """Every aggregate of a measure with the fields it is over."""
    resolved = resolve_measure(measure, dataset)
    if resolved.expression is None:
        fields = frozenset((resolved.field,)) if resolved.field is not None else frozenset[str]()
        yield resolved.aggregation or Aggregation.COUNT, fields
        return
    tree = parsed(resolved.expression)
    for call in aggregates_in(tree):
        yield Aggregation(call.function), frozenset[str]().union(*map(names_in, call.arguments))
    for name in sorted(measure_names_in(tree)):
        yield from _aggregates(Measure(dataset_measure=name), dataset)


def _tables(names: Collection[str], dataset: Dataset) -> frozenset[str | None]:
    """The joins whose columns the fields are made of; None for the base, whose rows a count without fields counts."""
    leaves = (dataset.field(leaf) for name in names for leaf in leaf_fields(name, dataset))
    return frozenset(field.table for field in leaves if field is not None) or frozenset((None,))


def _owners(tables: Collection[str | None], joins: Sequence[Join]) -> list[str | None]:
    """The tables each of whose rows goes with one row of all the others."""
    multiplying = {table: {join and join.name for join in multiplied_by(table, joins)} for table in tables}
    return [table for table in tables if not multiplying[table] & set(tables)]
