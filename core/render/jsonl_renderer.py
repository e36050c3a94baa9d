"""JSON lines: one object a row for machines, built by Arrow's string kernels in flat memory.

Keys are those of the definition, so that a new label breaks no reader. Numbers are exact, in full scale; days and
instants are ISO 8601; null is null. JSON has no not-a-number and no infinities: they become null and are counted.
"""

import json
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.domain.artifact import Rendering
from core.domain.result import Result, ResultColumn
from core.render.batches import convert_ahead
from core.render.cell_text import TEXT, Alterations, number_text, rows_with, text_bytes, text_scalar, utf8_array
from core.render.masthead import row_notes
from core.render.renderer import ChartImage, Wishes
from core.render.time_text import day_text, instant_text

NOT_FINITE = "not a number or infinite: written as null"

_CONTROL_BYTES = np.arange(256) < 0x20
_ESCAPED_BYTES = np.isin(np.arange(256), [ord('"'), ord("\\")])


class JsonLinesRenderer:
    """Writes JSON lines."""

    format = "jsonl"
    label = "JSON lines"
    extension = "jsonl"
    media_type = "application/jsonl"
    takes_chart = False

    def fitted(self, wishes: Wishes) -> "JsonLinesRenderer":  # noqa: ARG002
        """Nothing of it can be chosen."""
        return self

    def render(
        self,
        result: Result,
        target: BinaryIO,
        *,
        chart: ChartImage | None = None,  # noqa: ARG002 - carries no pictures
        chart_note: str | None = None,  # noqa: ARG002
    ) -> Rendering:
        """Write one line a row."""
        head, tally, rows = result.head, Alterations(), 0
        for batch, lines in convert_ahead(
            result.batches, lambda batch, _: _lines(batch, head.columns, head.timezone, tally)
        ):
            target.write(text_bytes(lines))
            rows += batch.num_rows
        return Rendering(rows=rows, altered=tally.as_dict(), notes=row_notes(head, rows))


def _lines(batch: pa.RecordBatch, columns: tuple[ResultColumn, ...], timezone: str, tally: Alterations) -> pa.Array:
    """The batch as one object of text a row."""
    parts: list[pa.Array | pa.Scalar] = []
    for index, (array, column) in enumerate(zip(batch.columns, columns, strict=True)):
        key = json.dumps(column.key, ensure_ascii=False)
        parts.append(text_scalar(f"{'{' if index == 0 else ','}{key}:"))
        parts.append(_values(array, column, timezone, tally).fill_null("null"))
    return pc.binary_join_element_wise(*parts, text_scalar("}\n"), text_scalar(""))


def _values(array: pa.Array, column: ResultColumn, timezone: str, tally: Alterations) -> pa.Array:
    """One column as JSON values; nulls stay."""
    kind = array.type
    if pa.types.is_boolean(kind) or pa.types.is_null(kind):
        return array.cast(TEXT)
    if pa.types.is_floating(kind):
        finite = pc.is_finite(array)
        tally.count(column.label, NOT_FINITE, len(array) - array.null_count - (pc.sum(finite).as_py() or 0))
        return number_text(pc.if_else(finite, array, pa.scalar(None, kind)))
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return number_text(array)
    if pa.types.is_timestamp(kind):
        return _in_quotes(instant_text(array, timezone))
    if pa.types.is_date(kind):
        return _in_quotes(day_text(array))
    return _json_texts(utf8_array(array, column.label, tally))


def _in_quotes(text: pa.Array) -> pa.Array:
    quote = text_scalar('"')
    return pc.binary_join_element_wise(quote, text, quote, text_scalar(""))


def _json_texts(text: pa.Array) -> pa.Array:
    """Texts as JSON strings (RFC 8259, section 7); rows with control characters go one by one, as they are rare."""
    if rows_with(text, _ESCAPED_BYTES) is not None:
        text = pc.replace_substring(pc.replace_substring(text, "\\", "\\\\"), '"', '\\"')
    controls = rows_with(text, _CONTROL_BYTES)
    if controls is not None:
        mask = pa.array(controls)
        replaced = [_escaped_controls(cell) for cell in text.filter(mask).to_pylist()]
        text = pc.replace_with_mask(text, mask, pa.array(replaced, TEXT))
    return _in_quotes(text)


def _escaped_controls(text: str) -> str:
    return "".join(json.dumps(character)[1:-1] if character < " " else character for character in text)
