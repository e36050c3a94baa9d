"""The rows of totals: their cells as people read them, and how far their labels may reach."""

from collections.abc import Iterator
from itertools import takewhile

from core.domain.result import ResultHead, Total
from core.render.cell_text import Alterations
from core.render.cells import display_strings
from core.render.pdf.blocks import Measured, measure_column
from core.render.pdf.columns import Layout, Placed
from core.render.totals import label_place, total_batch


class TotalRows:
    """The totals in the order in which they stand below all rows: subtotals, then the grand total."""

    def __init__(self, head: ResultHead, alterations: Alterations) -> None:
        batch = total_batch(head)
        self._totals = [total for total in head.totals if total.level]
        self._totals += [total for total in head.totals if not total.level]
        self._label_place = label_place(head.totals, len(head.columns))
        self.columns: list[list[str]] = [[] for _ in head.columns]  #: texts by column
        if batch is not None:
            self.columns = [
                display_strings(array, column, timezone=head.timezone, alterations=alterations)
                for array, column in zip(batch.columns, head.columns, strict=True)
            ]

    def measured(self) -> list[Measured]:
        """The cells that their columns have to hold: all but the labels."""
        return [measure_column([] if place == self._label_place else texts) for place, texts in enumerate(self.columns)]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._totals)

    def total(self, position: int) -> Total:
        """The one at that position."""
        return self._totals[position]

    def positions(self, level: int) -> Iterator[int]:
        """Where those of a level are, in the order of the rows."""
        return (position for position, total in enumerate(self._totals) if total.level == level)

    def room(self, position: int, place: int, layout: Layout) -> float:
        """Points that a cell may take: of a label, the empty cells beside it as well, wherever it is drawn."""
        own = layout.inner_widths[place]
        if place != self._label_place:
            return own
        with_it = [band for band in layout.bands if any(cell.index == place for cell in band)]
        return min(self._reach(position, place, band, own) for band in with_it)

    def _reach(self, position: int, place: int, band: tuple[Placed, ...], own: float) -> float:
        indexes = [cell.index for cell in band]
        beside = band[indexes.index(place) + 1 :]
        empty = takewhile(lambda cell: not self.columns[cell.index][position], beside)
        return own + sum(cell.width for cell in empty)
