"""What fields, groupings, measures and calculations are called where nobody gave them another name."""

from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Calculation, CalculationKind, Comparison, Grouping, Measure
from core.domain.field import Field
from core.domain.filter import Calendar, Grain
from core.domain.filter_off import applied_group
from core.errors import FieldMissing

_AGGREGATION_LABELS = {
    Aggregation.COUNT_DISTINCT: "{} (distinct)",
    Aggregation.SUM: "{}",
    Aggregation.AVERAGE: "Average {}",
    Aggregation.MIN: "Lowest {}",
    Aggregation.MAX: "Highest {}",
    Aggregation.MEDIAN: "Median {}",
    Aggregation.PERCENTILE: "{percent} percentile of {}",
}
_TEMPORAL_LABELS = {Aggregation.MIN: "First {}", Aggregation.MAX: "Last {}"}
_TEXT_GRAINS = {Grain.ISO_WEEK: "ISO week"}
_FISCAL_GRAINS = {
    Grain.QUARTER: "fiscal quarter",
    Grain.YEAR: "fiscal year",
    Grain.QUARTER_OF_YEAR: "quarter of fiscal year",
}
_CALCULATION_LABELS = {
    CalculationKind.RUNNING_TOTAL: "running total",
    CalculationKind.SHARE: "share",
    CalculationKind.RANK: "rank",
    CalculationKind.CHANGE: "change",
    CalculationKind.CHANGE_PERCENT: "change %",
}
_COMPARED_LABELS = {Comparison.PREVIOUS_PERIOD: "previous period", Comparison.PREVIOUS_YEAR: "year before"}


def field_of(dataset: Dataset, name: str, *, place: str | None = None) -> Field:
    """The field called `name`. Raises FieldMissing."""
    field = dataset.field(name)
    if field is None:
        raise FieldMissing(
            f"{dataset.label} has no field '{name}' any more. Choose another one.", place=place, fields=(name,)
        )
    return field


def measure_label(measure: Measure, dataset: Dataset) -> str:
    """What a measure is called: its own label, or one made from its field: "Average amount", "Events"."""
    if measure.label:
        return measure.label
    if measure.dataset_measure is not None:
        known = dataset.measure(measure.dataset_measure)
        return known.label if known is not None else words_of(measure.dataset_measure)
    if measure.name is not None and (measure.expression is not None or applied_group(measure.filters).items):
        return words_of(measure.name)
    field = dataset.field(measure.field) if measure.field else None
    if field is None or measure.aggregation is None:
        return sentence_case(dataset.row_noun)
    patterns = {**_AGGREGATION_LABELS, **(_TEMPORAL_LABELS if field.type.is_temporal else {})}
    pattern = patterns[measure.aggregation]
    return pattern.format(
        field.label if pattern.startswith("{}") else lower_first(field.label), percent=_ordinal(measure.percent or 0)
    )


def grouping_label(grouping: Grouping, dataset: Dataset, calendar: Calendar = Calendar()) -> str:
    """What a grouping is called: "Feature", "Occurred at (month)"."""
    if grouping.label:
        return grouping.label
    label = field_of(dataset, grouping.field).label
    return label if grouping.grain is None else f"{label} ({grain_words(grouping.grain, calendar)})"


def grain_words(grain: Grain, calendar: Calendar = Calendar()) -> str:
    """What a grain is called: "month", "ISO week", "hour of day", "fiscal quarter"."""
    words = _TEXT_GRAINS.get(grain, str(grain).replace("_", " "))
    if calendar.fiscal_year_start == 1:
        return words
    return _FISCAL_GRAINS.get(grain, words)


def is_obvious_date(dataset: Dataset, name: str) -> bool:
    """Whether nobody asks which date is meant: the dataset's own time field, or the only date there is."""
    if dataset.time_field is not None:
        return name == dataset.time_field
    return not any(field.type.is_temporal for field in dataset.fields if field.name != name)


def calculation_label(calculation: Calculation, of_label: str | None) -> str:
    """What a calculation is called: its own label, or "Revenue (running total)"; `of_label` is its measure's."""
    if calculation.label:
        return calculation.label
    if of_label is None or calculation.kind is CalculationKind.EXPRESSION:
        return words_of(calculation.name)
    compared = _COMPARED_LABELS[calculation.against]
    if calculation.kind is CalculationKind.PREVIOUS:
        return f"{of_label} ({compared})"
    words = _CALCULATION_LABELS[calculation.kind]
    is_yearly = calculation.kind.compares and calculation.against is Comparison.PREVIOUS_YEAR
    return f"{of_label} ({words} on {compared})" if is_yearly else f"{of_label} ({words})"


def words_of(name: str) -> str:
    """A key as words: `net_margin` becomes "Net margin"."""
    return sentence_case(" ".join(name.replace("_", " ").split())) or name


def sentence_case(text: str) -> str:
    """First letter in upper case, the rest as it is."""
    return text[:1].upper() + text[1:]


def lower_first(text: str) -> str:
    """First letter in lower case, unless the word is an acronym."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _ordinal(number: float) -> str:
    """Write 90 as "90th", 1 as "1st", 99.9 as "99.9th"."""
    text = f"{number:g}"
    if "." in text or text[-2:-1] == "1":
        return f"{text}th"
    return text + {"1": "st", "2": "nd", "3": "rd"}.get(text[-1], "th")
