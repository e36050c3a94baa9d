"""What measures stand for and which types measures and expressions have: catalog measures followed, cycles refused."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from core.domain.dataset import Dataset, DatasetMeasure
from core.domain.definition import Measure
from core.domain.expression import Expression, measure_names_in, parse_expression
from core.domain.expression_types import ExpressionContext, type_of
from core.domain.field import FieldType, Format
from core.domain.filter import FilterGroup
from core.errors import FieldMissing, InvalidDefinition
from core.query.field_rules import aggregated_type
from core.query.labels import field_of

_NO_FORMAT = Format()


def resolve_measure(measure: Measure, dataset: Dataset) -> Measure:
    """The measure itself, or what its dataset measure stands for, under the same key; both filters hold.

    Raises FieldMissing for a dataset measure that is gone, InvalidDefinition for one that leads back to itself.
    """
    key = measure.key
    seen: tuple[str, ...] = ()
    while measure.dataset_measure is not None:
        known = _followed(measure.dataset_measure, dataset, seen)
        seen = (*seen, known.name)
        measure = replace(
            known.measure,
            name=key,
            label=measure.label or known.label,
            format=measure.format or (known.format if known.format != _NO_FORMAT else known.measure.format),
            filters=_both(known.measure.filters, measure.filters),
        )
    return measure


def measure_type(measure: Measure, dataset: Dataset) -> FieldType:
    """The type of a measure's values. Raises InvalidInput where it has none."""
    return _type_of_measure(measure, dataset, ())


def row_type(text: str, dataset: Dataset) -> FieldType:
    """The type of an expression over a dataset's fields. Raises InvalidInput naming the character."""
    return type_of(parsed(text), _field_types(dataset), ExpressionContext.ROW)


def result_type(text: str, columns: Mapping[str, FieldType]) -> FieldType:
    """The type of an expression over result columns. Raises InvalidInput naming the character."""
    return type_of(parsed(text), columns, ExpressionContext.RESULT)


@lru_cache(maxsize=512)
def parsed(text: str) -> Expression:
    """The tree of an expression, read once. Raises InvalidInput naming the character."""
    return parse_expression(text)


def _type_of_measure(measure: Measure, dataset: Dataset, seen: tuple[str, ...]) -> FieldType:
    resolved = resolve_measure(measure, dataset)
    if resolved.expression is not None:
        tree = parsed(resolved.expression)
        measures = {
            name: _type_of_measure(_followed(name, dataset, seen).measure, dataset, (*seen, name))
            for name in sorted(measure_names_in(tree))
            if dataset.measure(name) is not None
        }
        return type_of(tree, _field_types(dataset), ExpressionContext.AGGREGATE, measures=measures)
    field = field_of(dataset, resolved.field) if resolved.field else None
    if resolved.aggregation is None:
        raise InvalidDefinition("A measure takes an aggregation, a measure of the dataset or an expression.")
    return aggregated_type(resolved.aggregation, field.type if field else None)


def _followed(name: str, dataset: Dataset, seen: tuple[str, ...]) -> DatasetMeasure:
    known = dataset.measure(name)
    if known is None:
        raise FieldMissing(f"{dataset.label} has no measure '{name}' any more. Choose another one.", fields=(name,))
    if name in seen:
        raise InvalidDefinition(f"The measure '{known.label}' of {dataset.label} leads back to itself.")
    return known


def _field_types(dataset: Dataset) -> dict[str, FieldType]:
    return {field.name: field.type for field in dataset.fields}


def _both(first: FilterGroup, second: FilterGroup) -> FilterGroup:
    """What both groups hold for."""
    if not first.items or not second.items:
        return first if first.items else second
    return FilterGroup(items=(first, second))
