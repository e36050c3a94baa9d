"""How a result looks: charts, column options and conditional formatting, by keys of result columns."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.field import Format
from core.domain.filter import Operator, Scalar


class ChartKind(StrEnum):
    """The pictures a report can carry."""

    LINE = "line"
    AREA = "area"
    BAR = "bar"
    HORIZONTAL_BAR = "horizontal_bar"
    SCATTER = "scatter"
    PIE = "pie"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture of the result: `x`, `y` and `color` are result column keys."""

    kind: ChartKind
    x: str
    y: tuple[str, ...]
    color: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnOption:
    """How one result column is called, written and sized; None leaves what the dataset says."""

    key: str
    label: str | None = None
    format: Format | None = None
    width: int | None = None  #: characters
    is_hidden: bool = False  #: computed and sorted by, not shown


class RuleKind(StrEnum):
    """How a rule marks cells."""

    MARK = "mark"  #: cells that meet a condition get a tone
    SCALE = "scale"  #: every cell gets a shade by its value
    BAR = "bar"  #: every cell gets a bar by its value


class Tone(StrEnum):
    """The meaning of a mark; the theme gives it a colour."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    ACCENT = "accent"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatRule:
    """Conditional formatting of one column; the first rule that fits a cell wins."""

    key: str
    kind: RuleKind = RuleKind.MARK
    operator: Operator | None = None  #: MARK only
    values: tuple[Scalar, ...] = ()  #: MARK only
    tone: Tone = Tone.ACCENT
    whole_row: bool = False  #: MARK only
