"""The numbers of a spreadsheet's own chart: those of the picture, from the rows where they stand there as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from html import unescape
from itertools import pairwise
from math import isfinite
from typing import Any

import pyarrow as pa

from core.domain.appearance import Chart, ChartKind
from core.domain.field import FieldType
from core.domain.result import ResultColumn
from core.domain.word_forms import day_words
from core.render.cells import display_number, header_label
from core.render.chart_series import EMPTY, Series, by_time, series_of, slices_of
from core.render.palette import others_colour, series_colour

#: A chart of more rows than this is the picture, which says how many it shows.
MOST_CHART_ROWS = 5_000
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - days are counted by the local clock
_FIRST_YEAR = 1901  #: before it spreadsheets count days that never were
_DAY_S = 86_400
_MONTH = 28

Place = float | str
_Points = tuple[list[Any], list[float | None]]


class Axis(StrEnum):
    """What the points stand along."""

    NAMES = "names"  #: one after the other
    DAYS = "days"  #: whole days, those between them included
    NUMBERS = "numbers"  #: numbers and times, each at its place


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartSeries:
    """One series: its points and its colour (#RRGGBB)."""

    name: str
    x: tuple[Place, ...]
    y: tuple[float | None, ...]
    colour: str
    is_others: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartData:
    """All that a chart draws. On NAMES and DAYS all series have the same places, on NUMBERS each has its own."""

    kind: ChartKind
    axis: Axis
    x: ResultColumn
    measures: tuple[ResultColumn, ...]
    series: tuple[ChartSeries, ...]
    colours: tuple[str, ...] = ()  #: of a pie's slices
    is_split: bool = False  #: by the values of a column
    is_of_rows: bool = False  #: its points are the report's rows, in their order

    @property
    def step_days(self) -> int:
        """The fewest days between two places on an axis of days or times."""
        places = sorted({place for one in self.series for place in one.x if isinstance(place, float)})
        return int(min((right - left for left, right in pairwise(places)), default=1)) or 1


def chart_data(
    chart: Chart, columns: Sequence[ResultColumn], table: pa.Table, *, accent: str | None
) -> ChartData | None:
    """What a spreadsheet draws of `table`, whose columns are named by key; None where only a picture can show it."""
    by_key = {column.key: column for column in columns}
    wanted = (chart.x, *chart.y, *((chart.color,) if chart.color else ()))
    if not chart.y or not table.num_rows or any(key not in by_key for key in wanted):
        return None
    x, measures = by_key[chart.x], tuple(by_key[key] for key in chart.y)
    try:
        if chart.kind is ChartKind.PIE:
            data: ChartData | None = _pie(chart, x, measures[0], table, accent)
        else:
            data = _series(chart, x, measures, by_key.get(chart.color or ""), table, accent)
    except (ValueError, OverflowError):  # NotDrawable among them, and days that no calendar of Python has
        return None
    return data if data is not None and _is_finite(data) else None


def _series(
    chart: Chart,
    x: ResultColumn,
    measures: tuple[ResultColumn, ...],
    color: ResultColumn | None,
    table: pa.Table,
    accent: str | None,
) -> ChartData | None:
    """Everything but pies."""
    series = series_of(table, x, list(measures), color, is_scatter=chart.kind is ChartKind.SCATTER)
    axis = _axis(chart.kind, x, series)
    if axis is None:
        return None
    points = _aligned(series, chart.kind, x) if axis is not Axis.NUMBERS else _apart(series, chart.kind)
    return ChartData(
        kind=chart.kind,
        axis=axis,
        x=x,
        measures=measures,
        series=tuple(
            ChartSeries(
                name=unescape(one.name),
                x=tuple(_place(place, axis, x) for place in places),
                y=tuple(values),
                colour=others_colour() if one.is_others else series_colour(position, accent=accent),
                is_others=one.is_others,
            )
            for position, (one, (places, values)) in enumerate(zip(series, points, strict=True))
        ),
        is_split=color is not None,
        is_of_rows=color is None
        and (axis is not Axis.NAMES or x.type is FieldType.TEXT)
        and all(_are_rows(one, places, table.num_rows) for one, (places, _) in zip(series, points, strict=True)),
    )


def _is_finite(data: ChartData) -> bool:
    """A chart with an infinite number would be a broken file."""
    numbers = (value for one in data.series for value in (*one.x, *one.y) if isinstance(value, float))
    return all(map(isfinite, numbers))


def _pie(chart: Chart, x: ResultColumn, measure: ResultColumn, table: pa.Table, accent: str | None) -> ChartData:
    slices = slices_of(table, x, measure)
    colours = tuple(
        others_colour() if is_rest else series_colour(position, accent=accent)
        for position, (_, _, is_rest) in enumerate(slices)
    )
    one = ChartSeries(
        name=header_label(measure),
        x=tuple(unescape(label) for label, _, _ in slices),
        y=tuple(value for _, value, _ in slices),
        colour=colours[0],
    )
    return ChartData(kind=chart.kind, axis=Axis.NAMES, x=x, measures=(measure,), series=(one,), colours=colours)


def _axis(kind: ChartKind, x: ResultColumn, series: Sequence[Series]) -> Axis | None:
    """None: points of texts, which spreadsheets cannot scatter."""
    if not x.type.is_temporal and not x.type.is_number:
        return None if kind is ChartKind.SCATTER else Axis.NAMES
    if kind is ChartKind.SCATTER:
        return Axis.NUMBERS
    if x.type.is_number:
        return Axis.NUMBERS if kind is ChartKind.LINE else Axis.NAMES
    moments = [_moment(place) for one in series for place in one.x if place is not None]
    if any(moment.year < _FIRST_YEAR for moment in moments):
        return Axis.NAMES
    if any(moment.time() != datetime.min.time() for moment in moments):
        return Axis.NUMBERS if kind is ChartKind.LINE else Axis.NAMES
    if kind in (ChartKind.LINE, ChartKind.AREA):
        return Axis.DAYS
    days = sorted({moment.toordinal() for moment in moments})
    step = min((right - left for left, right in pairwise(days)), default=1)
    return Axis.DAYS if step == 1 or step >= _MONTH else Axis.NAMES  # weeks would be thin bars on an axis of days


def _moment(place: Any) -> datetime:
    return datetime.fromisoformat(place)


def _place(place: Any, axis: Axis, x: ResultColumn) -> Place:
    """A position as a sheet holds it: a day's number, a number, or words."""
    if axis is not Axis.NAMES:
        return (_moment(place) - _EPOCH).total_seconds() / _DAY_S if isinstance(place, str) else float(place)
    if not isinstance(place, str):
        return display_number(int(place) if x.type is FieldType.INTEGER else place, x.format)
    if not x.type.is_temporal:
        return unescape(place)
    moment = _moment(place)
    day = day_words(date(moment.year, moment.month, moment.day), x.format.date_style)
    return day if x.type is FieldType.DATE else f"{day}, {moment:%H:%M}"


def _apart(series: Sequence[Series], kind: ChartKind) -> list[_Points]:
    """Each series by itself: points of a line from left to right, scattered ones as they come."""
    if kind is not ChartKind.SCATTER:
        return [by_time(one) for one in series]
    found = [[(x, y) for x, y in zip(one.x, one.y, strict=True) if x is not None] for one in series]
    return [([x for x, _ in points], [y for _, y in points]) for points in found]


def _aligned(series: Sequence[Series], kind: ChartKind, x: ResultColumn) -> list[_Points]:
    """All series over the same places, empty where one has none; sorted as the picture sorts them."""
    places = list(dict.fromkeys(place for one in series for place in one.x if place is not None))
    is_line = kind in (ChartKind.LINE, ChartKind.AREA)
    if x.type.is_number or x.type.is_temporal or (is_line and all(place[:4].isdigit() for place in places)):
        places.sort()
    found = [dict(zip(one.x, one.y, strict=True)) for one in series]
    return [(places, [values.get(place) for place in places]) for values in found]


def _are_rows(series: Series, places: Sequence[Any], rows: int) -> bool:
    """Whether the points of a series are the rows, in their order: none merged, moved, left out or given a name."""
    return len(places) == rows and list(places) == series.x and EMPTY not in places
