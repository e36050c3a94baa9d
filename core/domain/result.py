"""Results: a typed stream of Arrow record batches and all that a file needs to explain it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import pyarrow as pa

from core.domain.appearance import Chart, FormatRule
from core.domain.csv_options import CsvSource
from core.domain.field import FieldType, Format
from core.domain.filter import ResolvedWindow


class ColumnRole(StrEnum):
    """Whether a result column groups or aggregates."""

    DIMENSION = "dimension"
    MEASURE = "measure"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultColumn:
    """One labelled result column; `key` is its name in the record batches."""

    key: str
    label: str
    type: FieldType
    role: ColumnRole
    format: Format = Format()
    scale: int | None = None  #: digits after the point of exact numbers; None: unknown or floating
    width: int | None = None  #: characters asked for; None: as the data needs
    is_hidden: bool = False  #: in the batches, not shown in files and on screen
    spans: tuple[str, ...] = ()  #: what the pivot spread over it: ("Germany", "2026"); labels of the header rows above


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A headline number with the span before for comparison; `trend` feeds the sparkline, oldest first."""

    label: str
    value: Decimal | int | float | None
    previous: Decimal | int | float | None = None
    format: Format = Format()
    trend: tuple[float, ...] = ()

    @property
    def change(self) -> float | None:
        """Relative change against the span before (0.1 = +10%), None where there is no base."""
        if self.value is None or not self.previous:
            return None
        return (float(self.value) - float(self.previous)) / abs(float(self.previous))


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The measures over several rows: over all (level 0), or over those that share their first `level` groupings."""

    level: int
    keys: "tuple[CellValue, ...]"  #: the values of the first `level` groupings
    values: "tuple[CellValue, ...]"  #: one for each result column; None where it has no total


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultHead:
    """Everything about a result but its rows; JSON-serializable, so that a spooled result carries it along.

    All of it is input to the renderers, which read no clock: the same head and rows give the same bytes.
    """

    report_id: UUID | None
    report_version: int | None
    title: str
    description: str = ""
    sentence: str  #: the definition as one plain-English sentence
    filters_in_words: tuple[str, ...] = ()
    period: ResolvedWindow | None = None
    previous_period: ResolvedWindow | None = None
    columns: tuple[ResultColumn, ...]
    kpis: tuple[Kpi, ...] = ()
    chart: Chart | None = None
    totals: tuple[Total, ...] = ()  #: the grand total first, then subtotals in the order of the rows
    rules: tuple[FormatRule, ...] = ()  #: conditional formatting
    rows_matched: int  #: rows the question has without its limit
    is_at_least: bool = False  #: `rows_matched` was not counted to the end
    row_limit: int | None  #: the definition's limit
    logical_at: datetime  #: the instant relative dates resolved against
    as_of: datetime  #: when the source was read
    is_snapshot: bool  #: whether all queries saw one state of the source
    timezone: str
    organization: str = ""
    notes: tuple[str, ...] = ()  #: sentences a reader must know: "The source has no snapshot: …"
    definition_sha256: str = ""
    owner: str = ""
    hidden: tuple[ResultColumn, ...] = ()  #: what `columns` leaves out and rules may look at
    groupings: tuple[ResultColumn, ...] = ()  #: what totals group by, where `columns` leaves some of them out

    @property
    def rows_delivered(self) -> int:
        """Rows in the stream: those matched, up to the limit."""
        return self.rows_matched if self.row_limit is None else min(self.rows_matched, self.row_limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A head and its rows. `batches` yields record batches whose columns are `head.columns` by key, in order.

    Instants are `timestamp("us", tz=head.timezone)`, days `date32`, exact numbers `decimal128`, text `string` or
    `large_string`.
    `batches` may be iterated again where it is backed by a file (`Spool`), once where it is a live query.
    """

    head: ResultHead
    batches: Iterable[pa.RecordBatch]
    csv: CsvSource | None = None  #: where a live query's source may write CSV itself, instead of handing out batches
    overall: "Mapping[str, CellValue]" = field(default_factory=dict)  #: measures over all its rows, where asked for
    with_hidden: Iterable[pa.RecordBatch] | None = None  #: the batches with `head.hidden` behind their own columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The headline numbers of a definition and the span they are compared with."""

    kpis: tuple[Kpi, ...]
    previous_period: ResolvedWindow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSql:
    """Writes the SQL of a question when somebody looks: it costs as much as asking a small question does."""

    as_asked: Callable[[], str]  #: with places for values
    in_full: Callable[[], str]  #: for people, with the values in their places


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One page of a result for the screen and the API."""

    columns: tuple[ResultColumn, ...]
    table: pa.Table
    rows_matched: int
    page: int
    page_size: int
    #: None: a data policy keeps something from whom it is for, and the text would tell what.
    sql: ShownSql | None = field(repr=False, compare=False)
    period: ResolvedWindow | None
    sentence: str
    filters_in_words: tuple[str, ...]
    as_of: datetime
    elapsed_s: float
    is_at_least: bool = False  #: `rows_matched` was not counted to the end
    totals: tuple[Total, ...] = ()
    rules: tuple[FormatRule, ...] = ()
    notes: tuple[str, ...] = ()
    is_cached: bool = False  #: answered from memory; `as_of` says how old it is


CellValue = str | int | float | bool | Decimal | date | datetime | None
