"""Checks measures of all three kinds and headline figures."""

import math

from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Measure, ReportDefinition
from core.domain.expression import aggregates_in, field_names_in, measure_names_in
from core.domain.field import FieldType
from core.query.field_rules import aggregations_for
from core.query.labels import measure_label
from core.query.measures import measure_type, parsed, resolve_measure
from core.query.validate.filters import FilterCheck
from core.query.validate.problems import (
    TYPE_WORDS,
    at,
    check_format,
    known_field,
    known_measure,
    refusal,
)

_AGGREGATION_WORDS = {
    Aggregation.COUNT: "A count of rows",
    Aggregation.COUNT_DISTINCT: "A count of different values",
    Aggregation.SUM: "A sum",
    Aggregation.AVERAGE: "An average",
    Aggregation.MIN: "A lowest value",
    Aggregation.MAX: "A highest value",
    Aggregation.MEDIAN: "A median",
    Aggregation.PERCENTILE: "A percentile",
}


def check_measures(definition: ReportDefinition, dataset: Dataset, filters: FilterCheck) -> None:
    """Every measure and headline figure can be computed."""
    for index, measure in enumerate(definition.measures):
        _check_measure(measure, dataset, filters, f"measures[{index}]")
    for index, measure in enumerate(definition.kpis):
        kind = _check_measure(measure, dataset, filters, f"kpis[{index}]")
        if not kind.is_number:
            raise refusal(f"kpis[{index}]", "A headline figure is a number.")


def _check_measure(measure: Measure, dataset: Dataset, filters: FilterCheck, place: str) -> FieldType:
    """Return the type that the measure has."""
    _check_way(measure, place)
    if measure.dataset_measure is not None:
        kind = _check_catalog_measure(measure, dataset, filters, place)
    elif measure.expression is not None:
        kind = _check_expression(measure.expression, measure, dataset, f"{place}.expression")
    else:
        _check_aggregation(measure, dataset, place)
        kind = measure_type(measure, dataset)
    if measure.name is None and (measure.filters.items or measure.expression is not None):
        what = "filters" if measure.filters.items else "an expression"
        raise refusal(f"{place}.name", f"A measure with {what} needs a name, by which the rest of the report calls it.")
    filters.check(measure.filters, f"{place}.filters")
    check_format(measure.format, kind, measure_label(measure, dataset), f"{place}.format")
    return kind


def _check_way(measure: Measure, place: str) -> None:
    """A measure is computed in one of three ways."""
    ways = (measure.aggregation, measure.dataset_measure, measure.expression)
    if sum(way is not None for way in ways) != 1:
        raise refusal(place, "A measure takes one of: an aggregation, a measure of the dataset, an expression.")
    if measure.aggregation is None and measure.field is not None:
        raise refusal(f"{place}.field", "Only an aggregation takes a field.")
    if measure.aggregation is not Aggregation.PERCENTILE and measure.percent is not None:
        raise refusal(f"{place}.percent", "Only a percentile takes a percent.")


def _check_aggregation(measure: Measure, dataset: Dataset, place: str) -> None:
    if measure.aggregation is None or measure.aggregation is Aggregation.COUNT:
        if measure.field is not None:
            raise refusal(f"{place}.field", "Counting rows takes no field; use 'count_distinct' to count its values.")
        return
    words = _AGGREGATION_WORDS[measure.aggregation]
    if measure.field is None:
        raise refusal(f"{place}.field", f"{words} needs a field.")
    field = known_field(dataset, measure.field, f"{place}.field")
    if measure.aggregation not in aggregations_for(field.type):
        raise refusal(
            f"{place}.aggregation", f"{words} does not work on {field.label}, which is {TYPE_WORDS[field.type]}."
        )
    if measure.aggregation is Aggregation.PERCENTILE and not _is_percent(measure.percent):
        raise refusal(f"{place}.percent", "A percentile takes a percent from 0 to 100: 90 for the 90th percentile.")


def _is_percent(percent: float | None) -> bool:
    return percent is not None and math.isfinite(percent) and 0 <= percent <= 100


def _check_catalog_measure(measure: Measure, dataset: Dataset, filters: FilterCheck, place: str) -> FieldType:
    """What the catalog says is checked too: fields may be gone from under it."""
    place = f"{place}.dataset_measure"
    known_measure(dataset, measure.dataset_measure or "", place)
    with at(place):
        resolved = resolve_measure(measure, dataset)
        if resolved.expression is not None:
            return _check_expression(resolved.expression, resolved, dataset, place)
        _check_aggregation(resolved, dataset, place)
        filters.check(resolved.filters, place)
        return measure_type(resolved, dataset)


def _check_expression(text: str, measure: Measure, dataset: Dataset, place: str) -> FieldType:
    with at(place):
        tree = parsed(text)
        for name in sorted(field_names_in(tree)):
            known_field(dataset, name, place)
        for name in sorted(measure_names_in(tree)):
            if dataset.field(name) is None:  # a field outside of an aggregate has words of its own
                known_measure(dataset, name, place)
        kind = measure_type(measure, dataset)
    if not aggregates_in(tree) and not measure_names_in(tree):
        raise refusal(place, "A measure condenses rows: use an aggregate such as sum(amount) or count().")
    return kind
