"""A template's table while it is filled: room is made for its rows, then they are written into its sheet."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
from openpyxl.workbook import Workbook

from core.domain.result import Result, ResultHead
from core.errors import RenderError
from core.render.cell_text import Alterations
from core.render.xlsx.package import Part
from core.render.xlsx.template_growth import Growth, plan_growth
from core.render.xlsx.template_moves import grow
from core.render.xlsx.template_places import TableArea
from core.render.xlsx.template_rows import RowWriter, column_notes, grown_columns, plan_columns
from core.render.xlsx.template_sheet import open_sheet

_SHEET_ROWS = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedRows:
    """A result's rows, to be read once more."""

    count: int
    file: BinaryIO

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows from the first one on."""
        if self.count:
            self.file.seek(0)
            with pa.ipc.open_stream(self.file) as reader:
                yield from reader


@contextmanager
def counted_rows(result: Result) -> Iterator[CountedRows]:
    """Keep the rows in a temporary file: how many there are decides where everything below them stands."""
    with tempfile.TemporaryFile(prefix="broadsheet-rows-") as file:
        count, writer = 0, None
        for batch in result.batches:
            if writer is None:
                options = pa.ipc.IpcWriteOptions(compression="lz4")
                writer = pa.ipc.new_stream(file, batch.schema, options=options)
            writer.write_batch(batch)
            count += batch.num_rows
        if writer is not None:
            writer.close()
        yield CountedRows(count=count, file=file)


class TableFilling:
    """The table of one workbook, with room for its rows. `notes` is what the file says of its columns."""

    def __init__(
        self, workbook: Workbook, area: TableArea, head: ResultHead, rows: CountedRows, tally: Alterations
    ) -> None:
        """Move what stands below. Raises RenderError where no heading fits or the rows do not."""
        self._rows = rows
        self._area = area
        self._growth = plan_growth(workbook, area, rows=rows.count)
        sheet = workbook[area.sheet]
        _check_room(sheet.max_row, self._growth, rows.count)
        columns = plan_columns(workbook, area, head, next(rows.batches(), None))
        self.notes = tuple(column_notes(columns, head))
        height = sheet.row_dimensions[area.first].height if area.first in sheet.row_dimensions else None
        grow(workbook, area, self._growth)
        self._writer = RowWriter(
            grown_columns(columns, area, self._growth), first_row=area.first, height=height, head=head, tally=tally
        )

    @property
    def sheet(self) -> str:
        """Title of its sheet."""
        return self._area.sheet

    def write(self, xml: bytes, part: Part) -> None:
        """Write the sheet that openpyxl made, `xml`, with the rows in it."""
        sheet = open_sheet(xml.decode(), self._growth, left=self._area.left)
        part.write(sheet.before.encode())
        if self._rows.count:
            for chunk in self._writer.chunks(self._rows.batches(), sheet.beside):
                part.write(chunk)
        else:
            part.write(self._writer.empty(sheet.beside))
        part.write(sheet.after.encode())


def _check_room(rows_used: int, growth: Growth, rows: int) -> None:
    room = _SHEET_ROWS - growth.first + 1 - max(0, rows_used - growth.last)
    if rows > room:
        raise RenderError(
            f"The template has room for {room:,} rows from row {growth.first} of its sheet on, and the report has "
            f"{rows:,}. Limit the report, or choose Excel without a template, which goes on over several sheets."
        )
