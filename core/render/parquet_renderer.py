"""Parquet: the rows with their exact types, for machines; what else there is to say stands in the file's metadata."""

import json
from itertools import chain
from typing import BinaryIO

import pyarrow as pa
from pyarrow import parquet

from core.domain.artifact import Rendering
from core.domain.result import Result, ResultColumn, ResultHead
from core.render.batches import even_chunks
from core.render.cell_text import TEXT, Alterations, utf8_array
from core.render.cells import header_label
from core.render.masthead import facts, row_notes
from core.render.renderer import ChartImage, Wishes

#: Rows of a row group: what readers skip by, and all that is held in memory.
_GROUP_ROWS = 122_880
#: Key of the file's metadata under which its facts stand.
FACTS_KEY = "broadsheet"


class ParquetRenderer:
    """Writes Parquet. Columns bear the keys of the definition; their labels are field metadata."""

    format = "parquet"
    label = "Parquet"
    extension = "parquet"
    media_type = "application/vnd.apache.parquet"
    takes_chart = False

    def fitted(self, wishes: Wishes) -> "ParquetRenderer":  # noqa: ARG002
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
        """Write the rows in groups of even size, then the facts that only the end knows."""
        head, tally, rows = result.head, Alterations(), 0
        batches = iter(result.batches)
        # A source hands out an empty batch first: a result without rows has types too.
        first = next(batches, None)
        schema = _schema(first.schema if first is not None else None, head)
        readable = (_readable(batch, schema, head, tally) for batch in chain([first] if first else [], batches))
        with parquet.ParquetWriter(target, schema, compression="zstd") as writer:
            for batch in even_chunks(readable, rows=_GROUP_ROWS):
                writer.write_batch(batch, row_group_size=_GROUP_ROWS)
                rows += batch.num_rows
            notes, altered = row_notes(head, rows), tally.as_dict()
            said = {"Title": head.title, **dict(facts(head, rows=rows, altered=altered, notes=notes))}
            writer.add_key_value_metadata({FACTS_KEY: json.dumps(said, ensure_ascii=False)})
        return Rendering(rows=rows, altered=altered, notes=notes)


def _schema(given: pa.Schema | None, head: ResultHead) -> pa.Schema:
    """The columns by key with their labels; a result without any batch has no types to tell."""
    return pa.schema(
        pa.field(column.key, _type(given.field(index).type if given else pa.null()), metadata=_described(column))
        for index, column in enumerate(head.columns)
    )


def _type(given: pa.DataType) -> pa.DataType:
    """Text has one type, however the source handed it over."""
    return TEXT if _is_text(given) else given


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _described(column: ResultColumn) -> dict[str, str]:
    return {"label": header_label(column)}


def _readable(batch: pa.RecordBatch, schema: pa.Schema, head: ResultHead, tally: Alterations) -> pa.RecordBatch:
    """The batch with valid text only."""
    arrays = [
        utf8_array(array, column.label, tally) if _is_text(array.type) else array
        for array, column in zip(batch.columns, head.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
