"""Totals as formulas: which neighbouring rows a total adds up, found while they pass, and the formula over them.

A formula is written only where the sum of those rows is the total; averages, distinct counts, totals of rows that the
limit left out or that lie apart keep their value.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.domain.result import CellValue, ResultHead, Total
from core.render.chart_series import is_additive
from core.render.totals import shown_groupings
from core.render.xlsx.plain_cells import sheet_reference
from core.render.xlsx.sheet_rows import SheetRows

_SAME_FLOATS = 1e-9  #: sources add floats in an order of their own
_MOST_RANGES = 254  #: arguments of SUBTOTAL behind the first
_Number = int | float | Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Neighbouring rows, counted from 0 over all sheets, that share their first groupings."""

    keys: tuple[CellValue, ...]
    first: int
    end: int
    sums: tuple[_Number, ...]


class SumRuns:
    """Watches the rows of one report. Where rows of a group lie apart, their totals stay values."""

    def __init__(self, head: ResultHead) -> None:
        totals = head.totals
        self._keys = shown_groupings(head)
        self._summed = [
            place
            for place, each in enumerate(head.columns)
            if each.type.is_number and is_additive(each) and any(total.values[place] is not None for total in totals)
        ]
        levels = {total.level for total in totals if total.level <= len(self._keys)}
        self._runs: dict[int, list[_Run]] = {level: [] for level in levels if self._summed}
        self._most = 2 * len(totals) + 1
        self._rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take note of the next rows."""
        for level in list(self._runs):
            runs = self._runs[level]
            starts = _starts(batch, self._keys[:level])
            if len(runs) + len(starts) > self._most:
                del self._runs[level]  # so many more runs than totals: their rows lie apart
                continue
            for first, end in zip(starts, [*starts[1:], batch.num_rows], strict=True):
                self._append(runs, self._run(batch, level, first, end))
        self._rows += batch.num_rows

    def formulas(
        self, totals: Sequence[Total], letters: Sequence[str], sheets: Sequence[SheetRows], *, altered: Sequence[bool]
    ) -> list[list[str | None]]:
        """For each total the formula of each column, to stand on the last of `sheets`; None keeps the value.

        `altered`: which columns have numbers written as text, which a formula would not see.
        """
        runs = [run for level in self._runs.values() for run in level]
        apart = Counter(run.keys for run in runs)
        whole = {run.keys: run for run in runs if apart[run.keys] == 1}
        found = [self._of_total(total, whole.get(total.keys), letters, sheets, altered) for total in totals]
        return _unmixed(totals, found) if sheets[-1].breaks else found

    def _of_total(
        self,
        total: Total,
        run: _Run | None,
        letters: Sequence[str],
        sheets: Sequence[SheetRows],
        altered: Sequence[bool],
    ) -> list[str | None]:
        formulas: list[str | None] = [None] * len(letters)
        if run is None:
            return formulas
        for place, added in zip(self._summed, run.sums, strict=True):
            if not altered[place] and _is_same(total.values[place], added):
                formulas[place] = _formula(letters[place], run, sheets)
        return formulas

    def _run(self, batch: pa.RecordBatch, level: int, first: int, end: int) -> _Run:
        keys = tuple(batch.column(place)[first].as_py() for place in self._keys[:level])
        sums = tuple(pc.sum(batch.column(place).slice(first, end - first)).as_py() for place in self._summed)
        return _Run(keys=keys, first=self._rows + first, end=self._rows + end, sums=sums)

    def _append(self, runs: list[_Run], run: _Run) -> None:
        """A run that goes on over two batches is one."""
        if not runs or runs[-1].keys != run.keys:
            runs.append(run)
            return
        sums = tuple(_added(one, other) for one, other in zip(runs[-1].sums, run.sums, strict=True))
        runs[-1] = replace(runs[-1], end=run.end, sums=sums)


def _starts(batch: pa.RecordBatch, keys: Sequence[int]) -> list[int]:
    """Where a row differs from the one before in its first groupings."""
    if not batch.num_rows:
        return []
    changes = np.zeros(batch.num_rows - 1, bool)
    for place in keys:
        array = batch.column(place)
        before, after = array.slice(0, batch.num_rows - 1), array.slice(1)
        both_null = pc.and_(before.is_null(), after.is_null())
        differs = pc.and_not(pc.not_equal(before, after).fill_null(True), both_null)
        changes |= differs.to_numpy(zero_copy_only=False)
    return [0, *(int(place) + 1 for place in np.flatnonzero(changes))]


def _unmixed(totals: Sequence[Total], formulas: list[list[str | None]]) -> list[list[str | None]]:
    """Formulas skip others of their kind, not numbers: over a subtotal that stays a value none may reach."""
    fixed: dict[int, int] = {}  # column -> the deepest level with a value
    for total, row in zip(totals, formulas, strict=True):
        for place, (value, formula) in enumerate(zip(total.values, row, strict=True)):
            if value is not None and formula is None:
                fixed[place] = max(fixed.get(place, 0), total.level)
    return [
        [None if fixed.get(place, 0) > total.level else formula for place, formula in enumerate(row)]
        for total, row in zip(totals, formulas, strict=True)
    ]


def _formula(letter: str, run: _Run, sheets: Sequence[SheetRows]) -> str | None:
    """The sum of the rows that a filter leaves, over all sheets that hold some of them."""
    ranges, start = [], 0
    for sheet in sheets:
        first, end = max(run.first - start, 0), min(run.end - start, sheet.rows)
        start += sheet.rows
        if first >= end:
            continue
        name = "" if sheet is sheets[-1] else sheet_reference(sheet.name)
        ranges.append(f"{name}{letter}{sheet.row_of(first)}:{letter}{sheet.row_of(end - 1)}")
    return f"SUBTOTAL(9,{','.join(ranges)})" if 0 < len(ranges) <= _MOST_RANGES else None


def _added(one: _Number, other: _Number) -> _Number:
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, float) or isinstance(other, float):
        return float(one) + float(other)
    return one + other


def _is_same(value: CellValue, added: _Number) -> bool:
    if added is None or not isinstance(value, int | float | Decimal):
        return False
    if isinstance(value, float) or isinstance(added, float):
        return math.isclose(float(value), float(added), rel_tol=_SAME_FLOATS)
    return value == added
