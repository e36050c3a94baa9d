"""The published JSON shape of how results look: formats, charts, column options and conditional formatting."""

from typing import Annotated

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator

from core.domain.appearance import Chart, ChartKind, ColumnOption, FormatRule, RuleKind, Tone
from core.domain.field import DateStyle, Format, NumberStyle
from core.domain.filter import Operator
from core.domain.json_form import Model
from core.domain.json_values import MAX_VALUES, Name, Value, refusal

MAX_DECIMALS = 15
_MAX_WIDTH = 500
_Unit = Annotated[StrictStr, Field(min_length=1, max_length=40)]


class FormatModel(Model):
    """How values of a column are written for people; files keep the full value."""

    style: NumberStyle = Field(NumberStyle.NUMBER, description="How numbers are written.")
    decimals: StrictInt | None = Field(
        None, ge=0, le=MAX_DECIMALS, description="Digits after the point. Null: as many as the type has."
    )
    unit: _Unit | None = Field(None, description="A unit such as EUR or min, shown in the header.")
    date_style: DateStyle | None = Field(None, description="How days are written. Null: what suits the grain.")

    def build(self) -> Format:
        """The format."""
        return Format(**self.parts())


class ChartModel(Model):
    """A picture of the result; `x`, `y` and `color` are keys of result columns."""

    kind: ChartKind = Field(description="Which picture.")
    x: Name = Field(description="Key of the column along the axis.")
    y: tuple[Name, ...] = Field(min_length=1, max_length=50, description="Keys of the columns drawn.")
    color: Name | None = Field(None, description="Key of the column that tells series apart.")

    def build(self) -> Chart:
        """The chart."""
        return Chart(**self.parts())


class OptionModel(Model):
    """How one result column is called, written and sized."""

    key: Name = Field(description="Key of the result column.")
    label: Name | None = Field(None, description="Null: what the dataset says.")
    format: FormatModel | None = Field(None, description="Null: what the dataset says.")
    width: StrictInt | None = Field(None, ge=1, le=_MAX_WIDTH, description="Characters. Null: as the data needs.")
    is_hidden: StrictBool = Field(False, description="Computed and sorted by, not shown.")

    def build(self) -> ColumnOption:
        """The option."""
        return ColumnOption(**self.parts())


class RuleModel(Model):
    """Conditional formatting of one column; the first rule that fits a cell wins."""

    key: Name = Field(description="Key of the result column.")
    kind: RuleKind = Field(RuleKind.MARK, description="How cells are marked.")
    operator: Operator | None = Field(None, description="What a cell has to be; `mark` only.")
    values: tuple[Value, ...] = Field((), max_length=MAX_VALUES, description="What it is compared with; `mark` only.")
    tone: Tone = Field(Tone.ACCENT, description="The meaning of the mark; the theme gives it a colour.")
    whole_row: StrictBool = Field(False, description="Marks the row and not the cell alone; `mark` only.")

    @model_validator(mode="after")
    def _check_kind(self) -> "RuleModel":
        if self.kind is RuleKind.MARK and self.operator is None:
            raise refusal("A rule that marks has an operator.")
        if self.kind is not RuleKind.MARK and (self.operator is not None or self.values or self.whole_row):
            raise refusal("Only a rule that marks has an operator, values or marks whole rows.")
        return self

    def build(self) -> FormatRule:
        """The rule."""
        return FormatRule(**self.parts())
