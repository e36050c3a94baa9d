"""The labelled result columns that a definition gives, and the labels of fields, measures and grains."""

from core.domain.dataset import Dataset, Field, FieldType, Format, NumberStyle
from core.domain.definition import Aggregation, Grouping, Measure, ReportDefinition
from core.domain.result import ColumnRole, ResultColumn
from core.errors import InvalidDefinition
from core.query.field_rules import aggregated_type

_AGGREGATION_LABELS = {
    Aggregation.COUNT_DISTINCT: "{} (distinct)",
    Aggregation.SUM: "{}",
    Aggregation.AVERAGE: "Average {}",
    Aggregation.MIN: "Lowest {}",
    Aggregation.MAX: "Highest {}",
    Aggregation.MEDIAN: "Median {}",
}
_TEMPORAL_LABELS = {Aggregation.MIN: "First {}", Aggregation.MAX: "Last {}"}


def result_columns(definition: ReportDefinition, dataset: Dataset) -> tuple[ResultColumn, ...]:
    """The columns of the result, in order. Raises InvalidDefinition for a field that is gone."""
    if not definition.is_summary:
        return tuple(_detail_column(field_of(dataset, name)) for name in definition.columns)
    groupings = tuple(_grouping_column(grouping, dataset) for grouping in definition.groupings)
    return groupings + tuple(measure_column(measure, dataset) for measure in definition.measures)


def field_of(dataset: Dataset, name: str) -> Field:
    """The field called `name`. Raises InvalidDefinition."""
    field = dataset.field(name)
    if field is None:
        raise InvalidDefinition(f"{dataset.label} has no field '{name}' any more. Choose another one.")
    return field


def measure_column(measure: Measure, dataset: Dataset) -> ResultColumn:
    """The column of a measure."""
    field = field_of(dataset, measure.field) if measure.field else None
    kind = aggregated_type(measure.aggregation, field.type if field else None)
    return ResultColumn(
        key=measure.key,
        label=measure_label(measure, dataset),
        type=kind,
        role=ColumnRole.MEASURE,
        format=_measure_format(measure, field),
    )


def measure_label(measure: Measure, dataset: Dataset) -> str:
    """What a measure is called: its own label, or one made from its field: "Average amount", "Events"."""
    if measure.label:
        return measure.label
    field = dataset.field(measure.field) if measure.field else None
    if field is None:
        return sentence_case(dataset.row_noun)
    patterns = {**_AGGREGATION_LABELS, **(_TEMPORAL_LABELS if field.type.is_temporal else {})}
    pattern = patterns[measure.aggregation]
    return pattern.format(field.label if pattern.startswith("{}") else lower_first(field.label))


def grouping_label(grouping: Grouping, dataset: Dataset) -> str:
    """What a grouping is called: "Feature", "Occurred at (month)"."""
    label = field_of(dataset, grouping.field).label
    if grouping.grain is None:
        return label
    return f"{label} ({grouping.grain})"


def sentence_case(text: str) -> str:
    """First letter in upper case, the rest as it is."""
    return text[:1].upper() + text[1:]


def lower_first(text: str) -> str:
    """First letter in lower case, unless the word is an acronym."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _detail_column(field: Field) -> ResultColumn:
    role = ColumnRole.MEASURE if field.is_measure else ColumnRole.DIMENSION
    return ResultColumn(key=field.name, label=field.label, type=field.type, role=role, format=field.format)


def _grouping_column(grouping: Grouping, dataset: Dataset) -> ResultColumn:
    field = field_of(dataset, grouping.field)
    return ResultColumn(
        key=grouping.key,
        label=grouping_label(grouping, dataset),
        type=FieldType.DATE if grouping.grain else field.type,
        role=ColumnRole.DIMENSION,
        format=field.format,
    )


def _measure_format(measure: Measure, field: Field | None) -> Format:
    if field is None or measure.aggregation is Aggregation.COUNT_DISTINCT:
        return Format(decimals=0)
    if not field.type.is_number:
        return field.format
    if measure.aggregation in (Aggregation.AVERAGE, Aggregation.MEDIAN) and field.format.decimals is None:
        style = NumberStyle.NUMBER if field.format.style is NumberStyle.PLAIN else field.format.style
        return Format(style=style, decimals=2, unit=field.format.unit)
    return field.format
