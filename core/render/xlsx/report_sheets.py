"""The sheets with a report's rows: typed cells, and totals below their groups or the last row."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import pyarrow as pa

from core.domain.result import ResultHead
from core.render.batches import convert_ahead, even_chunks
from core.render.cell_text import Alterations, text_bytes
from core.render.totals import total_batch
from core.render.xlsx.grouped_rows import Grouping
from core.render.xlsx.grouped_sheet import GroupedSheet, grouped_formulas
from core.render.xlsx.package import Package
from core.render.xlsx.parts import SheetEntry, sheet_part
from core.render.xlsx.rules import RuleWriter
from core.render.xlsx.sheet import Rows, closing, opening, row_xml, sheet_range, totals_xml
from core.render.xlsx.sheet_columns import FIRST_ROW, SheetColumn, plan_columns
from core.render.xlsx.sheet_rows import SheetRows
from core.render.xlsx.styles import Styles
from core.render.xlsx.sums import SumRuns

#: 123 of these chunks fill a sheet's 1,048,575 rows exactly. A row of XML is many times its values: larger chunks take
#: more memory and no less time.
_CHUNK_ROWS = 8_525


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPlan:
    """What the sheets of a report are to be. `next_sheet` gives each its place in the workbook, without an area."""

    styles: Styles
    accent: str | None
    rows_per_sheet: int
    has_formulas: bool
    opens_first: bool  #: whether the workbook opens on the first of them
    next_sheet: Callable[[], SheetEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSheets:
    """What was written."""

    columns: tuple[SheetColumn, ...]
    sheets: tuple[SheetRows, ...]
    entries: tuple[SheetEntry, ...]
    notes: tuple[str, ...]


class ReportSheets:
    """Writes the rows of one report; `watch` sees every chunk of them before it is written."""

    def __init__(self, package: Package, head: ResultHead, plan: SheetPlan, tally: Alterations) -> None:
        self._package = package
        self._head = head
        self._plan = plan
        self._tally = tally
        self._sums: SumRuns | None = None
        self._sheets: list[SheetRows] = []
        self._entries: list[SheetEntry] = []

    def write(
        self,
        batches: Iterable[pa.RecordBatch],
        watch: Callable[[pa.RecordBatch], None],
        grouping: Grouping | None = None,
    ) -> WrittenSheets:
        """Write all sheets; there is always one. With `grouping`, `batches` may be iterated again."""
        plan, head = self._plan, self._head
        chunks = even_chunks(batches, rows=min(_CHUNK_ROWS, plan.rows_per_sheet))
        first = next(chunks, None)
        columns = plan_columns(head, first, plan.styles)
        rules = RuleWriter(head.rules, columns, plan.styles, timezone=head.timezone, accent=plan.accent)
        watched = self._watched(chain([first] if first is not None else [], chunks), watch)
        if grouping is None:
            self._sums = SumRuns(head) if plan.has_formulas else None
            self._write_rows(watched, columns, rules)
        else:
            formulas = grouped_formulas(head, batches, grouping, columns) if plan.has_formulas else None
            sheet = GroupedSheet(head=head, columns=columns, grouping=grouping, formulas=formulas, tally=self._tally)
            self._write_grouped(sheet, watched, rules)
        return WrittenSheets(
            columns=columns,
            sheets=tuple(self._sheets),
            entries=tuple(self._entries),
            notes=rules.notes(sheets=len(self._sheets)),
        )

    def _watched(
        self, chunks: Iterable[pa.RecordBatch], watch: Callable[[pa.RecordBatch], None]
    ) -> Iterator[pa.RecordBatch]:
        for chunk in chunks:
            watch(chunk)
            if self._sums is not None:
                self._sums.add(chunk)
            yield chunk

    def _write_grouped(self, sheet: GroupedSheet, chunks: Iterator[pa.RecordBatch], rules: RuleWriter) -> None:
        """One sheet, with subtotals among the rows."""
        entry, grouping, rows = self._plan.next_sheet(), sheet.grouping, 0
        with self._package.part(sheet_part(entry.number)) as part:
            part.write(opening(sheet.columns, is_first=self._plan.opens_first, depth=grouping.fold).encode())
            for count, piece in sheet.content(chunks, rows=min(_CHUNK_ROWS, self._plan.rows_per_sheet)):
                part.write(piece)
                rows += count
            written = SheetRows(name=entry.name, rows=rows, breaks=grouping.breaks)
            totals = len(grouping.totals) - len(grouping.breaks)
            part.write(closing(sheet.columns, written, totals=totals, rules=rules.on_sheet(written)).encode())
        self._sheets.append(written)
        area = sheet_range(sheet.columns, written)
        self._entries.append(SheetEntry(name=entry.name, number=entry.number, area=area, has_filter=False))

    def _write_rows(
        self, chunks: Iterator[pa.RecordBatch], columns: tuple[SheetColumn, ...], rules: RuleWriter
    ) -> None:
        head, per_sheet = self._head, self._plan.rows_per_sheet

        def convert(batch: pa.RecordBatch, first_row: int) -> pa.Array:
            rows = Rows.following(first_row % per_sheet + FIRST_ROW, batch.num_rows)
            return row_xml(batch, columns, rows=rows, timezone=head.timezone, tally=self._tally)

        converted = convert_ahead(chunks, convert, rows=min(_CHUNK_ROWS, per_sheet))
        waiting = next(converted, None)
        totals = total_batch(head) if waiting is not None else None
        written = 0  # totals that stand on a sheet already
        while waiting is not None or not self._sheets or totals is not None:
            rows, below = 0, None
            entry = self._plan.next_sheet()
            is_first = self._plan.opens_first and not self._sheets
            with self._package.part(sheet_part(entry.number)) as part:
                part.write(opening(columns, is_first=is_first).encode())
                while waiting is not None and rows < per_sheet:
                    part.write(text_bytes(waiting[1]))
                    rows += waiting[0].num_rows
                    waiting = next(converted, None)
                    pa.default_memory_pool().release_unused()  # else it keeps what the largest chunk ever took
                sheet = SheetRows(name=entry.name, rows=rows)
                self._sheets.append(sheet)
                if waiting is None and totals is not None:
                    below = totals.slice(0, per_sheet - rows)
                    totals = totals.slice(below.num_rows) if below.num_rows < totals.num_rows else None
                    part.write(text_bytes(self._totals(below, columns, written)))
                    written += below.num_rows
                end = closing(columns, sheet, totals=below.num_rows if below else 0, rules=rules.on_sheet(sheet))
                part.write(end.encode())
            self._entries.append(SheetEntry(name=entry.name, number=entry.number, area=sheet_range(columns, sheet)))

    def _totals(self, batch: pa.RecordBatch, columns: Sequence[SheetColumn], written: int) -> pa.Array:
        """The totals as rows, below those that the filter hides and shows."""
        head = self._head
        ordered = sorted(head.totals, key=lambda total: total.level == 0)[written : written + batch.num_rows]
        formulas: Sequence[Sequence[str | None]] = [[None] * len(columns)] * batch.num_rows
        if self._sums is not None:
            altered = self._tally.as_dict()
            letters = [column.letter for column in columns]
            unseen = [column.column.label in altered for column in columns]
            formulas = self._sums.formulas(ordered, letters, self._sheets, altered=unseen)
        rows = Rows.following(self._sheets[-1].last + 1, batch.num_rows)
        return totals_xml(batch, columns, formulas, rows=rows, timezone=head.timezone, tally=self._tally)
