"""A spreadsheet's own chart as XML: thin axes, a light grid on one of them, the palette of all charts, no frame."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.appearance import ChartKind
from core.render.markup import escaped
from core.render.palette import LIGHT
from core.render.xlsx.chart_axes import PLACES_AXIS, VALUES_AXIS, axes, place_format, value_format
from core.render.xlsx.chart_data import Axis, ChartData, ChartSeries
from core.render.xlsx.chart_look import drawn, filled, marker, solid, words
from core.render.xlsx.parts import DECLARATION

_NAMESPACES = (
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)
_MOST_BARS_LABELLED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPlaces:
    """Where a series stands in the workbook, as references: "'Rows'!$B$2:$B$13"."""

    name: str
    x: str
    y: str


def chart_xml(data: ChartData, places: Sequence[SeriesPlaces]) -> str:
    """The part of a chart; `places` are those of `data.series`."""
    draw = {
        ChartKind.PIE: _pie,
        ChartKind.BAR: _bars,
        ChartKind.HORIZONTAL_BAR: _bars,
        ChartKind.AREA: _area,
    }.get(data.kind, _scatter if data.axis is Axis.NUMBERS else _lines)
    named = len(data.series) > 1
    legend = f'<c:legend><c:legendPos val="t"/><c:overlay val="0"/>{words(LIGHT.ink)}</c:legend>' if named else ""
    return (
        f'{DECLARATION}<c:chartSpace {_NAMESPACES}><c:date1904 val="0"/><c:roundedCorners val="0"/><c:chart>'
        f'<c:autoTitleDeleted val="1"/><c:plotArea><c:layout/>{draw(data, places)}{axes(data)}'
        f"<c:spPr><a:noFill/></c:spPr></c:plotArea>{legend}"
        f'<c:plotVisOnly val="1"/><c:dispBlanksAs val="{_blanks(data)}"/></c:chart>'
        f"<c:spPr>{solid(LIGHT.card)}<a:ln><a:noFill/></a:ln></c:spPr>"
        '<c:txPr><a:bodyPr/><a:lstStyle/><a:p><a:pPr><a:defRPr><a:latin typeface="Calibri"/></a:defRPr></a:pPr>'
        '<a:endParaRPr lang="en-US"/></a:p></c:txPr></c:chartSpace>'
    )


def _blanks(data: ChartData) -> str:
    """A series split off by colour has no row where it has no value, and its line goes on; an empty cell is a gap."""
    if data.kind is ChartKind.AREA:
        return "zero"
    return "span" if data.is_split else "gap"


def _bars(data: ChartData, places: Sequence[SeriesPlaces]) -> str:
    flat = data.kind is ChartKind.HORIZONTAL_BAR
    is_stacked = not flat and len(data.series) > 1
    labels = len(data.series) == 1 and len(data.series[0].x) <= _MOST_BARS_LABELLED
    series = "".join(
        f"{_opening(number, one, place)}{filled(one.colour)}"
        f'<c:invertIfNegative val="0"/>{_labels(data) if labels else ""}{_points(data, one, place)}</c:ser>'
        for number, (one, place) in enumerate(zip(data.series, places, strict=True))
    )
    overlap = '<c:overlap val="100"/>' if is_stacked else ""
    return (
        f'<c:barChart><c:barDir val="{"bar" if flat else "col"}"/>'
        f'<c:grouping val="{"stacked" if is_stacked else "clustered"}"/>'
        f'<c:varyColors val="0"/>{series}<c:gapWidth val="40"/>{overlap}{_axis_ids()}</c:barChart>'
    )


def _lines(data: ChartData, places: Sequence[SeriesPlaces]) -> str:
    series = "".join(
        f"{_opening(number, one, place)}{drawn(one)}{marker(one, single=len(one.x) == 1)}"
        f'{_points(data, one, place)}<c:smooth val="0"/></c:ser>'
        for number, (one, place) in enumerate(zip(data.series, places, strict=True))
    )
    return (
        f'<c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/>{series}<c:marker val="1"/>'
        f"{_axis_ids()}</c:lineChart>"
    )


def _area(data: ChartData, places: Sequence[SeriesPlaces]) -> str:
    series = "".join(
        f"{_opening(number, one, place)}{filled(one.colour, alpha=55_000)}{_points(data, one, place)}</c:ser>"
        for number, (one, place) in enumerate(zip(data.series, places, strict=True))
    )
    grouping = "stacked" if len(data.series) > 1 else "standard"
    return f'<c:areaChart><c:grouping val="{grouping}"/><c:varyColors val="0"/>{series}{_axis_ids()}</c:areaChart>'


def _scatter(data: ChartData, places: Sequence[SeriesPlaces]) -> str:
    """Points, or lines between points where places are numbers or times."""
    dotted = data.kind is ChartKind.SCATTER
    looks = [
        "<c:spPr><a:ln><a:noFill/></a:ln></c:spPr>" + marker(one, single=True)
        if dotted
        else drawn(one) + marker(one, single=len(one.x) == 1)
        for one in data.series
    ]
    series = "".join(
        f'{_opening(number, one, place)}{looks[number]}{_points(data, one, place)}<c:smooth val="0"/></c:ser>'
        for number, (one, place) in enumerate(zip(data.series, places, strict=True))
    )
    return (
        f'<c:scatterChart><c:scatterStyle val="lineMarker"/><c:varyColors val="0"/>{series}{_axis_ids()}'
        "</c:scatterChart>"
    )


def _pie(data: ChartData, places: Sequence[SeriesPlaces]) -> str:
    one = data.series[0]
    slices = "".join(
        f'<c:dPt><c:idx val="{number}"/><c:bubble3D val="0"/>{filled(colour, edge=LIGHT.card)}</c:dPt>'
        for number, colour in enumerate(data.colours)
    )
    labels = (
        f'<c:dLbls><c:numFmt formatCode="0.0%" sourceLinked="0"/><c:spPr><a:noFill/></c:spPr>{words(LIGHT.ink)}'
        '<c:dLblPos val="outEnd"/><c:showLegendKey val="0"/><c:showVal val="0"/><c:showCatName val="1"/>'
        '<c:showSerName val="0"/><c:showPercent val="1"/><c:showBubbleSize val="0"/><c:separator>\n</c:separator>'
        '<c:showLeaderLines val="1"/></c:dLbls>'
    )
    return (
        f'<c:pieChart><c:varyColors val="1"/>{_opening(0, one, places[0])}{slices}{labels}'
        f'{_points(data, one, places[0])}</c:ser><c:firstSliceAng val="0"/></c:pieChart>'
    )


def _opening(number: int, series: ChartSeries, place: SeriesPlaces) -> str:
    return (
        f'<c:ser><c:idx val="{number}"/><c:order val="{number}"/><c:tx><c:strRef><c:f>{escaped(place.name)}</c:f>'
        f'<c:strCache><c:ptCount val="1"/><c:pt idx="0"><c:v>{escaped(series.name)}</c:v></c:pt></c:strCache>'
        "</c:strRef></c:tx>"
    )


def _points(data: ChartData, series: ChartSeries, place: SeriesPlaces) -> str:
    """The two references, with what stands there: viewers draw that without reading the cells."""
    words = data.axis is Axis.NAMES
    tags = ("xVal", "yVal") if data.axis is Axis.NUMBERS else ("cat", "val")
    kind, code = ("str", "") if words else ("num", f"<c:formatCode>{escaped(place_format(data))}</c:formatCode>")
    known = "".join(
        f'<c:pt idx="{index}"><c:v>{escaped(x) if isinstance(x, str) else f"{x:.15g}"}</c:v></c:pt>'
        for index, x in enumerate(series.x)
    )
    values = "".join(
        f'<c:pt idx="{index}"><c:v>{y!r}</c:v></c:pt>' for index, y in enumerate(series.y) if y is not None
    )
    count = f'<c:ptCount val="{len(series.x)}"/>'
    return (
        f"<c:{tags[0]}><c:{kind}Ref><c:f>{escaped(place.x)}</c:f><c:{kind}Cache>{code}{count}{known}"
        f"</c:{kind}Cache></c:{kind}Ref></c:{tags[0]}>"
        f"<c:{tags[1]}><c:numRef><c:f>{escaped(place.y)}</c:f><c:numCache>"
        f"<c:formatCode>General</c:formatCode>{count}{values}</c:numCache></c:numRef></c:{tags[1]}>"
    )


def _labels(data: ChartData) -> str:
    """The number at the end of each bar."""
    return (
        f'<c:dLbls><c:numFmt formatCode="{escaped(value_format(data))}" sourceLinked="0"/><c:spPr><a:noFill/></c:spPr>'
        f'{words(LIGHT.ink)}<c:dLblPos val="outEnd"/><c:showLegendKey val="0"/><c:showVal val="1"/>'
        '<c:showCatName val="0"/><c:showSerName val="0"/><c:showPercent val="0"/><c:showBubbleSize val="0"/></c:dLbls>'
    )


def _axis_ids() -> str:
    return f'<c:axId val="{PLACES_AXIS}"/><c:axId val="{VALUES_AXIS}"/>'
