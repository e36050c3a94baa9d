"""Which rows of a report a sheet holds, and where on it they stand."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.render.xlsx.sheet_columns import FIRST_ROW


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRows:
    """A sheet that holds rows of the report: its name, how many, and before which of them a subtotal stands."""

    name: str
    rows: int
    breaks: Sequence[int] = ()  #: rows counted from 0, ascending; `rows` is behind the last, and one may be named twice

    def row_of(self, row: int) -> int:
        """Where on the sheet a row of the report stands."""
        return FIRST_ROW + row + bisect_right(self.breaks, row)

    @property
    def last(self) -> int:
        """The last row of the sheet in use but for totals below all rows."""
        return FIRST_ROW - 1 + self.rows + len(self.breaks)

    def stretches(self) -> Iterator[tuple[int, int]]:
        """The first and the last row on the sheet of each stretch of rows without a subtotal in between."""
        starts = [0, *dict.fromkeys(place for place in self.breaks if place < self.rows)]
        for start, end in zip(starts, [*starts[1:], self.rows], strict=True):
            if start < end:
                yield self.row_of(start), self.row_of(end - 1)
