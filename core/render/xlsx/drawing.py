"""What hangs on a sheet over its cells: pictures and charts, each at a place with a size in pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.render.markup import escaped
from core.render.xlsx.parts import DECLARATION, relationships

_EMU_PER_PIXEL = 9525
_MAIN = "http://schemas.openxmlformats.org/drawingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hanging:
    """A picture (`png`) or a chart (`chart`, the XML of its part); `row` and `column` are counted from 0."""

    row: int
    column: int
    width: int
    height: int
    alternative: str  #: what it shows, for those who do not see it
    offset: int = 0  #: pixels from the column's left edge
    png: bytes | None = None
    chart: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawingParts:
    """Parts of the package by name, for all that hangs on one sheet."""

    parts: tuple[tuple[str, str | bytes], ...]
    charts: int
    has_pictures: bool


def drawing_parts(hanging: Sequence[Hanging]) -> DrawingParts:
    """The drawing with its pictures and charts, in the order they are written."""
    parts: list[tuple[str, str | bytes]] = []
    targets: list[tuple[str, str]] = []
    charts = pictures = 0
    for each in hanging:
        if each.chart is not None:
            charts += 1
            parts.append((f"xl/charts/chart{charts}.xml", each.chart))
            targets.append(("chart", f"../charts/chart{charts}.xml"))
        elif each.png is not None:
            pictures += 1
            parts.append((f"xl/media/image{pictures}.png", each.png))
            targets.append(("image", f"../media/image{pictures}.png"))
    frames = "".join(_anchored(each, number) for number, each in enumerate(hanging, start=1))
    drawing = (
        f'{DECLARATION}<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"'
        f' xmlns:a="{_MAIN}" xmlns:r="{_OFFICE}">{frames}</xdr:wsDr>'
    )
    parts.append(("xl/drawings/drawing1.xml", drawing))
    parts.append(("xl/drawings/_rels/drawing1.xml.rels", relationships(targets)))
    return DrawingParts(parts=tuple(parts), charts=charts, has_pictures=bool(pictures))


def _anchored(hanging: Hanging, number: int) -> str:
    width, height = hanging.width * _EMU_PER_PIXEL, hanging.height * _EMU_PER_PIXEL
    content = _picture(hanging, number) if hanging.chart is None else _chart(hanging, number)
    return (
        f"<xdr:oneCellAnchor><xdr:from><xdr:col>{hanging.column}</xdr:col>"
        f"<xdr:colOff>{hanging.offset * _EMU_PER_PIXEL}</xdr:colOff><xdr:row>{hanging.row}</xdr:row>"
        f'<xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:ext cx="{width}" cy="{height}"/>{content}'
        "<xdr:clientData/></xdr:oneCellAnchor>"
    )


def _picture(hanging: Hanging, number: int) -> str:
    width, height = hanging.width * _EMU_PER_PIXEL, hanging.height * _EMU_PER_PIXEL
    return (
        f'<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="{number + 1}" name="Picture {number}"'
        f' descr="{escaped(hanging.alternative)}"/>'
        '<xdr:cNvPicPr><a:picLocks noChangeAspect="1"/></xdr:cNvPicPr></xdr:nvPicPr>'
        f'<xdr:blipFill><a:blip r:embed="rId{number}"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill>'
        f'<xdr:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic>'
    )


def _chart(hanging: Hanging, number: int) -> str:
    return (
        f'<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="{number + 1}" name="Chart {number}"'
        f' descr="{escaped(hanging.alternative)}"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr>'
        '<xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>'
        f'<a:graphic><a:graphicData uri="{_CHART}"><c:chart xmlns:c="{_CHART}" r:id="rId{number}"/>'
        "</a:graphicData></a:graphic></xdr:graphicFrame>"
    )
