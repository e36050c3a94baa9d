"""How large drawn definitions become, which parts of the language they use, and what their conditions compare with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.domain.definition import Aggregation, CalculationKind
from core.domain.field import FieldType
from core.domain.filter import Grain, Operator, Scalar

#: What conditions compare with where a `Variety` does not say.
DEFAULT_VALUES: Mapping[FieldType, Sequence[Scalar]] = {
    FieldType.TEXT: ("DE", "de", "", "o'clock", "100%", "under_score", "Straße", "É"),
    FieldType.INTEGER: (-5, 0, 1, 3, 1_000),
    FieldType.DECIMAL: (-1.5, 0, 0.25, 7, 1_234.5),
    FieldType.BOOLEAN: (True, False),
    FieldType.DATE: ("2026-01-01", "2026-03-29", "2026-06-30", "2026-12-31"),
    FieldType.DATETIME: ("2026-01-01", "2026-03-29", "2026-06-30T12:00:00", "2026-10-25T00:30:00+00:00"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Variety:
    """How large definitions become and which parts of the language they use."""

    columns: int = 4
    groupings: int = 3
    measures: int = 3
    calculations: int = 2
    items: int = 3  #: conditions and groups in one group
    depth: int = 2  #: groups in groups
    sorts: int = 2
    with_rows: bool = True
    with_summaries: bool = True
    with_expressions: bool = True
    with_measure_filters: bool = True
    with_comparisons: bool = True
    with_result_filters: bool = True
    with_parameters: bool = True
    with_period: bool = True
    with_top: bool = True
    with_pivot: bool = True
    with_totals: bool = True
    with_kpis: bool = True
    with_appearance: bool = True
    operators: Sequence[Operator] = tuple(Operator)
    aggregations: Sequence[Aggregation] = tuple(Aggregation)
    grains: Sequence[Grain] = tuple(Grain)
    calculation_kinds: Sequence[CalculationKind] = tuple(CalculationKind)
    timezones: Sequence[str] = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")
    limits: Sequence[int | None] = (None, 1, 10, 1000)
    #: What conditions on a field compare with, by its name.
    values: Mapping[str, Sequence[Scalar]] = field(default_factory=dict)
