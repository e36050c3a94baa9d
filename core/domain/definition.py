"""Report definitions: the saved question, as frozen values. The JSON form lives in `core.domain.definition_json`."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from core.domain.appearance import Chart, ColumnOption, FormatRule
from core.domain.field import FieldType, Format
from core.domain.filter import Calendar, DateWindow, FilterGroup, Grain, Scalar


class Aggregation(StrEnum):
    """How a measure condenses the rows of a group."""

    COUNT = "count"  #: rows; takes no field
    COUNT_DISTINCT = "count_distinct"  #: different non-null values
    SUM = "sum"
    AVERAGE = "average"
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"
    PERCENTILE = "percentile"  #: the value that `percent` of the values do not exceed, interpolated


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """A dimension that groups; `grain` only for date fields."""

    field: str
    grain: Grain | None = None
    label: str | None = None

    @property
    def key(self) -> str:
        """The result column's key: `country`, `ordered_at__month`."""
        return f"{self.field}__{self.grain}" if self.grain else self.field


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A figure over the rows of a group, computed in one of three ways.

    An `aggregation` over a field, a `dataset_measure` of the catalog, or an `expression` of aggregates such as
    `sum(amount) / count_distinct(customer_id)`.
    """

    aggregation: Aggregation | None = None
    field: str | None = None  #: with an aggregation; COUNT takes none
    percent: float | None = None  #: PERCENTILE only, 0 to 100
    dataset_measure: str | None = None
    expression: str | None = None
    filters: FilterGroup = FilterGroup()  #: only rows it holds for are counted in
    name: str | None = None  #: the result column's key; needed with `filters` and `expression`
    label: str | None = None
    format: Format | None = None

    @property
    def key(self) -> str:
        """The result column's key: its name, or `count`, `sum__amount`, `percentile_90__amount`, `measure__margin`."""
        if self.name is not None:
            return self.name
        if self.dataset_measure is not None:
            return f"measure__{self.dataset_measure}"
        kind = str(self.aggregation)
        if self.percent is not None:
            kind = f"{kind}_{self.percent:g}"
        return f"{kind}__{self.field}" if self.field else kind


class CalculationKind(StrEnum):
    """What a column computed of the result says of the measure `of`."""

    EXPRESSION = "expression"  #: an expression over the row's columns; in a report of rows, over the dataset's fields
    RUNNING_TOTAL = "running_total"  #: the sum down to this row, in the report's order
    SHARE = "share"  #: the part of the total of all rows
    RANK = "rank"  #: 1 for the highest; equal values share a rank
    PREVIOUS = "previous"  #: the value in the span compared with
    CHANGE = "change"  #: value less previous
    CHANGE_PERCENT = "change_percent"  #: the change as a part of the previous value's size

    @property
    def compares(self) -> bool:
        """Whether it needs the span compared with."""
        return self in (CalculationKind.PREVIOUS, CalculationKind.CHANGE, CalculationKind.CHANGE_PERCENT)


class Comparison(StrEnum):
    """The span that a period is compared with."""

    PREVIOUS_PERIOD = "previous_period"  #: the span directly before
    PREVIOUS_YEAR = "previous_year"  #: the same span a year before


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """A column computed of the result's other columns; `name` is its key."""

    name: str
    kind: CalculationKind
    of: str | None = None  #: key of a measure; all kinds but EXPRESSION
    expression: str | None = None
    within: tuple[str, ...] = ()  #: keys of groupings that RUNNING_TOTAL, SHARE and RANK begin anew for
    against: Comparison = Comparison.PREVIOUS_PERIOD
    label: str | None = None
    format: Format | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """Only the n highest (or lowest) values of a grouping by a measure, with all others as one or left out."""

    n: int
    by: str  #: key of a measure
    grouping: str | None = None  #: key of the grouping; None: the first
    lowest: bool = False
    with_others: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pivot:
    """Groupings whose values become columns."""

    groupings: tuple[str, ...]  #: keys of groupings
    with_totals: bool = False  #: a column more for each measure, over all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Which totals are added; they count all rows matched, those beyond the limit included."""

    grand: bool = False
    subtotals: int = 0  #: how many leading groupings get subtotals


class ParameterType(StrEnum):
    """What a parameter takes."""

    VALUES = "values"  #: values of the type of `field`
    WINDOW = "window"  #: a date window


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value asked for at run time or fixed by a schedule; conditions and the period refer to it by name."""

    name: str
    label: str
    type: ParameterType = ParameterType.VALUES
    field: str | None = None  #: the field whose type and values it takes; VALUES only
    value_type: FieldType | None = None  #: filled where there is no field
    is_list: bool = False  #: takes several values
    is_required: bool = False  #: without a value the report does not run; otherwise its conditions hold for every row
    default: tuple[Scalar, ...] = ()
    default_window: DateWindow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The span the report is about: a window over one date field. KPI tiles compare it with another span."""

    field: str
    window: DateWindow
    parameter: str | None = None  #: takes the window from this parameter; `window` is its fallback
    against: Comparison = Comparison.PREVIOUS_PERIOD  #: what KPI tiles compare with


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """Order by the result column `key`; empty values come last either way."""

    key: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDefinition:
    """What a report asks: either `columns` (rows as they are) or `groupings` and `measures` (summarized)."""

    dataset_id: UUID
    columns: tuple[str, ...] = ()
    groupings: tuple[Grouping, ...] = ()
    measures: tuple[Measure, ...] = ()
    calculations: tuple[Calculation, ...] = ()
    period: Period | None = None
    filters: FilterGroup = FilterGroup()  #: over fields
    result_filters: FilterGroup = FilterGroup()  #: over keys of measures and calculations
    parameters: tuple[Parameter, ...] = ()
    top: Top | None = None
    pivot: Pivot | None = None
    totals: Totals = Totals()
    sort: tuple[Sort, ...] = ()
    limit: int | None = 1000  #: most rows delivered; None lifts it
    timezone: str = "UTC"
    calendar: Calendar = Calendar()
    kpis: tuple[Measure, ...] = ()
    chart: Chart | None = None
    options: tuple[ColumnOption, ...] = ()  #: how columns are called, written and sized
    rules: tuple[FormatRule, ...] = ()  #: conditional formatting

    @property
    def is_summary(self) -> bool:
        """Whether rows are grouped or aggregated."""
        return bool(self.groupings or self.measures)

    @property
    def column_keys(self) -> tuple[str, ...]:
        """Keys of the result columns in order, before a pivot spreads them."""
        calculated = tuple(calculation.name for calculation in self.calculations)
        if self.is_summary:
            return tuple(g.key for g in self.groupings) + tuple(m.key for m in self.measures) + calculated
        return self.columns + calculated
