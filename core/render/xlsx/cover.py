"""The cover: a sheet called About that says what each report asks, its headline numbers, and how far its rows go."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

from core.domain.branding import Logo
from core.domain.field import FieldType
from core.domain.result import ColumnRole, Kpi, ResultColumn, ResultHead
from core.render.cells import header_label, value_decimals
from core.render.markup import escaped
from core.render.xlsx import styles
from core.render.xlsx.drawing import Hanging
from core.render.xlsx.parts import DECLARATION, NAMESPACES
from core.render.xlsx.plain_cells import PlainValue, plain_cell, sheet_reference

CHART_WIDTH_PX = 760  #: the width of the cover's columns
_MOST_CHARACTERS = 32_000  #: of one fact; a cell holds 32,767
_LINE_CHARACTERS = 86  #: what fits on one line of a wide cell, for row heights
_WIDTHS = (2.5, 24.0, 22.0, 22.0, 16.0, 24.0)
_LAST_COLUMN_PX = 173
_LOGO_HEIGHT_PX = 44
_ROW_PX = 20
_SECTION_GAP = 2  #: empty rows before the next report


_Cells = Sequence[tuple[str, int, PlainValue]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What the cover says of one report; `chart` hangs where there is room for it."""

    head: ResultHead
    facts: tuple[tuple[str, str], ...]
    rows: int
    sheet: str  #: the first with its rows
    chart: Hanging | None = None


class Cover:
    """Builds the cover row by row, so that every block knows where it starts."""

    def __init__(self, known: styles.Styles, *, logo: Logo | None = None, is_first: bool = True) -> None:
        """`is_first`: the workbook opens on it."""
        self._styles = known
        self._is_first = is_first
        self._rows: list[str] = []
        self._merged: list[str] = []
        self._links: list[str] = []
        self._hanging: list[Hanging] = []
        self._breaks: list[int] = []  #: rows after which a page ends
        self._row([], height=_LOGO_HEIGHT_PX * 0.75 if logo else None)
        if logo is not None:
            self._hanging.append(_logo(logo))

    def report(self, section: Section) -> None:
        """A workbook of one report."""
        self._title(section.head.title)
        self._section(section)

    def reports(
        self, title: str, sections: Sequence[Section], *, lead: Sequence[str] = (), of: str = "Reports"
    ) -> None:
        """A workbook of several reports: what they have in common, their list, then each by itself."""
        self._title(title)
        for text in filter(None, lead):
            self._wide(text, styles.QUIET)
        self._row([("B", styles.SECTION, of), *((letter, styles.SECTION, "") for letter in "CDE"),
                   ("F", styles.SECTION_RIGHT, "Rows")])  # fmt: skip
        for section in sections:
            cells = [(letter, styles.VALUE, "") for letter in "CDE"]
            self._row([("B", styles.LINK, section.head.title), *cells, ("F", styles.COUNT, section.rows)])
            self._link(section.sheet)
        for number, section in enumerate(sections):
            for _ in range(_SECTION_GAP):
                self._row([])
            if number:
                self._breaks.append(len(self._rows))
            self._row([("B", styles.SUBTITLE, section.head.title)], height=26)
            self._row([(letter, styles.RULE, "") for letter in "BCDEF"], height=6)
            self._section(section)

    def xml(self) -> str:
        """The sheet's XML."""
        widths = "".join(
            f'<col min="{index}" max="{index}" width="{width}" customWidth="1"/>'
            for index, width in enumerate(_WIDTHS, start=1)
        )
        merged = "".join(f'<mergeCell ref="{area}"/>' for area in self._merged)
        selected = ' tabSelected="1"' if self._is_first else ""
        return (
            f'{DECLARATION}<worksheet {NAMESPACES}><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
            f'<sheetViews><sheetView showGridLines="0"{selected} workbookViewId="0"/></sheetViews>'
            f'<sheetFormatPr defaultRowHeight="15"/><cols>{widths}</cols><sheetData>{"".join(self._rows)}</sheetData>'
            f'<mergeCells count="{len(self._merged)}">{merged}</mergeCells>'
            f"<hyperlinks>{''.join(self._links)}</hyperlinks>"
            '<pageMargins left="0.47" right="0.47" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
            '<pageSetup orientation="portrait" fitToHeight="0"/>'
            + self._page_breaks()
            + ('<drawing r:id="rId1"/>' if self._hanging else "")
            + "</worksheet>"
        )

    @property
    def hanging(self) -> tuple[Hanging, ...]:
        """The logo and the charts."""
        return tuple(self._hanging)

    def _page_breaks(self) -> str:
        breaks = "".join(f'<brk id="{row}" max="16383" man="1"/>' for row in self._breaks)
        count = len(self._breaks)
        return f'<rowBreaks count="{count}" manualBreakCount="{count}">{breaks}</rowBreaks>' if breaks else ""

    def _title(self, title: str) -> None:
        """In serif over the accent rule."""
        self._row([("B", styles.TITLE, title)], height=34)
        self._row([(letter, styles.RULE, "") for letter in "BCDEF"], height=6)

    def _section(self, section: Section) -> None:
        """The report's sentence and the way to its rows, then figures, picture and what they rest on."""
        for text in (section.head.description, section.head.sentence):
            if text:
                self._wide(text, styles.QUIET)
        self._row([("B", styles.LINK, "Go to the rows")])
        self._link(section.sheet)
        self._row([])
        self._figures(section.head)
        if section.chart is not None:
            self._hang(section.chart)
        if section.facts:
            self._facts(section.facts)

    def _figures(self, head: ResultHead) -> None:
        """Headline numbers as numbers, next to the span before."""
        if not head.kpis:
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
        for kpi in head.kpis:
            self._figure(kpi)
        self._row([])

    def _figure(self, kpi: Kpi) -> None:
        column = ResultColumn(
            key=kpi.label, label=kpi.label, type=FieldType.DECIMAL, role=ColumnRole.MEASURE, format=kpi.format
        )
        style = self._styles.figure(column, value_decimals(kpi.value if kpi.value is not None else 0, kpi.format))
        cells: list[tuple[str, int, PlainValue]] = [
            ("B", styles.KPI_LABEL, header_label(column)),
            ("C", style, kpi.value),
            ("D", style, kpi.previous),
            ("E", self._styles.change(), kpi.change if kpi.change is not None else "no comparison"),
        ]
        self._row(cells)

    def _hang(self, chart: Hanging) -> None:
        """Leave as many rows as the chart is high."""
        self._hanging.append(replace(chart, row=len(self._rows), column=1))
        for _ in range(ceil(chart.height / _ROW_PX) + 1):
            self._row([])

    def _facts(self, facts: Sequence[tuple[str, str]]) -> None:
        self._row([(letter, styles.SECTION, "About this report" if letter == "B" else "") for letter in "BCDEF"])
        for label, text in facts:
            self._wide(text, styles.VALUE, label=label)

    def _link(self, sheet: str) -> None:
        """Make the first cell of the last row lead to a sheet."""
        place = escaped(f"{sheet_reference(sheet)}A1")
        self._links.append(f'<hyperlink ref="B{len(self._rows)}" location="{place}"/>')

    def _wide(self, text: str, style: int, *, label: str = "") -> None:
        """A text across the page, from C on where a label stands in B; the row is as high as its lines."""
        text = text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "…"
        lines = sum(1 + max(0, len(line) - 1) // _LINE_CHARACTERS for line in text.split("\n"))
        start = "C" if label else "B"
        cells: list[tuple[str, int, PlainValue]] = [("B", styles.LABEL, label)] if label else []
        cells += [(letter, style, text if letter == start else "") for letter in "BCDEF" if letter >= start]
        self._row(cells, height=min(15.5 * lines + 2, 400))
        self._merged.append(f"{start}{len(self._rows)}:F{len(self._rows)}")

    def _row(self, cells: _Cells, *, height: float | None = None) -> None:
        number = len(self._rows) + 1
        tall = f' ht="{height}" customHeight="1"' if height else ""
        content = "".join(plain_cell(f"{letter}{number}", style, value) for letter, style, value in cells)
        self._rows.append(f'<row r="{number}"{tall}>{content}</row>')


def _logo(logo: Logo) -> Hanging:
    """At the page's upper right, as large as there is room."""
    scale = min(_LAST_COLUMN_PX / logo.width, (_LOGO_HEIGHT_PX - 4) / logo.height)
    width, height = max(round(logo.width * scale), 1), max(round(logo.height * scale), 1)
    return Hanging(
        row=0, column=5, offset=_LAST_COLUMN_PX - width, width=width, height=height, alternative="Logo", png=logo.png
    )
