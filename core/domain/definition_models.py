"""The published JSON shape of a definition, as pydantic models with bounded sizes; meaning is checked elsewhere."""

from typing import Literal
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt

from core.domain.appearance_models import ChartModel, OptionModel, RuleModel
from core.domain.definition import (
    Comparison,
    Grouping,
    Period,
    Pivot,
    ReportDefinition,
    Sort,
    Top,
    Totals,
)
from core.domain.filter import Grain
from core.domain.filter_models import CalendarModel, GroupModel, WindowModel
from core.domain.json_form import Model
from core.domain.json_values import MAX_COLUMNS, Name
from core.domain.measure_models import CalculationModel, NamedMeasureModel
from core.domain.parameter_models import ParameterModel

_INT_64 = 2**63 - 1
_MAX_TOP = 10_000


class GroupingModel(Model):
    """A dimension that groups."""

    field: Name = Field(description="The field grouped by.")
    grain: Grain | None = Field(None, description="The span or part of a date it is grouped by; date fields only.")
    label: Name | None = Field(None, description="Null: what the dataset says.")

    def build(self) -> Grouping:
        """The grouping."""
        return Grouping(**self.parts())


class PeriodModel(Model):
    """The span that the report is about."""

    field: Name = Field(description="A date field.")
    window: WindowModel = Field(description="The span.")
    parameter: Name | None = Field(None, description="Takes the window from this parameter, where it is given.")
    against: Comparison = Field(Comparison.PREVIOUS_PERIOD, description="What headline numbers compare with.")

    def build(self) -> Period:
        """The period."""
        return Period(**self.parts())


class TopModel(Model):
    """Only the n highest or lowest values of a grouping by a measure."""

    n: StrictInt = Field(ge=1, le=_MAX_TOP, description="How many values are kept.")
    by: Name = Field(description="Key of the measure they are ordered by.")
    grouping: Name | None = Field(None, description="Key of the grouping. Null: the first.")
    lowest: StrictBool = Field(False, description="Keeps the lowest instead of the highest.")
    with_others: StrictBool = Field(False, description="All others become one value instead of being left out.")

    def build(self) -> Top:
        """The choice."""
        return Top(**self.parts())


class PivotModel(Model):
    """Groupings whose values become columns."""

    groupings: tuple[Name, ...] = Field(min_length=1, max_length=10, description="Keys of groupings.")
    with_totals: StrictBool = Field(False, description="Adds a column for each measure, over all of them.")

    def build(self) -> Pivot:
        """The pivot."""
        return Pivot(**self.parts())


class TotalsModel(Model):
    """Which totals are added; they count all rows matched, those beyond the limit included."""

    grand: StrictBool = Field(False, description="A total over all rows.")
    subtotals: StrictInt = Field(0, ge=0, le=MAX_COLUMNS, description="How many leading groupings get subtotals.")

    def build(self) -> Totals:
        """The totals."""
        return Totals(**self.parts())


class SortModel(Model):
    """Order by a result column; empty values come last either way."""

    key: Name = Field(description="Key of the result column.")
    descending: StrictBool = Field(False, description="From high to low.")

    def build(self) -> Sort:
        """The order."""
        return Sort(**self.parts())


class DefinitionModel(Model):
    """What a report asks: either `columns` (rows as they are) or `groupings` and `measures` (summarized)."""

    schema_version: Literal[1] = Field(1, description="The version of this shape.")
    dataset_id: UUID = Field(description="The dataset asked.")
    columns: tuple[Name, ...] = Field((), max_length=MAX_COLUMNS, description="Fields shown row by row.")
    groupings: tuple[GroupingModel, ...] = Field((), max_length=MAX_COLUMNS, description="What rows are grouped by.")
    measures: tuple[NamedMeasureModel, ...] = Field((), max_length=MAX_COLUMNS, description="Figures of each group.")
    calculations: tuple[CalculationModel, ...] = Field(
        (), max_length=MAX_COLUMNS, description="Columns computed of the result's other columns."
    )
    period: PeriodModel | None = Field(None, description="The span that the report is about.")
    filters: GroupModel = Field(GroupModel(), description="Which rows count, by fields.")
    result_filters: GroupModel = Field(
        GroupModel(), description="Which groups are kept, by keys of measures and calculations."
    )
    parameters: tuple[ParameterModel, ...] = Field(
        (), max_length=50, description="Values asked for when the report runs."
    )
    top: TopModel | None = Field(None, description="Keeps the highest or lowest values of a grouping.")
    pivot: PivotModel | None = Field(None, description="Spreads groupings over columns.")
    totals: TotalsModel = Field(TotalsModel(), description="Which totals are added.")
    sort: tuple[SortModel, ...] = Field((), max_length=MAX_COLUMNS, description="The order, the first key first.")
    limit: StrictInt | None = Field(
        None, ge=1, le=_INT_64, description="Most rows delivered. Null lifts it; left out, the installation's default."
    )
    timezone: Name = Field("UTC", description="IANA name; relative dates and grains follow it.")
    calendar: CalendarModel = Field(CalendarModel(), description="Where weeks and years begin.")
    kpis: tuple[NamedMeasureModel, ...] = Field((), max_length=24, description="Headline numbers.")
    chart: ChartModel | None = Field(None, description="A picture of the result.")
    options: tuple[OptionModel, ...] = Field(
        (), max_length=2 * MAX_COLUMNS, description="How columns are called, written and sized."
    )
    rules: tuple[RuleModel, ...] = Field((), max_length=MAX_COLUMNS, description="Conditional formatting.")

    def build(self) -> ReportDefinition:
        """The definition."""
        parts = self.parts()
        del parts["schema_version"]
        return ReportDefinition(**parts)
