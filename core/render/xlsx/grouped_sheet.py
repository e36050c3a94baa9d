"""The sheet of a report whose subtotals stand among its rows: each stretch of rows, then what it adds up to."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from core.domain.result import ResultHead
from core.render.batches import convert_ahead
from core.render.cell_text import Alterations, text_bytes
from core.render.totals import total_batch
from core.render.xlsx.cells import has_words
from core.render.xlsx.grouped_rows import Grouping
from core.render.xlsx.sheet import Rows, row_xml, totals_xml
from core.render.xlsx.sheet_columns import SheetColumn
from core.render.xlsx.sheet_rows import SheetRows
from core.render.xlsx.sums import SumRuns

_Formulas = Sequence[Sequence[str | None]]


def grouped_formulas(
    head: ResultHead, batches: Iterable[pa.RecordBatch], grouping: Grouping, columns: Sequence[SheetColumn]
) -> _Formulas:
    """The formulas of all totals by column; the rows are read once for them."""
    sums, unseen, rows = SumRuns(head), [False] * len(columns), 0
    for batch in batches:
        sums.add(batch)
        unseen = [known or has_words(array) for known, array in zip(unseen, batch.columns, strict=True)]
        rows += batch.num_rows
    sheet = SheetRows(name="", rows=rows, breaks=grouping.breaks)
    return sums.formulas(grouping.totals, [column.letter for column in columns], [sheet], altered=unseen)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedSheet:
    """Writes the rows of the sheet in order."""

    head: ResultHead
    columns: Sequence[SheetColumn]
    grouping: Grouping
    formulas: _Formulas | None  #: None where totals are values
    tally: Alterations

    def content(self, chunks: Iterable[pa.RecordBatch], *, rows: int) -> Iterator[tuple[int, memoryview]]:
        """Pieces of the sheet's XML, each with the rows of the report in it; `rows`: of a chunk."""
        grouping, totals = self.grouping, total_batch(replace(self.head, totals=self.grouping.totals))
        assert totals is not None  # noqa: S101 - a grouping is of totals
        breaks, at, before = grouping.breaks, 0, 0
        for batch, lines in convert_ahead(chunks, self._rows, rows=rows):
            start, end = before, before + batch.num_rows
            first = at
            while at < len(breaks) and breaks[at] <= end:
                at += 1
            below = self._totals(totals, first, at)
            for position in range(first, at):
                yield breaks[position] - start, text_bytes(lines.slice(start - before, breaks[position] - start))
                yield 0, text_bytes(below.slice(position - first, 1))
                start = breaks[position]
            yield end - start, text_bytes(lines.slice(start - before))
            before = end
            pa.default_memory_pool().release_unused()  # else it keeps what the largest chunk ever took
        yield 0, text_bytes(self._totals(totals, at, totals.num_rows))

    def _rows(self, batch: pa.RecordBatch, first: int) -> pa.Array:
        grouping = self.grouping
        places = Rows(numbers=grouping.numbers(first, first + batch.num_rows), levels=grouping.fold)
        return row_xml(batch, self.columns, rows=places, timezone=self.head.timezone, tally=self.tally)

    def _totals(self, totals: pa.RecordBatch, first: int, end: int) -> pa.Array:
        """Some of the totals as rows."""
        grouping = self.grouping
        places = Rows(numbers=grouping.numbers_of_totals(first, end), levels=grouping.folds(first, end))
        values: _Formulas = [[None] * len(self.columns)] * (end - first)
        formulas = values if self.formulas is None else self.formulas[first:end]
        batch = totals.slice(first, end - first)
        return totals_xml(batch, self.columns, formulas, rows=places, timezone=self.head.timezone, tally=self.tally)
