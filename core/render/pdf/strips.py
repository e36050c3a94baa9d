"""Rows ready to draw, a block at a time: cells laid out and marked, group headings and totals put where they belong."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import pyarrow as pa

from core.domain.result import Result, ResultHead
from core.render.batches import even_chunks
from core.render.cell_text import Alterations
from core.render.cells import display_strings
from core.render.groups import GroupStarts, group_words
from core.render.pdf.blocks import NO_GLYPH, Block, Measured, bold_lines, lay_out, measure_column
from core.render.pdf.columns import Layout
from core.render.pdf.marks import Codes, Marks
from core.render.pdf.page import GlyphUse
from core.render.pdf.shaping import TextLine
from core.render.pdf.style import QUIET
from core.render.pdf.total_rows import TotalRows
from core.render.rules import marked_batches

_BLOCK_ROWS = 2000  #: rows set at once; the first block also decides the column widths


class RowKind(Enum):
    """What a row of the table is."""

    ROW = auto()  #: of the result
    HEADING = auto()  #: of a group; drawn over the table's width
    SUBTOTAL = auto()  #: right below the rows of its group
    SUBTOTAL_APART = auto()  #: below all rows
    TOTAL = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRows:
    """A block of rows as texts with their widths."""

    batch: pa.RecordBatch
    columns: list[Measured]
    codes: Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """Some rows of the table, one after the other."""

    blocks: Sequence[Block]  #: by column
    kinds: Sequence[RowKind]  #: by row
    headings: Sequence[str]  #: of the groups that begin here, in order
    first_row: int  #: number of the first row of the result in it, from 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Added:
    """A row that is none of the result's, before row `place` of a block."""

    place: int
    kind: RowKind
    position: int = 0  #: among the totals
    heading: str = ""


def measured_rows(result: Result, marks: Marks, alterations: Alterations) -> Iterator[MeasuredRows]:
    """The rows as people read them, a block at a time."""
    head = result.head
    for batch in even_chunks(marked_batches(result), rows=_BLOCK_ROWS):
        codes = marks.codes(batch)
        columns = []
        for place, column in enumerate(head.columns):
            texts = display_strings(batch.column(place), column, timezone=head.timezone, alterations=alterations)
            columns.append(measure_column(marks.signed(texts, place, codes)))
        yield MeasuredRows(batch=batch, columns=columns, codes=codes)


class Strips:
    """Turns measured rows into strips; with `places` of grouping columns, subtotals stand right below their rows."""

    def __init__(
        self,
        head: ResultHead,
        layout: Layout,
        totals: TotalRows,
        *,
        places: Sequence[int],
        marks: Marks,
        use: GlyphUse,
    ) -> None:
        self._head = head
        self._layout = layout
        self._totals = totals
        self._places = places
        self._marks = marks
        self._use = use
        self._starts = GroupStarts(places)
        self._closing = [totals.positions(level) for level in range(1, len(places) + 1)]
        self._opening = totals.positions(1)
        self._drawn: set[int] = set()
        self.rows = 0  #: of the result, that were handed on

    @property
    def is_grouped(self) -> bool:
        """Whether subtotals stand below the rows of their groups."""
        return bool(self._places)

    def of(self, blocks: Iterable[MeasuredRows], alterations: Alterations) -> Iterator[Strip]:
        """A strip for each block, the last one with all totals that are left."""
        waiting = None
        for block in blocks:
            if waiting is not None:
                yield self._strip(waiting, alterations, is_last=False)
            waiting = block
        if waiting is not None:
            yield self._strip(waiting, alterations, is_last=True)

    def _strip(self, measured: MeasuredRows, alterations: Alterations, *, is_last: bool) -> Strip:
        rows = measured.batch.num_rows
        blocks = [self._block(measured, place) for place in range(len(self._head.columns))]
        starts = self._starts.of(measured.batch) if self._places else []
        if self._places:
            _quieten_repeats(blocks[self._places[0]], [row for row, level in starts if level == 1], rows)
        added = self._added(rows, starts, is_last=is_last)
        if added:
            before = [row.place for row in added]
            blocks = [
                block.with_rows(before, [self._cell(row, place) for row in added]) for place, block in enumerate(blocks)
            ]
        for column, block in zip(self._head.columns, blocks, strict=True):
            alterations.count(column.label, NO_GLYPH, block.cells_altered)
        kinds = [RowKind.ROW] * rows
        for number, row in enumerate(added):
            kinds.insert(row.place + number, row.kind)
        headings = [row.heading for row in added if row.kind is RowKind.HEADING]
        first_row = self.rows
        self.rows += rows
        return Strip(blocks=blocks, kinds=kinds, headings=headings, first_row=first_row)

    def _block(self, measured: MeasuredRows, place: int) -> Block:
        cells, width = measured.columns[place], self._layout.inner_widths[place]
        is_number = self._head.columns[place].type.is_number
        block = lay_out(cells, width=width, is_number=is_number, use=self._use)
        self._marks.apply(block, cells, place, measured.codes, width=width, is_number=is_number)
        return block

    def _added(self, rows: int, starts: list[tuple[int, int]], *, is_last: bool) -> list[_Added]:
        """Subtotals where groups end, headings where the outermost ones begin, all other totals after the last row."""
        added: list[_Added] = []
        for row, level in starts:
            if self.rows or row:
                added += self._closed(row, level)
            if level == 1:
                added.append(_Added(place=row, kind=RowKind.HEADING, heading=self._heading()))
        if is_last:
            added += self._closed(rows, 1)
            left = [position for position in range(self._totals.count) if position not in self._drawn]
            added += [self._apart(rows, position) for position in left]
        return added

    def _closed(self, place: int, outermost: int) -> list[_Added]:
        """The subtotals of the groups that end here, the innermost first."""
        positions = [next(closing) for closing in reversed(self._closing[outermost - 1 :])]
        self._drawn.update(positions)
        return [_Added(place=place, kind=RowKind.SUBTOTAL, position=position) for position in positions]

    def _apart(self, place: int, position: int) -> _Added:
        kind = RowKind.SUBTOTAL_APART if self._totals.total(position).level else RowKind.TOTAL
        return _Added(place=place, kind=kind, position=position)

    def _heading(self) -> str:
        key = self._totals.total(next(self._opening)).keys[0]
        return group_words(key, self._head.columns[self._places[0]], self._head.timezone)

    def _cell(self, row: _Added, place: int) -> list[TextLine]:
        if row.kind is RowKind.HEADING:
            return []
        text = self._totals.columns[place][row.position]
        width = self._totals.room(row.position, place, self._layout)
        return bold_lines(text, width=width, is_number=self._head.columns[place].type.is_number)


def _quieten_repeats(block: Block, begins: list[int], rows: int) -> None:
    """What the heading of a group says already stays in its rows, but does not call."""
    first = set(begins)
    for row in range(rows):
        if row not in first:
            block.inks.setdefault(row, QUIET)
