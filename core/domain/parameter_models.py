"""The published JSON shape of parameters, and of a window given for one."""

from pydantic import Field, StrictBool, model_validator

from core.domain.definition import Parameter, ParameterType
from core.domain.field import FieldType
from core.domain.filter_models import WindowModel
from core.domain.json_form import Model
from core.domain.json_values import MAX_VALUES, Name, Value, refusal


class ParameterModel(Model):
    """A value asked for at run time or fixed by a schedule; conditions and the period refer to it by name."""

    name: Name = Field(description="What conditions call it.")
    label: Name = Field(description="What people are asked.")
    type: ParameterType = Field(ParameterType.VALUES, description="Whether it takes values or a date window.")
    field: Name | None = Field(None, description="The field whose values it takes; `values` only.")
    value_type: FieldType | None = Field(None, description="The type of its values, where there is no field.")
    is_list: StrictBool = Field(False, description="Takes several values.")
    is_required: StrictBool = Field(False, description="Without a value the report does not run.")
    default: tuple[Value, ...] = Field((), max_length=MAX_VALUES, description="Used where no values are given.")
    default_window: WindowModel | None = Field(None, description="Used where no window is given.")

    @model_validator(mode="after")
    def _check_type(self) -> "ParameterModel":
        if self.type is ParameterType.WINDOW:
            if self.field is not None or self.value_type is not None or self.is_list or self.default:
                raise refusal("A parameter that takes a window has no field, type or values.")
        elif (self.field is None) == (self.value_type is None):
            raise refusal("A parameter that takes values has either a 'field' or a 'value_type'.")
        elif self.default_window is not None:
            raise refusal("A parameter that takes values has no 'default_window'.")
        elif len(self.default) > 1 and not self.is_list:
            raise refusal("A parameter that takes one value has at most one in 'default'.")
        return self

    def build(self) -> Parameter:
        """The parameter."""
        return Parameter(**self.parts())
