"""CSV: RFC 4180 in UTF-8, one dialect whatever the source, built by Arrow's string kernels in flat memory.

Fields are quoted only where they must be; null is nothing, empty text is ""; lines end in CR LF; booleans are true and
false, days and instants ISO 8601, numbers exact. The file holds one header line and the rows: what else there is to say
stands in its manifest.
"""

from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from core.domain.artifact import Rendering
from core.domain.result import Result, ResultColumn
from core.render.batches import convert_ahead
from core.render.cell_text import (
    FORMULA,
    TEXT,
    Alterations,
    byte_table,
    day_text,
    guard_formulas,
    guarded_characters,
    instant_text,
    number_text,
    rows_with,
    text_bytes,
    text_scalar,
    utf8_array,
)
from core.render.cells import header_label
from core.render.masthead import row_notes
from core.render.renderer import ChartImage

_SPECIAL_BYTES = byte_table('",\r\n')


class CsvRenderer:
    """Writes CSV. `raw` leaves text that looks like a formula as it is, for readers that are not spreadsheets."""

    format = "csv"
    label = "CSV"
    extension = "csv"
    media_type = "text/csv; charset=utf-8"
    takes_chart = False

    def __init__(self, *, raw: bool = False) -> None:
        self._raw = raw

    def render(
        self,
        result: Result,
        target: BinaryIO,
        *,
        chart: ChartImage | None = None,  # noqa: ARG002 - CSV carries no pictures
        chart_note: str | None = None,  # noqa: ARG002
    ) -> Rendering:
        """Write the header line and one line a row. Pictures have no place here."""
        head, tally, rows = result.head, Alterations(), 0
        target.write(self._header_line(head.columns, tally))
        for batch, lines in convert_ahead(
            result.batches, lambda batch, _: self._lines(batch, head.columns, head.timezone, tally)
        ):
            target.write(text_bytes(lines))
            rows += batch.num_rows
        return Rendering(rows=rows, altered=tally.as_dict(), notes=row_notes(head, rows))

    def _header_line(self, columns: tuple[ResultColumn, ...], tally: Alterations) -> bytes:
        """The labels with their units; a label that looks like a formula is guarded and counted like a cell."""
        labels = [header_label(column) for column in columns]
        guarded = labels if self._raw else [guarded_characters(label) for label in labels]
        for column, before, after in zip(columns, labels, guarded, strict=True):
            tally.count(column.label, FORMULA, int(before != after))
        return (
            ",".join(text_bytes(_quoted(pa.array([text], TEXT))).tobytes().decode() for text in guarded) + "\r\n"
        ).encode()

    def _lines(
        self, batch: pa.RecordBatch, columns: tuple[ResultColumn, ...], timezone: str, tally: Alterations
    ) -> pa.Array:
        """The batch as one line of text a row."""
        fields = [
            self._fields(array, column, timezone, tally) for array, column in zip(batch.columns, columns, strict=True)
        ]
        if len(fields) == 1:  # a line with nothing on it would be read as no row at all
            fields = [fields[0].fill_null('""')]
        fields[-1] = _joined(fields[-1], text_scalar("\r\n"), separator=text_scalar(""))
        return _joined(*fields, separator=text_scalar(","))

    def _fields(self, array: pa.Array, column: ResultColumn, timezone: str, tally: Alterations) -> pa.Array:
        """One column as it stands between the commas; nulls stay."""
        kind = array.type
        if pa.types.is_boolean(kind) or pa.types.is_null(kind):
            return array.cast(TEXT)
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            return number_text(array)
        if pa.types.is_timestamp(kind):
            return instant_text(array, timezone)
        if pa.types.is_date(kind):
            return day_text(array)
        text = utf8_array(array, column.label, tally)
        return _quoted(text if self._raw else guard_formulas(text, column.label, tally))


def _joined(*fields: pa.Array | pa.Scalar, separator: pa.Scalar) -> pa.Array:
    """The fields of each row one after the other; nulls are empty."""
    return pc.binary_join_element_wise(*fields, separator, null_handling="replace", null_replacement="")


def _quoted(text: pa.Array) -> pa.Array:
    """`text` with quotes where RFC 4180 needs them and around empty text, so that it differs from null."""
    empty = pc.equal(text, "")
    marked = rows_with(text, _SPECIAL_BYTES)
    if marked is None:
        return pc.if_else(empty, text_scalar('""'), text) if pc.any(empty).as_py() else text
    must = pc.or_(empty, pa.array(marked))
    doubled = pc.replace_substring(text, '"', '""')
    quote = text_scalar('"')
    return pc.if_else(must, pc.binary_join_element_wise(quote, doubled, quote, text_scalar("")), text)
