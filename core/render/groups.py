"""Groups of rows that have subtotals: where each begins, and whether their subtotals can stand below them."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from core.domain.result import CellValue, Result, ResultColumn, Total
from core.render.cells import display_value
from core.render.totals import shown_groupings

_EMPTY = "(empty)"


class GroupStarts:
    """Finds the rows that begin a group, batch by batch."""

    def __init__(self, places: Sequence[int]) -> None:
        """`places` of the grouping columns, the outermost first."""
        self._places = places
        self._last: list[pa.Scalar | None] = [None] * len(places)

    def of(self, batch: pa.RecordBatch) -> list[tuple[int, int]]:
        """Row and outermost level of each group that begins in the batch; levels count from 1."""
        levels = np.zeros(batch.num_rows, dtype=np.int64)
        for depth in reversed(range(len(self._places))):
            array = batch.column(self._places[depth])
            levels[self._changed(array, depth)] = depth + 1
        return [(row, int(levels[row])) for row in np.flatnonzero(levels).tolist()]

    def _changed(self, array: pa.Array, depth: int) -> npt.NDArray[np.bool_]:
        """Which cells differ from the one above; an empty one equals another empty one."""
        if not len(array):
            return np.zeros(0, dtype=np.bool_)
        last = self._last[depth]
        first = array.slice(0, 1) if last is None else pa.array([last.as_py()], array.type)
        above = pa.concat_arrays([first, array.slice(0, len(array) - 1)])
        differs = pc.coalesce(pc.not_equal(array, above), pc.not_equal(array.is_null(), above.is_null()))
        changed: npt.NDArray[np.bool_] = np.array(differs.to_numpy(zero_copy_only=False), dtype=np.bool_)
        changed[0] = changed[0] or last is None
        self._last[depth] = array[-1]
        return changed


def grouping_places(result: Result) -> tuple[int, ...]:
    """The columns by which subtotals can stand right below their rows, the outermost first; none where they cannot.

    They can where every group's rows stand together and the subtotals follow in the same order. That takes one pass
    over the grouping columns, so not where rows can be read only once.
    """
    head = result.head
    depth = max((total.level for total in head.totals), default=0)
    places = shown_groupings(head)[:depth]
    if not depth or len(places) < depth or iter(result.batches) is result.batches:
        return ()
    awaited = [_keys(head.totals, level) for level in range(1, depth + 1)]
    starts = GroupStarts(places)
    for batch in result.batches:
        keys = [batch.column(place) for place in places]
        for row, outermost in starts.of(batch):
            for level in range(outermost, depth + 1):
                if next(awaited[level - 1], None) != tuple(key[row].as_py() for key in keys[:level]):
                    return ()
    return tuple(places)


def group_words(value: CellValue, column: ResultColumn, timezone: str) -> str:
    """The heading of a group: "Germany"; with the column's label where the value alone says little."""
    words = display_value(value, column.type, column.format, timezone) or _EMPTY
    says_little = value is None or isinstance(value, bool) or column.type.is_number
    return f"{column.label}: {words}" if says_little else words


def _keys(totals: Sequence[Total], level: int) -> Iterator[tuple[CellValue, ...]]:
    return (total.keys for total in totals if total.level == level)
