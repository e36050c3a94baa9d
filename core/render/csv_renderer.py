"""CSV: RFC 4180 in UTF-8, one dialect whatever the source, built by Arrow's string kernels in flat memory.

Fields are quoted only where they must be; null is nothing, empty text is ""; lines end in CR LF; booleans are true and
false, days and instants ISO 8601, numbers exact. The file holds one header line and the rows: what else there is to say
stands in its manifest. `CsvOptions` choose otherwise. Where a source writes these very bytes, its lines are taken.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.compute as pc
from isal import igzip

from core.domain.artifact import Rendering
from core.domain.csv_options import CsvDateStyle, CsvLines, CsvOptions
from core.domain.field import FieldType
from core.domain.result import Result, ResultColumn, ResultHead
from core.render.batches import convert_ahead
from core.render.cell_text import (
    FORMULA,
    TEXT,
    Alterations,
    byte_table,
    guard_formulas,
    guarded_characters,
    number_text,
    rows_with,
    text_bytes,
    text_scalar,
    utf8_array,
)
from core.render.cells import header_label
from core.render.masthead import row_notes
from core.render.renderer import ChartImage, Wishes
from core.render.time_text import day_text, instant_text

logger = logging.getLogger(__name__)

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
#: isa-l's second level: a third larger than its third, in half the time.
_GZIP_LEVEL = 1
#: An ISO day, and what follows it in an instant up to the offset.
_ISO = r"^(-?\d+)-(\d\d)-(\d\d)(?:T([\d:.]+).*)?$"
_DAYS = {
    CsvDateStyle.DAY_FIRST: r"\3.\2.\1",
    CsvDateStyle.DAY_FIRST_SLASHES: r"\3/\2/\1",
    CsvDateStyle.MONTH_FIRST: r"\2/\3/\1",
}

Lines = Iterable[bytes | memoryview]


class CsvRenderer:
    """Writes CSV as `options` say."""

    format = "csv"
    label = "CSV"
    takes_chart = False

    def __init__(self, options: CsvOptions | None = None) -> None:
        self._options = options or CsvOptions()
        self._newline = self._options.newline.text
        self._special = byte_table(f'"\r\n{self._options.delimiter}')

    @property
    def extension(self) -> str:
        """`csv`, or `csv.gz` where it is compressed."""
        return "csv.gz" if self._options.gzip else "csv"

    @property
    def media_type(self) -> str:
        """Of the file as it is."""
        return "application/gzip" if self._options.gzip else "text/csv; charset=utf-8"

    def fitted(self, wishes: Wishes) -> "CsvRenderer":
        """Return one with the options wished for."""
        return CsvRenderer(wishes.options.csv)

    def render(
        self,
        result: Result,
        target: BinaryIO,
        *,
        chart: ChartImage | None = None,  # noqa: ARG002 - CSV carries no pictures
        chart_note: str | None = None,  # noqa: ARG002
    ) -> Rendering:
        """Write the header line and one line a row. Pictures have no place here."""
        lines = self._lines_of_source(result)
        if lines is not None:
            start = target.tell()
            with closing(lines.chunks):
                tally = self._write(result.head, target, lines.chunks)
            if lines.is_whole:
                return self._said_of_source(result.head, lines, tally)
            logger.info("csv_lines_not_whole report=%s", result.head.report_id)
            target.seek(start)
            target.truncate()
        return self._render_batches(result, target)

    def _lines_of_source(self, result: Result) -> CsvLines | None:
        if result.csv is None:
            return None
        return result.csv.lines([column.key for column in result.head.columns], self._options)

    def _said_of_source(self, head: ResultHead, lines: CsvLines, tally: Alterations) -> Rendering:
        labels = {column.key: column.label for column in head.columns}
        for key, cells in lines.guarded.items():
            tally.count(labels[key], FORMULA, cells)
        return self._said(head, lines.rows, tally)

    def _render_batches(self, result: Result, target: BinaryIO) -> Rendering:
        head, cells, rows = result.head, Alterations(), 0

        def written() -> Iterator[memoryview]:
            nonlocal rows
            for batch, lines in convert_ahead(
                result.batches, lambda batch, _: self._lines(batch, head.columns, head.timezone, cells)
            ):
                rows += batch.num_rows
                yield text_bytes(lines)

        self._write(head, target, written(), cells)
        return self._said(head, rows, cells)

    def _said(self, head: ResultHead, rows: int, tally: Alterations) -> Rendering:
        return Rendering(rows=rows, altered=tally.as_dict(), notes=(*row_notes(head, rows), *self._notes(head)))

    def _notes(self, head: ResultHead) -> tuple[str, ...]:
        """Without their offsets instants do not say themselves where their clock hangs."""
        is_local = self._options.date_style is not CsvDateStyle.ISO
        if is_local and any(column.type is FieldType.DATETIME for column in head.columns):
            return (f"Times are those of {head.timezone}.",)
        return ()

    def _write(self, head: ResultHead, target: BinaryIO, lines: Lines, tally: Alterations | None = None) -> Alterations:
        tally = tally or Alterations()
        with self._opened(target) as file:
            if self._options.bom:
                file.write(_BYTE_ORDER_MARK)
            file.write(self._header_line(head.columns, tally))
            for chunk in lines:
                file.write(chunk)
        return tally

    @contextmanager
    def _opened(self, target: BinaryIO) -> Iterator[BinaryIO]:
        if not self._options.gzip:
            yield target
            return
        # No name and no time in it: the same rows give the same bytes.
        packed = igzip.IGzipFile("", mode="wb", compresslevel=_GZIP_LEVEL, fileobj=target, mtime=0)  # type: ignore[no-untyped-call]
        with packed:
            yield cast(BinaryIO, packed)

    def _header_line(self, columns: tuple[ResultColumn, ...], tally: Alterations) -> bytes:
        """The labels with their units; a label that looks like a formula is guarded and counted like a cell."""
        labels = [header_label(column) for column in columns]
        guarded = labels if self._options.raw else [guarded_characters(label) for label in labels]
        for column, before, after in zip(columns, labels, guarded, strict=True):
            tally.count(column.label, FORMULA, int(before != after))
        quoted = [text_bytes(self._quoted(pa.array([text], TEXT))).tobytes() for text in guarded]
        return self._options.delimiter.encode().join(quoted) + self._newline.encode()

    def _lines(
        self, batch: pa.RecordBatch, columns: tuple[ResultColumn, ...], timezone: str, tally: Alterations
    ) -> pa.Array:
        """The batch as one line of text a row."""
        fields = [
            self._fields(array, column, timezone, tally) for array, column in zip(batch.columns, columns, strict=True)
        ]
        if len(fields) == 1:  # a line with nothing on it would be read as no row at all
            fields = [fields[0].fill_null('""')]
        fields[-1] = _joined(fields[-1], text_scalar(self._newline), separator=text_scalar(""))
        return _joined(*fields, separator=text_scalar(self._options.delimiter))

    def _fields(self, array: pa.Array, column: ResultColumn, timezone: str, tally: Alterations) -> pa.Array:
        """One column as it stands between the commas; nulls stay."""
        kind = array.type
        if pa.types.is_boolean(kind) or pa.types.is_null(kind):
            return array.cast(TEXT)
        if pa.types.is_integer(kind):
            return number_text(array)
        if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            return self._with_decimals(number_text(array))
        if pa.types.is_timestamp(kind):
            return self._dated(instant_text(array, timezone), r" \4")
        if pa.types.is_date(kind):
            return self._dated(day_text(array))
        text = utf8_array(array, column.label, tally)
        return self._quoted(text if self._options.raw else guard_formulas(text, column.label, tally))

    def _with_decimals(self, text: pa.Array) -> pa.Array:
        decimal = self._options.decimal
        return text if decimal == "." else pc.replace_substring(text, ".", decimal)

    def _dated(self, text: pa.Array, time: str = "") -> pa.Array:
        style = self._options.date_style
        return text if style is CsvDateStyle.ISO else pc.replace_substring_regex(text, _ISO, _DAYS[style] + time)

    def _quoted(self, text: pa.Array) -> pa.Array:
        """`text` with quotes where RFC 4180 needs them and around empty text, so that it differs from null."""
        empty, marked = pc.equal(text, ""), rows_with(text, self._special)
        if marked is not None:
            must, quote = pa.array(marked), text_scalar('"')
            doubled = pc.replace_substring(text.filter(must), '"', '""')
            quoted = pc.binary_join_element_wise(quote, doubled, quote, text_scalar(""))
            text = pc.replace_with_mask(text, must, quoted)
        return pc.if_else(empty, text_scalar('""'), text) if pc.any(empty).as_py() else text


def _joined(*fields: pa.Array | pa.Scalar, separator: pa.Scalar) -> pa.Array:
    """The fields of each row one after the other; nulls are empty."""
    return pc.binary_join_element_wise(*fields, separator, null_handling="replace", null_replacement="")
