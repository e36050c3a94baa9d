"""Where subtotals stand among the rows of a sheet: each below the rows of its group, which a reader may fold away."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from core.domain.result import Result, Total
from core.render.groups import GroupStarts, grouping_places
from core.render.xlsx.sheet_columns import FIRST_ROW

#: A rule is told each stretch of rows between two subtotals; spreadsheets grow slow over more of them.
_MOST_MARKED = 1_000
_DEEPEST = 7  #: levels of an outline that spreadsheets know


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """The subtotals of a report in the order in which they stand among its rows, and before which row each does."""

    depth: int
    totals: tuple[Total, ...]  #: the grand total last
    breaks: tuple[int, ...]  #: of the subtotals

    def numbers(self, first: int, end: int) -> "np.ndarray":
        """The numbers on the sheet of some rows of the report."""
        rows = np.arange(first, end)
        numbers: np.ndarray = FIRST_ROW + rows + np.searchsorted(np.asarray(self.breaks), rows, side="right")
        return numbers

    def numbers_of_totals(self, first: int, end: int) -> "np.ndarray":
        """The numbers on the sheet of some totals."""
        return np.array([FIRST_ROW + self._before(place) + place for place in range(first, end)])

    def _before(self, position: int) -> int:
        """How many rows of the report stand before a total."""
        return self.breaks[min(position, len(self.breaks) - 1)]

    @property
    def fold(self) -> int:
        """How deep the rows of the report fold; subtotals fold with the groups around theirs."""
        return min(self.depth, _DEEPEST)

    def folds(self, first: int, end: int) -> "np.ndarray":
        """How deep some subtotals fold."""
        levels = np.array([total.level - 1 for total in self.totals[first:end]])
        folds: np.ndarray = np.minimum(np.maximum(levels, 0), _DEEPEST)
        return folds


def find_grouping(result: Result, *, most_rows: int) -> Grouping | None:
    """How the subtotals of a result stand among its rows; None where it has none or they stand below all rows.

    So they do where rows of a group lie apart, where rows can be read only once, where one sheet does not hold all,
    and where rules look at the rows of very many groups.
    """
    head = result.head
    subtotals = [total for total in head.totals if total.level]
    places = grouping_places(result)
    if not places or (head.rules and len(subtotals) > _MOST_MARKED):
        return None
    ordered, breaks, rows = _closings(result.batches, places, subtotals)
    placed = {id(total) for total in ordered}
    left = [total for total in subtotals if id(total) not in placed]
    if not rows or rows + len(head.totals) > most_rows:
        return None
    grand = [total for total in head.totals if not total.level]
    return Grouping(depth=len(places), totals=(*ordered, *left, *grand), breaks=(*breaks, *[rows for _ in left]))


def _closings(
    batches: Iterable[pa.RecordBatch], places: Sequence[int], subtotals: Sequence[Total]
) -> tuple[list[Total], list[int], int]:
    """The subtotals in the order in which their groups end, the row each stands before, and how many rows there are."""
    depth = len(places)
    waiting = [iter([total for total in subtotals if total.level == level]) for level in range(1, depth + 1)]
    starts = GroupStarts(places)
    ordered: list[Total] = []
    breaks: list[int] = []
    rows = 0

    def close(before: int, outermost: int) -> None:
        for level in range(depth, outermost - 1, -1):
            ordered.append(next(waiting[level - 1]))
            breaks.append(before)

    for batch in batches:
        for row, outermost in starts.of(batch):
            if rows + row:
                close(rows + row, outermost)
        rows += batch.num_rows
    if rows:
        close(rows, 1)
    return ordered, breaks, rows
