"""Which chart suits the shape of a result, what a kind would draw of it, and why a kind does not fit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.domain.appearance import Chart, ChartKind
from core.domain.definition import ReportDefinition
from core.domain.result import ResultColumn
from core.render.chart_series import is_additive

_FEW_MOMENTS = 3  #: a line of so many points is none
_MOST_BARS_UPRIGHT = 12  #: more names need the room that lying bars give them
_CLOUD = 20  #: rows from which two numbers show how they hang together
_ORDERED = (ChartKind.LINE, ChartKind.AREA)
_NAMED = (ChartKind.PIE, ChartKind.HORIZONTAL_BAR)
Columns = Mapping[str, ResultColumn]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """What of a result can be drawn: where points stand, and how high."""

    places: tuple[ResultColumn, ...]  #: groupings that stay in the rows
    figures: tuple[ResultColumn, ...]

    @property
    def ordered(self) -> tuple[ResultColumn, ...]:
        """Places that lines run over, times first."""
        times = tuple(one for one in self.places if one.type.is_temporal)
        return (*times, *(one for one in self.places if one.type.is_number))

    @property
    def named(self) -> tuple[ResultColumn, ...]:
        """Places that are no times."""
        return tuple(one for one in self.places if not one.type.is_temporal)

    @property
    def parts(self) -> tuple[ResultColumn, ...]:
        """Figures that add up to a whole."""
        return tuple(one for one in self.figures if is_additive(one))

    @property
    def numbers(self) -> tuple[ResultColumn, ...]:
        """Everything that can lie on an axis of a scatter."""
        return (*(one for one in self.places if one.type.is_number), *self.figures)


def misfits(definition: ReportDefinition, columns: Columns) -> dict[ChartKind, str]:
    """Return the kinds that do not fit a definition, each with the reason and the mend.

    `columns` are those of the result by key, before a pivot spreads them.
    """
    shape = _shape(definition, columns)
    general = _nothing_to_draw(definition, shape)
    if general:
        return dict.fromkeys(ChartKind, general)
    found = {kind: _misfit(kind, shape) for kind in ChartKind}
    return {kind: why for kind, why in found.items() if why}


def suited_chart(definition: ReportDefinition, columns: Columns, rows: int | None = None) -> Chart | None:
    """Return the chart that suits a result of so many rows; None where its numbers alone say it best."""
    unfit = misfits(definition, columns)
    shape = _shape(definition, columns)
    if ChartKind.BAR in unfit:
        return None
    kind = ChartKind.BAR
    if any(one.type.is_temporal for one in shape.places):
        kind = ChartKind.LINE if rows is None or rows > _FEW_MOMENTS else ChartKind.BAR
    elif rows is not None and len(shape.places) == 1 and rows > _MOST_BARS_UPRIGHT:
        is_cloud = len(shape.figures) > 1 and rows > _CLOUD
        kind = ChartKind.SCATTER if is_cloud else ChartKind.HORIZONTAL_BAR
    return chart_of(replace(definition, chart=None), columns, kind if kind not in unfit else ChartKind.BAR)


def chart_of(definition: ReportDefinition, columns: Columns, kind: ChartKind) -> Chart | None:
    """Return a definition's chart as this kind, keeping what of it can stay; None where the kind does not fit."""
    if kind in misfits(definition, columns):
        return None
    shape = _shape(definition, columns)
    known = definition.chart
    if kind is ChartKind.SCATTER:
        return _scatter(shape, known)
    places = shape.ordered if kind in _ORDERED else shape.named if kind in _NAMED else (*shape.ordered, *shape.places)
    x = next((one for one in places if known is not None and one.key == known.x), places[0])
    figures = shape.parts if kind in (ChartKind.PIE, ChartKind.AREA) else shape.figures
    drawn = tuple(one.key for one in figures if known is not None and one.key in known.y) or (figures[0].key,)
    if kind is ChartKind.PIE:
        return Chart(kind=kind, x=x.key, y=drawn[:1])
    return Chart(kind=kind, x=x.key, y=drawn, color=_colour(shape, known, x))


def _scatter(shape: _Shape, known: Chart | None) -> Chart:
    figures = [one.key for one in shape.figures]
    along = [one.key for one in shape.numbers if figures != [one.key]]
    x = known.x if known is not None and known.x in along else along[0]
    kept = tuple(key for key in figures if known is not None and key in known.y and key != x)
    colour = known.color if known is not None and known.color != x else None
    return Chart(kind=ChartKind.SCATTER, x=x, y=kept or (next(key for key in figures if key != x),), color=colour)


def _colour(shape: _Shape, known: Chart | None, x: ResultColumn) -> str | None:
    """The grouping that tells series apart: the one known, else the first other one."""
    others = [one.key for one in shape.places if one.key != x.key]
    if known is not None:
        return known.color if known.color in others else None
    return others[0] if others else None


def _shape(definition: ReportDefinition, columns: Columns) -> _Shape:
    spread = definition.pivot.groupings if definition.pivot is not None else ()
    places = [grouping.key for grouping in definition.groupings if grouping.key not in spread]
    computed = [measure.key for measure in definition.measures] + [one.name for one in definition.calculations]
    return _Shape(
        places=tuple(columns[key] for key in places if key in columns),
        figures=tuple(columns[key] for key in computed if key in columns and columns[key].type.is_number),
    )


def _nothing_to_draw(definition: ReportDefinition, shape: _Shape) -> str | None:
    if not definition.is_summary:
        return "Charts draw a summary. Choose Summary under Table first."
    if not definition.groupings:
        return "There is one line only, so its numbers say it best. Add a grouping to compare."
    if not shape.figures:
        return "Charts draw numbers. Add a measure first."
    if not shape.places:
        return "Every grouping stands across. Keep one in the lines."
    return None


def _misfit(kind: ChartKind, shape: _Shape) -> str | None:
    """Why a kind does not fit a result that has something to draw."""
    if kind in _ORDERED and not shape.ordered:
        return "Lines run over time. Group by a date first."
    if kind in (ChartKind.AREA, ChartKind.PIE) and not shape.parts:
        return f"{shape.figures[0].label} does not add up, so it has no parts. Choose a line or bars."
    if kind in _NAMED and not shape.named:
        return "Times run from left to right. Choose a line or upright bars, or group by something else too."
    if kind is ChartKind.SCATTER and (len(shape.numbers) < 2 or not shape.figures):
        return "It needs two numbers, one for each axis. Add a measure."
    return None
