"""Values given for parameters, checked against the dataset before they take their place in a definition."""

from collections.abc import Mapping

from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.field import Field
from core.domain.filter import DateWindow
from core.domain.parameters import ParameterValue, bind_parameters
from core.query.validate import validate_definition
from core.query.validate.fields import check_window
from core.query.validate.filters import check_all
from core.query.validate.parameters import parameter_types


def bind_given(definition: ReportDefinition, dataset: Dataset, given: Mapping[str, ParameterValue]) -> ReportDefinition:
    """Return the definition with the values in it, all of it checked. Raises InvalidInput with the mistake's place."""
    validate_definition(definition, dataset)
    check_given(definition, dataset, given)
    bound = bind_parameters(definition, given)
    if bound != definition:
        validate_definition(bound, dataset)
    return bound


def check_given(definition: ReportDefinition, dataset: Dataset, given: Mapping[str, ParameterValue]) -> None:
    """Each value can be read as what its parameter asks for; the place names the parameter, `parameters.country[0]`.

    That every value is wanted and none is missing shows in `bind_parameters`.
    """
    types = parameter_types(definition, dataset)
    for parameter in definition.parameters:
        value, place = given.get(parameter.name), f"parameters.{parameter.name}"
        if isinstance(value, DateWindow):
            check_window(value, place)
        elif value is not None and parameter.name in types:
            field = dataset.field(parameter.field) if parameter.field is not None else None
            asked = field or Field(name=parameter.name, label=parameter.label, type=types[parameter.name])
            check_all(value, asked, timezone=definition.timezone, place=place)
