"""XLSX: typed, formatted cells behind a cover sheet, streamed in flat memory; rows past a sheet's end go on."""

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

import pyarrow as pa

from core.domain.artifact import Rendering
from core.domain.result import Result, ResultHead
from core.render.batches import CHUNK_ROWS, convert_ahead, even_chunks
from core.render.cell_text import Alterations, text_bytes
from core.render.masthead import facts, row_notes
from core.render.renderer import ChartImage, Wishes
from core.render.totals import total_batch
from core.render.xlsx import parts
from core.render.xlsx.cover import Cover, drawing_xml
from core.render.xlsx.package import Package
from core.render.xlsx.sheet import MOST_ROWS, SheetColumn, closing, opening, plan_columns, row_xml, sheet_range
from core.render.xlsx.styles import Styles

_COVER_SHEET = "About"
_FIRST_ROWS_SHEET = 2  #: sheet1 is the cover


class XlsxRenderer:
    """Writes workbooks. `rows_per_sheet` is a multiple of the chunk size or smaller than it."""

    format = "xlsx"
    label = "Excel"
    extension = "xlsx"
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    takes_chart = True

    def __init__(self, *, rows_per_sheet: int = MOST_ROWS) -> None:
        self._rows_per_sheet = rows_per_sheet

    def fitted(self, wishes: Wishes) -> "XlsxRenderer":  # noqa: ARG002
        """Nothing of it can be chosen."""
        return self

    def render(
        self, result: Result, target: BinaryIO, *, chart: ChartImage | None = None, chart_note: str | None = None
    ) -> Rendering:
        """Write the rows first, then the cover, which tells of them. `target` must be seekable."""
        head, tally, known = result.head, Alterations(), Styles()
        package = Package(target)
        package.write("_rels/.rels", parts.package_relationships())
        chunks = even_chunks(result.batches, rows=min(CHUNK_ROWS, self._rows_per_sheet))
        first = next(chunks, None)
        columns = plan_columns(head, first, known)
        sheets = self._write_rows(package, chain([first] if first is not None else [], chunks), columns, head, tally)
        rows = sum(sheets)
        notes = self._notes(head, sheets, chart_note if chart is None else None)
        self._write_cover(package, head, known, chart, facts(head, rows=rows, altered=tally.as_dict(), notes=notes))
        ranges = [sheet_range(columns, rows=count) for count in sheets]
        self._write_connections(package, head, known, ranges, has_chart=chart is not None)
        package.close()
        return Rendering(rows=rows, altered=tally.as_dict(), notes=notes)

    def _write_rows(
        self,
        package: Package,
        chunks: Iterator[pa.RecordBatch],
        columns: tuple[SheetColumn, ...],
        head: ResultHead,
        tally: Alterations,
    ) -> list[int]:
        """Write the sheets of rows and return how many rows each holds; there is always one."""
        per_sheet = self._rows_per_sheet

        def convert(batch: pa.RecordBatch, first_row: int) -> pa.Array:
            return row_xml(batch, columns, first_row=first_row % per_sheet + 2, timezone=head.timezone, tally=tally)

        converted = convert_ahead(chunks, convert, rows=min(CHUNK_ROWS, per_sheet))
        sheets: list[int] = []
        waiting = next(converted, None)
        totals = total_batch(head.totals, head.columns, head.timezone) if waiting is not None else None
        while waiting is not None or not sheets or totals is not None:
            rows = 0
            with package.part(f"xl/worksheets/sheet{_FIRST_ROWS_SHEET + len(sheets)}.xml") as part:
                part.write(opening(columns).encode())
                while waiting is not None and rows < per_sheet:
                    part.write(text_bytes(waiting[1]))
                    rows += waiting[0].num_rows
                    waiting = next(converted, None)
                if waiting is None and totals is not None:
                    below = totals.slice(0, per_sheet - rows)
                    totals = totals.slice(below.num_rows) if below.num_rows < totals.num_rows else None
                    part.write(text_bytes(_totals_xml(below, columns, rows + 2, head, tally)))
                part.write(closing(columns, rows=rows).encode())
            sheets.append(rows)
        return sheets

    def _write_cover(
        self, package: Package, head: ResultHead, known: Styles, chart: ChartImage | None, listed: list[tuple[str, str]]
    ) -> None:
        """Write the cover and, where there is one, the chart that hangs on it."""
        cover = Cover(head, known, rows_sheet=_rows_sheet_name(0))
        package.write("xl/worksheets/sheet1.xml", cover.xml(listed, has_chart=chart is not None))
        if chart is None:
            return
        package.write(
            "xl/worksheets/_rels/sheet1.xml.rels", parts.relationships([("drawing", "../drawings/drawing1.xml")])
        )
        package.write(
            "xl/drawings/drawing1.xml", drawing_xml(chart, row=cover.rows, alternative=f"Chart: {head.title}")
        )
        package.write("xl/drawings/_rels/drawing1.xml.rels", parts.relationships([("image", "../media/image1.png")]))
        package.write("xl/media/image1.png", chart.png)

    def _write_connections(
        self, package: Package, head: ResultHead, known: Styles, ranges: list[str], *, has_chart: bool
    ) -> None:
        """Write the parts that name the others."""
        names = [_COVER_SHEET, *(_rows_sheet_name(index) for index in range(len(ranges)))]
        sheets = [("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(names) + 1)]
        package.write("xl/styles.xml", known.xml())
        package.write("xl/workbook.xml", parts.workbook(names, ranges))
        package.write("xl/_rels/workbook.xml.rels", parts.relationships([*sheets, ("styles", "styles.xml")]))
        package.write("docProps/core.xml", parts.core_properties(head))
        package.write("docProps/app.xml", parts.app_properties())
        package.write("[Content_Types].xml", parts.content_types(sheets=len(names), has_chart=has_chart))

    def _notes(self, head: ResultHead, sheets: list[int], chart_note: str | None) -> tuple[str, ...]:
        notes = list(row_notes(head, sum(sheets)))
        if len(sheets) > 1:
            notes.append(f"The rows go on over {len(sheets)} sheets: one holds at most {self._rows_per_sheet:,}.")
        if chart_note:
            notes.append(chart_note)
        return tuple(notes)


def _totals_xml(
    batch: pa.RecordBatch, columns: tuple[SheetColumn, ...], first_row: int, head: ResultHead, tally: Alterations
) -> pa.Array:
    """The totals as rows, below those that the filter hides and shows."""
    return row_xml(batch, columns, first_row=first_row, timezone=head.timezone, tally=tally, is_total=True)


def _rows_sheet_name(index: int) -> str:
    return "Rows" if index == 0 else f"Rows {index + 1}"
