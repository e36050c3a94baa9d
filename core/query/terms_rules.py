"""Whether the terms of a schedule suit its report: the measures and the field they speak of are there and fit."""

from core.domain.dataset import Dataset
from core.domain.definition import Measure, ReportDefinition
from core.domain.terms import Terms
from core.errors import BroadsheetError, InvalidInput
from core.query.labels import measure_label
from core.query.measures import measure_type


def check_terms(definition: ReportDefinition, dataset: Dataset, terms: Terms) -> None:
    """Raise InvalidInput at `condition.measure`, `freshness.field` or `hold.measure` for what the report has not."""
    if terms.condition.measure is not None:
        _check_measure(terms.condition.measure, definition, dataset, "condition.measure")
    if terms.freshness is not None:
        _check_field(terms.freshness.field, dataset, "freshness.field")
    if terms.hold is not None:
        _check_measure(terms.hold.measure, definition, dataset, "hold.measure")


def needs_dataset(terms: Terms) -> bool:
    """Whether the terms speak of anything that `check_terms` looks for."""
    return terms.condition.measure is not None or terms.freshness is not None or terms.hold is not None


def known_measures(definition: ReportDefinition) -> dict[str, Measure]:
    """The measures by key that have one value for a whole result: those of its rows and its headline numbers."""
    return {measure.key: measure for measure in (*definition.kpis, *definition.measures)}


def _check_measure(name: str, definition: ReportDefinition, dataset: Dataset, place: str) -> None:
    measures = known_measures(definition)
    measure = measures.get(name)
    if measure is None:
        known = ", ".join(measures) or "none"
        raise InvalidInput(f"The report has no measure {name!r}. Its measures: {known}.", place=place)
    try:
        kind = measure_type(measure, dataset)
    except BroadsheetError as error:
        raise InvalidInput(error.user_message, place=place) from error
    if not kind.is_number:
        raise InvalidInput(f"{measure_label(measure, dataset)} is no number, so it cannot be compared.", place=place)


def _check_field(name: str, dataset: Dataset, place: str) -> None:
    field = dataset.field(name)
    if field is None:
        raise InvalidInput(f"{dataset.label} has no field {name!r}.", place=place)
    if not field.type.is_temporal:
        raise InvalidInput(f"{field.label} is no date or time, so it cannot say how new a row is.", place=place)
