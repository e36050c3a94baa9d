"""The published JSON shape of measures and of columns computed of a result."""

from pydantic import Field, model_validator

from core.domain.appearance_models import FormatModel
from core.domain.definition import Aggregation, Calculation, CalculationKind, Comparison, Measure
from core.domain.filter_models import GroupModel
from core.domain.json_form import Model
from core.domain.json_values import MAX_COLUMNS, ExpressionText, FiniteNumber, Name, refusal


class MeasureModel(Model):
    """A figure over rows: an `aggregation` of a field, a `dataset_measure`, or an `expression` of aggregates."""

    aggregation: Aggregation | None = Field(None, description="How the field's values are condensed.")
    field: Name | None = Field(None, description="The field condensed; `count` takes none.")
    percent: FiniteNumber | None = Field(None, description="`percentile` only: 0 to 100.")
    dataset_measure: Name | None = Field(None, description="Name of a measure that the dataset defines.")
    expression: ExpressionText | None = Field(None, description="Aggregates put together in the expression language.")
    filters: GroupModel = Field(GroupModel(), description="Only rows it holds for are counted in.")

    @model_validator(mode="after")
    def _check_way(self) -> "MeasureModel":
        ways = (self.aggregation, self.dataset_measure, self.expression)
        if sum(way is not None for way in ways) != 1:
            raise refusal("A measure has exactly one of 'aggregation', 'dataset_measure' and 'expression'.")
        if self.aggregation is None and self.field is not None:
            raise refusal("Only an aggregation takes a 'field'.")
        if (self.aggregation is Aggregation.PERCENTILE) != (self.percent is not None):
            raise refusal("'percentile' takes a 'percent' from 0 to 100, nothing else does.")
        if self.percent is not None and not 0 <= self.percent <= 100:
            raise refusal("'percent' is a number from 0 to 100.")
        return self

    def build(self) -> Measure:
        """The measure."""
        percent = None if self.percent is None else float(self.percent)
        return Measure(**{**self.parts(), "percent": percent})


class NamedMeasureModel(MeasureModel):
    """A measure of a report, with its key and how it is called and written."""

    name: Name | None = Field(None, description="Its key; needed with `filters` and `expression`.")
    label: Name | None = Field(None, description="Null: what the dataset says.")
    format: FormatModel | None = Field(None, description="Null: what the dataset says.")

    @model_validator(mode="after")
    def _check_name(self) -> "NamedMeasureModel":
        if self.name is None and (self.expression is not None or self.filters.items):
            raise refusal("A measure with filters or an expression has a 'name' of its own.")
        return self


class CalculationModel(Model):
    """A column computed of the result's other columns."""

    name: Name = Field(description="Its key.")
    kind: CalculationKind = Field(description="What it says of the measure `of`.")
    of: Name | None = Field(None, description="Key of a measure; all kinds but `expression`.")
    expression: ExpressionText | None = Field(None, description="`expression` only: over the row's columns.")
    within: tuple[Name, ...] = Field(
        (),
        max_length=MAX_COLUMNS,
        description="Keys of groupings that running totals, shares and ranks begin anew for.",
    )
    against: Comparison = Field(Comparison.PREVIOUS_PERIOD, description="The span compared with.")
    label: Name | None = Field(None, description="Null: made from its kind.")
    format: FormatModel | None = Field(None, description="Null: the measure's.")

    @model_validator(mode="after")
    def _check_kind(self) -> "CalculationModel":
        computes = self.kind is CalculationKind.EXPRESSION
        if computes and (self.expression is None or self.of is not None):
            raise refusal("A calculation by expression has an 'expression' and no 'of'.")
        if not computes and (self.of is None or self.expression is not None):
            raise refusal(f"A calculation of kind '{self.kind}' names its measure in 'of' and has no 'expression'.")
        return self

    def build(self) -> Calculation:
        """The calculation."""
        return Calculation(**self.parts())
