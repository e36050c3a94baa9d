"""Runs all checks of a definition in the order in which people read it."""

from core.catalog.usage import fields_used
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.field import Field
from core.domain.filter import Calendar
from core.domain.result import ResultColumn
from core.domain.timezones import timezone_problem
from core.errors import FieldMissing
from core.query.policed import refuse_hidden
from core.query.validate.calculations import check_calculations
from core.query.validate.fields import check_chosen, check_columns, check_period, check_unique
from core.query.validate.filters import FilterCheck
from core.query.validate.layout import check_layout, column_field
from core.query.validate.measures import check_measures
from core.query.validate.parameters import check_parameters, parameter_types
from core.query.validate.problems import known_field, known_key, refusal


def validate_definition(definition: ReportDefinition, dataset: Dataset) -> None:
    """Raise InvalidDefinition with the place of the first thing that does not fit `dataset`.

    A field that is not there raises FieldMissing, which names all that are gone. A definition may be bound to its
    parameters or not.
    """
    refuse_hidden(definition, dataset)
    try:
        _validate(definition, dataset)
    except FieldMissing as error:
        gone = sorted({*error.fields, *fields_used(definition, dataset)} - {field.name for field in dataset.fields})
        raise FieldMissing(error.user_message, place=error.place, fields=tuple(gone)) from error


def _validate(definition: ReportDefinition, dataset: Dataset) -> None:
    problem = timezone_problem(definition.timezone)
    if problem is not None:
        raise refusal("timezone", problem)
    _check_calendar(definition.calendar)
    check_chosen(definition)
    check_columns(definition, dataset)
    check_unique(definition)
    filters = _field_filters(definition, dataset)
    check_parameters(definition, dataset, filters)
    check_measures(definition, dataset, filters)
    check_period(definition, dataset)
    filters.check(definition.filters, "filters")
    columns = check_calculations(definition, dataset)
    _result_filters(definition, dataset, columns).check(definition.result_filters, "result_filters")
    check_layout(definition, columns)
    if dataset.joins:
        # Steps of a relation check their filters with this function, and fan-out asks the relation's joins.
        from core.query.validate.fan_out import check_fan_out

        check_fan_out(definition, dataset)


def _check_calendar(calendar: Calendar) -> None:
    if not 1 <= calendar.week_start <= 7:
        raise refusal("calendar.week_start", "Weeks begin on a day from 1 (Monday) to 7 (Sunday).")
    if not 1 <= calendar.fiscal_year_start <= 12:
        raise refusal("calendar.fiscal_year_start", "Years begin in a month from 1 (January) to 12 (December).")


def _field_filters(definition: ReportDefinition, dataset: Dataset) -> FilterCheck:
    return FilterCheck(
        look_up=lambda name, place: known_field(dataset, name, place),
        parameters={parameter.name: parameter for parameter in definition.parameters},
        parameter_types=parameter_types(definition, dataset),
        timezone=definition.timezone,
    )


def _result_filters(definition: ReportDefinition, dataset: Dataset, columns: dict[str, ResultColumn]) -> FilterCheck:
    computed = [measure.key for measure in definition.measures] + [item.name for item in definition.calculations]

    def look_up(key: str, place: str) -> Field:
        if key in columns and key not in computed:
            raise refusal(place, f"{columns[key].label} is no measure; filter it with the other filters.")
        return column_field(columns[known_key(key, computed, place, "measure or computed column {}")])

    return FilterCheck(
        look_up=look_up,
        parameters={parameter.name: parameter for parameter in definition.parameters},
        parameter_types=parameter_types(definition, dataset),
        timezone=definition.timezone,
    )
