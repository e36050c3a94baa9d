"""Fills, lines and words of a spreadsheet's own charts."""

from core.render.markup import escaped
from core.render.palette import LIGHT
from core.render.xlsx.chart_data import ChartSeries

_LINE_WIDTH, _HAIRLINE_WIDTH = 25_400, 6_350  #: in EMU, 12,700 a point
_TEXT_SIZE = 900  #: hundredths of a point


def title(text: str) -> str:
    """The title of an axis, nothing without words."""
    if not text:
        return ""
    return (
        "<c:title><c:tx><c:rich><a:bodyPr/><a:lstStyle/><a:p><a:pPr>"
        f'<a:defRPr sz="{_TEXT_SIZE}" b="0">{solid(LIGHT.quiet)}</a:defRPr></a:pPr><a:r>'
        f'<a:rPr lang="en-US" sz="{_TEXT_SIZE}" b="0">{solid(LIGHT.quiet)}</a:rPr>'
        f"<a:t>{escaped(text)}</a:t></a:r></a:p>"
        '</c:rich></c:tx><c:overlay val="0"/></c:title>'
    )


def words(colour: str) -> str:
    """How labels are written."""
    return (
        f'<c:txPr><a:bodyPr/><a:lstStyle/><a:p><a:pPr><a:defRPr sz="{_TEXT_SIZE}">{solid(colour)}</a:defRPr></a:pPr>'
        '<a:endParaRPr lang="en-US"/></a:p></c:txPr>'
    )


def filled(colour: str, *, alpha: int | None = None, edge: str | None = None) -> str:
    """A filled shape; `alpha` in thousandths of a percent."""
    line = f"<a:ln>{solid(edge) if edge else '<a:noFill/>'}</a:ln>"
    return f"<c:spPr>{solid(colour, alpha=alpha)}{line}</c:spPr>"


def drawn(series: ChartSeries) -> str:
    """A line, dotted for what was merged."""
    dash = '<a:prstDash val="sysDot"/>' if series.is_others else ""
    return f'<c:spPr><a:ln w="{_LINE_WIDTH}" cap="rnd">{solid(series.colour)}{dash}<a:round/></a:ln></c:spPr>'


def marker(series: ChartSeries, *, single: bool) -> str:
    """A dot where there is no line to see."""
    if not single:
        return '<c:marker><c:symbol val="none"/></c:marker>'
    return f'<c:marker><c:symbol val="circle"/><c:size val="6"/>{filled(series.colour, alpha=80_000)}</c:marker>'


def outline(colour: str) -> str:
    """A hairline."""
    return f'<c:spPr><a:ln w="{_HAIRLINE_WIDTH}">{solid(colour)}</a:ln></c:spPr>'


def solid(colour: str, *, alpha: int | None = None) -> str:
    """One colour; `alpha` in thousandths of a percent."""
    faded = f'<a:alpha val="{alpha}"/>' if alpha else ""
    return f'<a:solidFill><a:srgbClr val="{_hex(colour)}">{faded}</a:srgbClr></a:solidFill>'


def _hex(colour: str) -> str:
    return colour[1:].upper()
