"""The fields that a definition or a part of it reads."""

from core.domain.dataset import Dataset
from core.domain.definition import Calculation, CalculationKind, Measure, ReportDefinition
from core.domain.expression import Expression, field_names_in, measure_names_in, names_in
from core.domain.filter import FilterGroup
from core.query.measures import parsed, resolve_measure


def used_fields(definition: ReportDefinition, dataset: Dataset) -> frozenset[str]:
    """Every field that the answer depends on, those that computed fields are made of included."""
    names = fields_of_filters(definition.filters).union(definition.columns)
    names |= {grouping.field for grouping in definition.groupings}
    for measure in (*definition.measures, *definition.kpis):
        names |= fields_of_measure(measure, dataset)
    if not definition.is_summary:
        names |= fields_of_calculations(definition.calculations)
    if definition.period is not None:
        names |= {definition.period.field}
    return frozenset().union(*(leaf_fields(name, dataset) | {name} for name in names))


def fields_of_filters(group: FilterGroup) -> frozenset[str]:
    """The fields that a filter names."""
    names: set[str] = set()
    for item in group.items:
        names |= fields_of_filters(item) if isinstance(item, FilterGroup) else {item.field}
    return frozenset(names)


def fields_of_measure(measure: Measure, dataset: Dataset) -> frozenset[str]:
    """The fields that a measure reads, its filters included."""
    resolved = resolve_measure(measure, dataset)
    names = fields_of_filters(resolved.filters)
    if resolved.field is not None:
        names |= {resolved.field}
    if resolved.expression is not None:
        tree = parsed(resolved.expression)
        names |= field_names_in(tree)
        for name in measure_names_in(tree):
            names |= fields_of_measure(Measure(dataset_measure=name), dataset)
    return names


def fields_of_calculations(calculations: tuple[Calculation, ...]) -> frozenset[str]:
    """The fields that the computed columns of a report of rows read."""
    texts = [each.expression for each in calculations if each.kind is CalculationKind.EXPRESSION and each.expression]
    return frozenset[str]().union(*(names_in(parsed(text)) for text in texts))


def leaf_fields(name: str, dataset: Dataset) -> frozenset[str]:
    """The fields with a column of their own that a field is made of: itself, or what its expression reads."""
    field = dataset.field(name)
    if field is None or field.expression is None:
        return frozenset((name,))
    return leaf_names(parsed(field.expression), dataset)


def leaf_names(tree: Expression, dataset: Dataset) -> frozenset[str]:
    """The fields with a column of their own that an expression reads."""
    return frozenset[str]().union(*(leaf_fields(name, dataset) for name in names_in(tree)))
