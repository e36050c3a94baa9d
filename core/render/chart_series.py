"""The numbers behind a chart: series and slices of a table, merged where too many, never added up where sums lie."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from core.domain.appearance import Chart
from core.domain.field import FieldType, NumberStyle
from core.domain.result import ResultColumn
from core.render.cell_text import clean_characters
from core.render.cells import display_strings, header_label

OTHERS = "Others"
EMPTY = "(empty)"
_MOST_SERIES = 7  #: of a colour column; the rest is merged
_MOST_SLICES = 5  #: of a pie, the merged one included
_LABEL_LENGTH = 32
_NOT_ADDITIVE = ("average__", "median__", "min__", "max__", "count_distinct__")


class NotDrawable(ValueError):
    """The chart would mislead; the message says why, in a sentence for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One trace: a name and its points."""

    name: str
    x: list[Any]
    y: list[float | None]
    is_others: bool = False


def escape(text: str) -> str:
    """Text as Plotly shows it literally: no tags, no entities, no formulas."""
    clean = clean_characters(text).replace("\n", " ")
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("$", "&#36;")


def is_additive(measure: ResultColumn) -> bool:
    """Whether values of several rows may be added up: not averages, extremes, distinct counts or percents."""
    return not measure.key.startswith(_NOT_ADDITIVE) and measure.format.style is not NumberStyle.PERCENT


def series_of(
    table: pa.Table, x: ResultColumn, measures: list[ResultColumn], color: ResultColumn | None, *, is_scatter: bool
) -> list[Series]:
    """One series a measure, or one a value of `color`, the largest first. Raises NotDrawable."""
    positions = _positions(table, x)
    if color is not None:
        return _split(positions, table, measures[0], color, is_scatter=is_scatter)
    bases = {measure.key.partition("|")[0] for measure in measures}
    named = [(header_label(measure) if len(bases) > 1 else measure.label, measure) for measure in measures]
    if is_scatter:
        return [Series(name=escape(name), x=positions, y=_numbers(table, measure)) for name, measure in named]
    series = [_summed(escape(name), positions, _numbers(table, measure), measure) for name, measure in named]
    return _merged(series, measures[0]) if len(bases) == 1 else series


def _merged(series: list[Series], measure: ResultColumn) -> list[Series]:
    """The largest series, with the rest as one where values add up; where they do not, every one stays."""
    if len(series) <= _MOST_SERIES + 1 or not is_additive(measure) or len({tuple(one.x) for one in series}) > 1:
        return series
    ranked = sorted(series, key=lambda one: -sum(abs(value or 0.0) for value in one.y))
    rest = ranked[_MOST_SERIES:]
    summed = [sum(value or 0.0 for value in values) for values in zip(*(one.y for one in rest), strict=True)]
    others = Series(name=f"{OTHERS} ({len(rest):,} more)", x=rest[0].x, y=list(summed), is_others=True)
    return [*ranked[:_MOST_SERIES], others]


def spread_out(chart: Chart, columns: tuple[ResultColumn, ...]) -> tuple[Chart, tuple[ResultColumn, ...]]:
    """Return the chart with a series for each column that a pivot spread a measure over, named after what it holds."""
    measures: list[str] = []
    named = {column.key: column for column in columns}
    for key in chart.y:
        spread = [column for column in columns if column.spans and column.key.startswith(f"{key}|")]
        measures += [column.key for column in spread] or [key]
        for column in spread:
            label = ", ".join(column.spans) + (f": {column.label}" if len(chart.y) > 1 else "")
            named[column.key] = replace(column, label=label, spans=())
    return replace(chart, y=tuple(measures)), tuple(named.values())


def slices_of(table: pa.Table, x: ResultColumn, measure: ResultColumn) -> list[tuple[str, float, bool]]:
    """Label, value and whether it is the merged rest, by size. Raises NotDrawable."""
    if not is_additive(measure):
        raise NotDrawable(f"A pie shows shares of a whole, and {measure.label} does not add up to one. Choose bars.")
    series = _summed("", _labels(table, x), _numbers(table, measure), measure)
    pairs = [(label, value or 0.0, False) for label, value in zip(series.x, series.y, strict=True)]
    if any(value < 0 for _, value, _ in pairs) or not any(value for _, value, _ in pairs):
        raise NotDrawable("A pie needs positive values. Choose bars to see these.")
    pairs.sort(key=lambda pair: -pair[1])
    if len(pairs) <= _MOST_SLICES:
        return pairs
    rest = pairs[_MOST_SLICES - 1 :]
    merged = (f"{OTHERS} ({len(rest):,} more)", sum(value for _, value, _ in rest), True)
    return [*pairs[: _MOST_SLICES - 1], merged]


def by_time(series: Series) -> tuple[list[Any], list[float | None]]:
    """Points of a line from left to right; those without a place are left out."""
    points = [(x, y) for x, y in zip(series.x, series.y, strict=True) if x is not None]
    if points and all(isinstance(x, int | float) or x[:4].isdigit() for x, _ in points):
        points.sort(key=lambda point: point[0])
    return [x for x, _ in points], [y for _, y in points]


def ends_apart(series: list[Series]) -> bool:
    """Whether the last points end at one place and lie far enough apart to carry a name each."""
    ends = [by_time(one) for one in series]
    if any(not x or y[-1] is None for x, y in ends) or len({x[-1] for x, _ in ends}) > 1:
        return False
    last = sorted(y[-1] or 0.0 for _, y in ends)
    everything = [value for _, y in ends for value in y if value is not None]
    span = max(*everything, 0.0) - min(*everything, 0.0)
    return span > 0 and all(high - low >= span * 0.055 for low, high in pairwise(last))


def _labels(table: pa.Table, column: ResultColumn) -> list[str]:
    """A column's values as short escaped labels; two long values that begin alike stay two."""
    texts = display_strings(table.column(column.key), column, timezone="UTC")
    short: dict[str, str] = {}
    taken: set[str] = set()
    for text in texts:
        if text not in short:
            label = text if len(text) <= _LABEL_LENGTH else text[: _LABEL_LENGTH - 1] + "…"
            short[text] = escape(text if label in taken else label) or EMPTY
            taken.add(label)
    return [short[text] for text in texts]


def _numbers(table: pa.Table, column: ResultColumn) -> list[float | None]:
    """A measure as floats; a picture needs no more."""
    values: list[float | None] = pc.cast(table.column(column.key), pa.float64(), safe=False).to_pylist()
    return [None if value is None or value != value else value for value in values]


def _positions(table: pa.Table, column: ResultColumn) -> list[Any]:
    """Where points stand on the x axis: dates and numbers as such, all else as labels; instants by local clock."""
    array = table.column(column.key)
    if column.type is FieldType.DATE:
        return [None if value is None else value.isoformat() for value in pc.cast(array, pa.date32()).to_pylist()]
    if column.type is FieldType.DATETIME:
        local = pc.local_timestamp(array) if array.type.tz else array
        moments = pc.cast(local, pa.timestamp("us")).to_pylist()
        return [None if value is None else value.isoformat() for value in moments]
    if column.type.is_number:
        return _numbers(table, column)
    return _labels(table, column)


def _split(
    positions: list[Any], table: pa.Table, measure: ResultColumn, color: ResultColumn, *, is_scatter: bool
) -> list[Series]:
    """One series a colour; those past the seventh are added up, or left out by name where sums would lie."""
    values, names = _numbers(table, measure), _labels(table, color)
    rows: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        rows.setdefault(name, []).append(index)
    ranked = sorted(rows, key=lambda name: (-sum(abs(values[index] or 0.0) for index in rows[name]), name))
    kept = ranked[:_MOST_SERIES] if len(ranked) > _MOST_SERIES + 1 else ranked
    rest = ranked[len(kept) :]
    groups = [(name, rows[name], False) for name in kept]
    if rest and (is_scatter or is_additive(measure)):
        merged = sorted(index for name in rest for index in rows[name])
        groups.append((f"{OTHERS} ({len(rest):,} more)", merged, True))
    elif rest:
        groups.append((f"{len(rest):,} more are not shown", [], True))
    result = []
    for name, chosen, is_others in groups:
        x, y = [positions[index] for index in chosen], [values[index] for index in chosen]
        one = Series(name=name, x=x, y=y) if is_scatter else _summed(name, x, y, measure)
        if not chosen:  # a trace without a point would have no entry in the legend
            one = Series(name=name, x=[None], y=[None])
        result.append(Series(name=name, x=one.x, y=one.y, is_others=is_others))
    return result


def _summed(name: str, positions: list[Any], values: list[float | None], measure: ResultColumn) -> Series:
    """Points at the same place added up, in the order the places first appear."""
    sums: dict[Any, float | None] = {}
    for position, value in zip(positions, values, strict=True):
        if position not in sums:
            sums[position] = value
        elif not is_additive(measure):
            raise NotDrawable(f"{measure.label} of several rows cannot be added up. Choose a column for the colour.")
        elif value is not None:
            sums[position] = value + (sums[position] or 0.0)
    return Series(name=name, x=list(sums), y=list(sums.values()))
