"""HTML: one file that needs nothing else, for eye and ear, light and dark; rows stream through a scratch file."""

import shutil
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from core.domain.artifact import Rendering
from core.domain.result import Result, ResultColumn, ResultHead
from core.render.batches import convert_ahead
from core.render.cell_text import TEXT, Alterations, clean_text, text_bytes, utf8_array
from core.render.cells import display_strings
from core.render.html_page import Ending, cell_class, page_end, page_start
from core.render.markup import escape_column
from core.render.masthead import facts, row_notes
from core.render.renderer import ChartImage, Wishes
from core.render.totals import total_batch

_IN_MEMORY_BYTES = 8_000_000


class HtmlRenderer:
    """Writes a self-contained HTML page."""

    format = "html"
    label = "HTML"
    extension = "html"
    media_type = "text/html; charset=utf-8"
    takes_chart = True

    def fitted(self, wishes: Wishes) -> "HtmlRenderer":  # noqa: ARG002
        """Nothing of it can be chosen."""
        return self

    def render(
        self, result: Result, target: BinaryIO, *, chart: ChartImage | None = None, chart_note: str | None = None
    ) -> Rendering:
        """Write the rows aside first: the page opens with what is only known after the last of them."""
        head, tally = result.head, Alterations()
        with SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as body:
            rows, longest = _write_rows(result, body, tally)
            longest = _write_totals(head, body, tally, longest) if rows else longest
            notes = row_notes(head, rows) + ((chart_note,) if chart_note and chart is None else ())
            ending = Ending(rows=rows, altered=tally.as_dict(), notes=notes, longest=longest)
            target.write(page_start(head, ending, chart=chart).encode())
            body.seek(0)
            shutil.copyfileobj(body, target, 1 << 20)
        listed = facts(head, rows=rows, altered=ending.altered, notes=notes)
        target.write(page_end(head, listed, rows=rows).encode())
        return Rendering(rows=rows, altered=ending.altered, notes=notes)


def _write_rows(result: Result, body: IO[bytes], tally: Alterations) -> tuple[int, tuple[int, ...]]:
    """Write a <tr> a row; return how many, and the characters of each column's longest text."""
    columns, timezone = result.head.columns, result.head.timezone
    rows, longest = 0, [0] * len(columns)
    for batch, (lines, lengths) in convert_ahead(
        result.batches, lambda batch, _: _row_markup(batch, columns, timezone, tally)
    ):
        body.write(text_bytes(lines))
        rows += batch.num_rows
        longest = [max(pair) for pair in zip(longest, lengths, strict=True)]
    return rows, tuple(longest)


def _write_totals(head: ResultHead, body: IO[bytes], tally: Alterations, longest: tuple[int, ...]) -> tuple[int, ...]:
    """Write the totals below the last row; return the length of each column's longest text with them."""
    batch = total_batch(head.totals, head.columns, head.timezone)
    if batch is None:
        return longest
    lines, lengths = _row_markup(batch, head.columns, head.timezone, tally, start='<tr class="total">')
    body.write(text_bytes(lines))
    return tuple(max(pair) for pair in zip(longest, lengths, strict=True))


def _row_markup(
    batch: pa.RecordBatch,
    columns: tuple[ResultColumn, ...],
    timezone: str,
    tally: Alterations,
    *,
    start: str = "<tr>",
) -> tuple[pa.Array, list[int]]:
    """The batch as one <tr> a row, and the length of each column's longest cell."""
    pieces: list[pa.Array | pa.Scalar] = []
    lengths = []
    before = start
    for array, column in zip(batch.columns, columns, strict=True):
        cells = _cells(array, column, timezone, tally)
        lengths.append(pc.max(pc.utf8_length(cells)).as_py() or 0)
        pieces += [pa.scalar(f"{before}<td{cell_class(column)}>", TEXT), cells]
        before = "</td>"
    pieces += [pa.scalar("</td></tr>\n", TEXT), pa.scalar("", TEXT)]
    return pc.binary_join_element_wise(*pieces, null_handling="replace", null_replacement=""), lengths


def _cells(array: pa.Array, column: ResultColumn, timezone: str, tally: Alterations) -> pa.Array:
    """A column as people read it, escaped; text skips the way through Python."""
    kind = array.type
    has_own_words = pa.types.is_temporal(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind)
    if has_own_words or pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return pa.array(display_strings(array, column, timezone=timezone, alterations=tally), TEXT)
    return escape_column(clean_text(utf8_array(array, column.label, tally), column.label, tally))
