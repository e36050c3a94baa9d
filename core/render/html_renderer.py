"""HTML: one file that needs nothing else, for eye and ear, light and dark; rows stream through a scratch file."""

import shutil
from collections.abc import Mapping
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.domain.artifact import Rendering
from core.domain.branding import Branding
from core.domain.result import Result, ResultColumn, ResultHead
from core.render.batches import convert_ahead
from core.render.cell_text import TEXT, Alterations, clean_text, text_bytes, utf8_array
from core.render.cells import display_strings
from core.render.html_page import Ending, cell_class, page_end, page_start
from core.render.markup import escape_column
from core.render.masthead import facts, row_notes
from core.render.renderer import ChartImage, Wishes
from core.render.rules import Look, marked_batches, marker_of
from core.render.totals import total_batch

_IN_MEMORY_BYTES = 8_000_000
_NO_CODES: Mapping[int, "np.ndarray"] = {}


class HtmlRenderer:
    """Writes a self-contained HTML page."""

    format = "html"
    label = "HTML"
    extension = "html"
    media_type = "text/html; charset=utf-8"
    takes_chart = True

    def __init__(self, branding: Branding = Branding()) -> None:
        self._branding = branding

    def fitted(self, wishes: Wishes) -> "HtmlRenderer":
        """With the organization's accent and logo."""
        return HtmlRenderer(wishes.branding)

    def render(
        self, result: Result, target: BinaryIO, *, chart: ChartImage | None = None, chart_note: str | None = None
    ) -> Rendering:
        """Write the rows aside first: the page opens with what is only known after the last of them."""
        head, tally = result.head, Alterations()
        with SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as body:
            rows, longest, looks = write_rows(result, body, tally)
            longest = write_totals(head, body, tally, longest) if rows else longest
            notes = row_notes(head, rows) + ((chart_note,) if chart_note and chart is None else ())
            ending = Ending(rows=rows, altered=tally.as_dict(), notes=notes, longest=longest, looks=looks)
            target.write(page_start(head, ending, self._branding, chart=chart).encode())
            body.seek(0)
            shutil.copyfileobj(body, target, 1 << 20)
        listed = facts(head, rows=rows, altered=ending.altered, notes=notes)
        target.write(page_end(head, listed, rows=rows).encode())
        return Rendering(rows=rows, altered=ending.altered, notes=notes)


def write_rows(result: Result, body: IO[bytes], tally: Alterations) -> tuple[int, tuple[int, ...], dict[int, Look]]:
    """Write a <tr> a row; return how many, the characters of each column's longest text, and the looks of its cells."""
    columns, timezone = result.head.columns, result.head.timezone
    rows, longest, shown = 0, [0] * len(columns), list(range(len(columns)))
    marker = marker_of(result)
    seen = np.zeros(len(marker.looks) if marker else 1, bool)

    def convert(batch: pa.RecordBatch, _: int) -> tuple[pa.Array, list[int]]:
        codes = marker.codes(batch) if marker else {}
        for column_codes in codes.values():
            seen[column_codes] = True
        return _row_markup(batch.select(shown), columns, timezone, tally, codes=codes)

    for batch, (lines, lengths) in convert_ahead(marked_batches(result), convert):
        body.write(text_bytes(lines))
        rows += batch.num_rows
        longest = [max(pair) for pair in zip(longest, lengths, strict=True)]
    looks = {code: look for code, look in enumerate(marker.looks if marker else ()) if look and seen[code]}
    return rows, tuple(longest), looks


def write_totals(head: ResultHead, body: IO[bytes], tally: Alterations, longest: tuple[int, ...]) -> tuple[int, ...]:
    """Write the totals below the last row; return the length of each column's longest text with them."""
    batch = total_batch(head)
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
    codes: Mapping[int, "np.ndarray"] = _NO_CODES,
) -> tuple[pa.Array, list[int]]:
    """The batch as one <tr> a row, and the length of each column's longest cell; `codes` are the looks of cells."""
    pieces: list[pa.Array | pa.Scalar] = []
    lengths = []
    before = start
    for place, (array, column) in enumerate(zip(batch.columns, columns, strict=True)):
        cells = _cells(array, column, timezone, tally)
        lengths.append(pc.max(pc.utf8_length(cells)).as_py() or 0)
        pieces += [_openings(before, column, codes.get(place)), cells]
        before = "</td>"
    pieces += [pa.scalar("</td></tr>\n", TEXT), pa.scalar("", TEXT)]
    return pc.binary_join_element_wise(*pieces, null_handling="replace", null_replacement=""), lengths


def _openings(before: str, column: ResultColumn, codes: "np.ndarray | None") -> pa.Array | pa.Scalar:
    """What stands before each cell's text: one tag for the column, or one for each look."""
    if codes is None or not codes.any():
        return pa.scalar(f"{before}<td{cell_class(column)}>", TEXT)
    used, places = np.unique(codes, return_inverse=True)
    tags = pa.array([f"{before}<td{cell_class(column, int(code))}>" for code in used], TEXT)
    return tags.take(pa.array(places))


def _cells(array: pa.Array, column: ResultColumn, timezone: str, tally: Alterations) -> pa.Array:
    """A column as people read it, escaped; text skips the way through Python."""
    kind = array.type
    has_own_words = pa.types.is_temporal(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind)
    if has_own_words or pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return pa.array(display_strings(array, column, timezone=timezone, alterations=tally), TEXT)
    return escape_column(clean_text(utf8_array(array, column.label, tally), column.label, tally))
