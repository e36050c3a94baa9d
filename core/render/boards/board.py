"""A dashboard as its files take it: what it says of itself, and its tiles in reading order, each with its result."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import pyarrow as pa

from core.domain.artifact import Rendering
from core.domain.dashboard import TileHeight
from core.domain.field import FieldType, Format, NumberStyle
from core.domain.result import ColumnRole, Kpi, Result, ResultColumn, ResultHead
from core.domain.rich_text import plain_text
from core.render.renderer import ChartImage

#: What a tile is in files; a KPI tile has headline numbers and no rows.
TABLE, CHART, KPI, TEXT = "table", "chart", "kpi", "text"
_MOST_SCALE = 12
#: Characters of words that may stand for their tile's name.
_MOST_NAME = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardTile:
    """One tile. Its result can be read repeatedly; of headline numbers and texts it is a small table of them."""

    title: str  #: "" for a text without one
    show: str  #: TABLE, CHART, KPI or TEXT
    row: int
    column: int
    width: int
    height: TileHeight = TileHeight.MEDIUM
    result: Result
    text: str = ""
    note: str | None = None  #: which filters mean nothing to it
    picture: ChartImage | None = None
    picture_note: str | None = None  #: why the picture is missing or what it leaves out

    @property
    def name(self) -> str:
        """What sheets, files and messages call it."""
        first = plain_text(self.text).split("\n")[0].strip() if self.show == TEXT else ""
        return self.title or (first if 0 < len(first) <= _MOST_NAME else "Text")

    @property
    def named_result(self) -> Result:
        """Its result under the tile's name."""
        return replace(self.result, head=replace(self.result.head, title=self.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A dashboard. `head` tells of all its tiles: its title, the values of its filters in words, when data was read."""

    head: ResultHead
    tiles: tuple[BoardTile, ...]


def figures_result(head: ResultHead) -> Result:
    """The headline numbers of `head` as a table of a line each."""
    kpis = head.kpis
    columns = (
        ResultColumn(key="figure", label="Figure", type=FieldType.TEXT, role=ColumnRole.DIMENSION),
        _number_column("value", "Value"),
        _number_column("previous", "Before"),
        replace(_number_column("change", "Change"), format=Format(style=NumberStyle.PERCENT, decimals=1)),
    )
    batch = pa.record_batch(
        {
            "figure": pa.array([_label(kpi) for kpi in kpis], pa.string()),
            "value": _numbers([kpi.value for kpi in kpis]),
            "previous": _numbers([kpi.previous for kpi in kpis]),
            "change": pa.array([kpi.change for kpi in kpis], pa.float64()),
        }
    )
    return Result(head=replace(_small(head, len(kpis)), columns=columns), batches=[batch])


def text_result(head: ResultHead, text: str) -> Result:
    """The words of a text tile as a table of a line each."""
    lines = plain_text(text).split("\n")
    column = ResultColumn(key="text", label="Text", type=FieldType.TEXT, role=ColumnRole.DIMENSION)
    batch = pa.record_batch({"text": pa.array(lines, pa.string())})
    return Result(head=replace(_small(head, len(lines)), columns=(column,), kpis=(), description=""), batches=[batch])


def merged(parts: Sequence[tuple[str, Rendering]]) -> Rendering:
    """What is said of a file that holds several tiles: alterations and notes name the tile."""
    altered = {f"{name}: {label}": reasons for name, said in parts for label, reasons in said.altered.items()}
    notes = tuple(dict.fromkeys(f"{name}: {note}" for name, said in parts for note in said.notes))
    return Rendering(rows=sum(said.rows for _, said in parts), altered=altered, notes=notes)


def _small(head: ResultHead, rows: int) -> ResultHead:
    return replace(head, chart=None, totals=(), rules=(), rows_matched=rows, row_limit=None)


def _number_column(key: str, label: str) -> ResultColumn:
    return ResultColumn(key=key, label=label, type=FieldType.DECIMAL, role=ColumnRole.MEASURE)


def _label(kpi: Kpi) -> str:
    return f"{kpi.label} ({kpi.format.unit})" if kpi.format.unit else kpi.label


def _numbers(values: Sequence[Decimal | int | float | None]) -> pa.Array:
    """Exact where all are exact."""
    if any(isinstance(value, float) for value in values):
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    exact = [None if value is None else Decimal(value) for value in values]
    exponents = [value.as_tuple().exponent for value in exact if value is not None]
    scale = max((-each for each in exponents if isinstance(each, int) and each < 0), default=0)
    scale = min(scale, _MOST_SCALE)
    rounded = [None if value is None else round(value, scale) for value in exact]
    return pa.array(rounded, pa.decimal128(38, scale))
