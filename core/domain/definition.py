"""Report definitions: the saved question, as frozen values. The JSON form lives in `core.domain.definition_json`."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from core.domain.filter import DateUnit, DateWindow, FilterGroup


class Aggregation(StrEnum):
    """How a measure condenses the rows of a group."""

    COUNT = "count"  #: rows; takes no field
    COUNT_DISTINCT = "count_distinct"  #: different non-null values
    SUM = "sum"
    AVERAGE = "average"
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"


class ChartKind(StrEnum):
    """The pictures a report can carry."""

    LINE = "line"
    AREA = "area"
    BAR = "bar"
    HORIZONTAL_BAR = "horizontal_bar"
    SCATTER = "scatter"
    PIE = "pie"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """A dimension that groups; `grain` only for date fields."""

    field: str
    grain: DateUnit | None = None

    @property
    def key(self) -> str:
        """The result column's key: `country`, `ordered_at__month`."""
        return f"{self.field}__{self.grain}" if self.grain else self.field


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """An aggregated field; COUNT takes none."""

    aggregation: Aggregation
    field: str | None = None
    label: str | None = None

    @property
    def key(self) -> str:
        """The result column's key: `count`, `sum__amount`."""
        return f"{self.aggregation}__{self.field}" if self.field else str(self.aggregation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The span the report is about: a window over one date field. KPI tiles compare it with the span before."""

    field: str
    window: DateWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """Order by the result column `key`; empty values come last either way."""

    key: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture of the result: `x`, `y` and `color` are result column keys."""

    kind: ChartKind
    x: str
    y: tuple[str, ...]
    color: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDefinition:
    """What a report asks: either `columns` (rows as they are) or `groupings` and `measures` (summarized)."""

    dataset_id: UUID
    columns: tuple[str, ...] = ()
    groupings: tuple[Grouping, ...] = ()
    measures: tuple[Measure, ...] = ()
    period: Period | None = None
    filters: FilterGroup = FilterGroup()
    sort: tuple[Sort, ...] = ()
    limit: int | None = 1000  #: most rows delivered; None lifts it
    timezone: str = "UTC"
    kpis: tuple[Measure, ...] = ()
    chart: Chart | None = None

    @property
    def is_summary(self) -> bool:
        """Whether rows are grouped or aggregated."""
        return bool(self.groupings or self.measures)

    @property
    def column_keys(self) -> tuple[str, ...]:
        """Keys of the result columns in order."""
        if self.is_summary:
            return tuple(g.key for g in self.groupings) + tuple(m.key for m in self.measures)
        return self.columns
