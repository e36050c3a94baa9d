"""What is shown of a result: its columns without those that are only computed and sorted by."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from core.domain.result import ColumnRole, Preview, Result, ResultColumn, Total


def shown_columns(columns: Sequence[ResultColumn]) -> tuple[ResultColumn, ...]:
    """The columns without hidden ones."""
    return tuple(column for column in columns if not column.is_hidden)


def shown_result(result: Result) -> Result:
    """The result as files show it, with what it hides aside for rules; the same one where nothing is hidden."""
    head = result.head
    kept = _shown(head.columns)
    if len(kept) == len(head.columns):
        return result
    unseen = [index for index, column in enumerate(head.columns) if column.is_hidden]
    shown = replace(
        head,
        columns=shown_columns(head.columns),
        totals=_of_columns(head.totals, kept),
        hidden=tuple(head.columns[index] for index in unseen),
        groupings=tuple(column for column in head.columns if column.role is ColumnRole.DIMENSION),
    )
    return Result(
        head=shown,
        batches=_Batches(result.batches, kept),
        csv=result.csv,
        with_hidden=_Batches(result.batches, [*kept, *unseen]),
    )


def shown_preview(preview: Preview) -> Preview:
    """The preview as people see it; the same one where nothing is hidden."""
    kept = _shown(preview.columns)
    if len(kept) == len(preview.columns):
        return preview
    columns = shown_columns(preview.columns)
    return replace(preview, columns=columns, table=preview.table.select(kept), totals=_of_columns(preview.totals, kept))


def _shown(columns: Sequence[ResultColumn]) -> list[int]:
    return [index for index, column in enumerate(columns) if not column.is_hidden]


def _of_columns(totals: tuple[Total, ...], kept: list[int]) -> tuple[Total, ...]:
    return tuple(replace(total, values=tuple(total.values[index] for index in kept)) for total in totals)


@dataclass(frozen=True, slots=True)
class _Batches:
    """Some columns of batches; may be iterated as often as those."""

    batches: Iterable[pa.RecordBatch]
    kept: list[int]

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return (batch.select(self.kept) for batch in self.batches)
