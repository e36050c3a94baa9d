"""The cover: a sheet called About that says what the report asks, its headline numbers, and how far the rows go."""

from collections.abc import Sequence
from decimal import Decimal

from core.domain.field import FieldType
from core.domain.result import ColumnRole, Kpi, ResultColumn, ResultHead
from core.render.cells import header_label, value_decimals
from core.render.markup import escaped
from core.render.renderer import ChartImage
from core.render.xlsx import styles
from core.render.xlsx.sheet import DECLARATION, NAMESPACES

_EMU_PER_PIXEL = 9525
_CHART_WIDTH_PX = 760  #: the width of the cover's columns
_MOST_CHARACTERS = 32_000  #: of one fact; a cell holds 32,767
_LINE_CHARACTERS = 86  #: what fits on one line of a wide cell, for row heights
_WIDTHS = (2.5, 24.0, 22.0, 22.0, 16.0, 24.0)


_Value = str | float | int | Decimal | None
_Cells = Sequence[tuple[str, int, _Value]]


class Cover:
    """Builds the cover row by row, so that every block knows where it starts."""

    def __init__(self, head: ResultHead, known: styles.Styles, *, rows_sheet: str) -> None:
        self._head = head
        self._styles = known
        self._rows_sheet = rows_sheet
        self._rows: list[str] = []
        self._merged: list[str] = []
        self._link_at = ""

    def xml(self, facts: list[tuple[str, str]], *, has_chart: bool) -> str:
        """The sheet's XML; `has_chart` says that a drawing hangs below the last row."""
        self._masthead()
        self._figures()
        self._facts(facts)
        widths = "".join(
            f'<col min="{index}" max="{index}" width="{width}" customWidth="1"/>'
            for index, width in enumerate(_WIDTHS, start=1)
        )
        merged = "".join(f'<mergeCell ref="{area}"/>' for area in self._merged)
        return (
            f'{DECLARATION}<worksheet {NAMESPACES}><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
            '<sheetViews><sheetView workbookViewId="0" showGridLines="0" tabSelected="1"/></sheetViews>'
            f'<sheetFormatPr defaultRowHeight="15"/><cols>{widths}</cols><sheetData>{"".join(self._rows)}</sheetData>'
            f'<mergeCells count="{len(self._merged)}">{merged}</mergeCells>'
            f'<hyperlinks><hyperlink ref="{self._link_at}" location="\'{self._rows_sheet}\'!A1"/>'
            "</hyperlinks>"
            '<pageMargins left="0.47" right="0.47" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
            '<pageSetup orientation="portrait" fitToHeight="0"/>'
            + ('<drawing r:id="rId1"/>' if has_chart else "")
            + "</worksheet>"
        )

    @property
    def rows(self) -> int:
        """Rows written so far; the chart hangs below them."""
        return len(self._rows)

    def _masthead(self) -> None:
        """Title in serif over the accent rule, then the report's sentence and the way to the rows."""
        head = self._head
        self._row([])
        self._row([("B", styles.TITLE, head.title)], height=34)
        self._row([(letter, styles.RULE, "") for letter in "BCDEF"], height=6)
        for text in (head.description, head.sentence):
            if text:
                self._wide(text, styles.QUIET)
        self._row([("B", styles.LINK, "Go to the rows")])
        self._link_at = f"B{len(self._rows)}"
        self._row([])

    def _figures(self) -> None:
        """Headline numbers as numbers, next to the span before."""
        if not self._head.kpis:
            return
        right = styles.SECTION_RIGHT
        self._row(
            [
                ("B", styles.SECTION, "Headline numbers"),
                ("C", right, "This period"),
                ("D", right, "Before"),
                ("E", right, "Change"),
            ]
        )
        for kpi in self._head.kpis:
            self._figure(kpi)
        self._row([])

    def _figure(self, kpi: Kpi) -> None:
        column = ResultColumn(
            key=kpi.label, label=kpi.label, type=FieldType.DECIMAL, role=ColumnRole.MEASURE, format=kpi.format
        )
        style = self._styles.figure(column, value_decimals(kpi.value if kpi.value is not None else 0, kpi.format))
        cells: list[tuple[str, int, _Value]] = [
            ("B", styles.KPI_LABEL, header_label(column)),
            ("C", style, kpi.value),
            ("D", style, kpi.previous),
            ("E", self._styles.change(), kpi.change if kpi.change is not None else "no comparison"),
        ]
        self._row(cells)

    def _facts(self, facts: list[tuple[str, str]]) -> None:
        self._row([(letter, styles.SECTION, "About this report" if letter == "B" else "") for letter in "BCDEF"])
        for label, text in facts:
            self._wide(text, styles.VALUE, label=label)
        self._row([])

    def _wide(self, text: str, style: int, *, label: str = "") -> None:
        """A text across the page, from C on where a label stands in B; the row is as high as its lines."""
        text = text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "…"
        lines = sum(1 + max(0, len(line) - 1) // _LINE_CHARACTERS for line in text.split("\n"))
        start = "C" if label else "B"
        cells: list[tuple[str, int, _Value]] = [("B", styles.LABEL, label)] if label else []
        cells += [(letter, style, text if letter == start else "") for letter in "BCDEF" if letter >= start]
        self._row(cells, height=min(15.5 * lines + 2, 400))
        self._merged.append(f"{start}{len(self._rows)}:F{len(self._rows)}")

    def _row(self, cells: _Cells, *, height: float | None = None) -> None:
        number = len(self._rows) + 1
        tall = f' ht="{height}" customHeight="1"' if height else ""
        content = "".join(_cell(f"{letter}{number}", style, value) for letter, style, value in cells)
        self._rows.append(f'<row r="{number}"{tall}>{content}</row>')


def drawing_xml(chart: ChartImage, *, row: int, alternative: str) -> str:
    """The drawing that hangs the chart below the cover's text, scaled to the page."""
    width = _CHART_WIDTH_PX * _EMU_PER_PIXEL
    height = round(width * chart.height / chart.width)
    return (
        f'{DECLARATION}<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"'
        ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:oneCellAnchor>'
        f"<xdr:from><xdr:col>1</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{row}</xdr:row>"
        "<xdr:rowOff>0</xdr:rowOff></xdr:from>"
        f'<xdr:ext cx="{width}" cy="{height}"/><xdr:pic><xdr:nvPicPr>'
        f'<xdr:cNvPr id="2" name="Chart" descr="{escaped(alternative)}"/>'
        '<xdr:cNvPicPr><a:picLocks noChangeAspect="1"/></xdr:cNvPicPr></xdr:nvPicPr><xdr:blipFill>'
        '<a:blip xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:embed="rId1"/>'
        '<a:stretch><a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr><a:xfrm><a:off x="0" y="0"/>'
        f'<a:ext cx="{width}" cy="{height}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr>'
        "</xdr:pic>"
        "<xdr:clientData/></xdr:oneCellAnchor></xdr:wsDr>"
    )


def _cell(place: str, style: int, value: _Value) -> str:
    """One cell of the cover: a number where it is one, else text."""
    if value is None or value == "":
        return f'<c r="{place}" s="{style}"/>'
    if isinstance(value, str):
        text = f'<t xml:space="preserve">{escaped(value)}</t>'
        return f'<c r="{place}" s="{style}" t="inlineStr"><is>{text}</is></c>'
    if value != value or abs(value) == float("inf"):
        return _cell(place, style, str(value))
    return (
        f'<c r="{place}" s="{style}"><v>{value:f}</v></c>'
        if isinstance(value, Decimal)
        else f'<c r="{place}" s="{style}"><v>{value!r}</v></c>'
    )
