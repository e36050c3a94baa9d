"""Which fields of a dataset a definition uses, and which rest on others: directly, in filters, through expressions."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from core.domain.dataset import Dataset
from core.domain.definition import Calculation, CalculationKind, Measure, ReportDefinition
from core.domain.expression import Expression, field_names_in, measure_names_in, names_in, parse_expression
from core.domain.filter import FilterGroup, Item
from core.errors import InvalidInput


def fields_used(definition: ReportDefinition, dataset: Dataset) -> frozenset[str]:
    """Return the names of all fields that a definition needs, those behind computed fields included.

    A name that the dataset does not have is among them: it is needed all the same.
    """
    return with_underlying(_named(definition, dataset), dataset)


def names_used(definition: ReportDefinition, dataset: Dataset) -> frozenset[str]:
    """Return the names of all fields and dataset measures that a definition needs."""
    measures: set[str] = set()
    for measure in (*definition.measures, *definition.kpis):
        measures |= _measures_behind(measure, dataset, frozenset())
    return fields_used(definition, dataset) | measures


def with_underlying(names: Iterable[str], dataset: Dataset) -> frozenset[str]:
    """Return the fields together with those that their expressions are computed of."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        field = dataset.field(name)
        if field is not None and field.expression is not None:
            waiting += _in_row_expression(field.expression)
    return frozenset(found)


def leaf_fields(name: str, dataset: Dataset) -> frozenset[str]:
    """Return the fields with a column of their own that a field is made of: itself, or what its expression reads."""
    return _leaves((name,), dataset)


def leaf_names(tree: Expression, dataset: Dataset) -> frozenset[str]:
    """Return the fields with a column of their own that an expression reads."""
    return _leaves(names_in(tree), dataset)


def fields_of_filters(group: FilterGroup) -> frozenset[str]:
    """Return the fields that a filter needs: those it names, where it is not switched off."""
    return frozenset(_in_filters(group))


def fields_of_measure(measure: Measure, dataset: Dataset) -> frozenset[str]:
    """Return the fields that a measure reads, its filters and the dataset measures behind it included."""
    return frozenset(_in_measure(measure, dataset, frozenset()))


def fields_of_calculations(calculations: Iterable[Calculation]) -> frozenset[str]:
    """Return the fields that the computed columns of a report of rows read."""
    return frozenset(
        name
        for calculation in calculations
        if calculation.kind is CalculationKind.EXPRESSION and calculation.expression is not None
        for name in _in_row_expression(calculation.expression)
    )


def _leaves(names: Iterable[str], dataset: Dataset) -> frozenset[str]:
    fields = {name: dataset.field(name) for name in with_underlying(names, dataset)}
    return frozenset(name for name, field in fields.items() if field is None or field.expression is None)


def _named(definition: ReportDefinition, dataset: Dataset) -> Iterator[str]:
    yield from definition.columns
    yield from (grouping.field for grouping in definition.groupings)
    for measure in (*definition.measures, *definition.kpis):
        yield from _in_measure(measure, dataset, frozenset())
    yield from _in_filters(definition.filters)
    if definition.period is not None:
        yield definition.period.field
    yield from (parameter.field for parameter in definition.parameters if parameter.field is not None)
    if not definition.is_summary:
        yield from fields_of_calculations(definition.calculations) - {each.name for each in definition.calculations}


def _in_measure(measure: Measure, dataset: Dataset, seen: frozenset[str]) -> Iterator[str]:
    """The fields of a measure and of the dataset measures it stands on; circles end by themselves."""
    yield from _in_filters(measure.filters)
    if measure.field is not None:
        yield measure.field
    others: frozenset[str] = frozenset()
    if measure.expression is not None:
        tree = _read(measure.expression)
        if tree is not None:
            yield from field_names_in(tree)
            others = measure_names_in(tree)
    if measure.dataset_measure is not None:
        others |= {measure.dataset_measure}
    for name in others - seen:
        known = dataset.measure(name)
        if known is not None:
            yield from _in_measure(known.measure, dataset, seen | {name})


def _measures_behind(measure: Measure, dataset: Dataset, seen: frozenset[str]) -> frozenset[str]:
    """The dataset measures that a measure stands on; circles end by themselves."""
    named = set() if measure.dataset_measure is None else {measure.dataset_measure}
    tree = None if measure.expression is None else _read(measure.expression)
    if tree is not None:
        named |= measure_names_in(tree)
    found = seen | named
    for name in named - seen:
        known = dataset.measure(name)
        if known is not None:
            found |= _measures_behind(known.measure, dataset, found)
    return frozenset(found)


def _in_filters(group: FilterGroup) -> Iterator[str]:
    waiting: list[Item] = [group]
    while waiting:
        item = waiting.pop()
        if item.is_off:
            continue
        if isinstance(item, FilterGroup):
            waiting += item.items
        else:
            yield item.field


def _in_row_expression(text: str) -> frozenset[str]:
    tree = _read(text)
    return frozenset() if tree is None else names_in(tree)


@lru_cache(maxsize=512)
def _read(text: str) -> Expression | None:
    """The tree of an expression; None for one that cannot be read, which names nothing."""
    try:
        return parse_expression(text)
    except InvalidInput:
        return None
