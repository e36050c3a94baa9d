"""Conditional formatting: which look each cell of a batch has, by the rules of a report. `tones` gives looks colours.

The first rule that fits a cell wins. Totals are never marked: neither their rows nor a pivot's columns of totals; a
rule of a spread measure holds for all columns it was spread over, on one scale. A hidden column has no cells to mark:
what marks them elsewhere marks their row.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.domain.appearance import FormatRule, RuleKind, Tone
from core.domain.result import Result, ResultColumn
from core.render.rule_conditions import fits

SCALE_STEPS = 20  #: shades of a scale, beside the lightest
BAR_STEPS = 100  #: lengths of a bar, beside none


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a cell is set apart."""

    kind: RuleKind
    tone: Tone
    level: float = 0.0  #: SCALE: 0 (the lowest value) to 1 (the highest)
    starts: float = 0.0  #: BAR: where it begins, as a share of the cell's width; negative values lie left of zero
    ends: float = 0.0  #: BAR: where it ends


@dataclass(frozen=True, slots=True, kw_only=True)
class _Applied:
    """A rule with the columns it looks at, and for shades and bars the lowest and highest value there."""

    rule: FormatRule
    places: tuple[int, ...]
    whole_row: bool
    low: float = 0.0
    high: float = 0.0


class Marker:
    """Says how the cells of one result look. Holds no rows; any number of threads may ask it."""

    def __init__(self, columns: Sequence[ResultColumn], applied: Sequence[_Applied], timezone: str) -> None:
        self._columns = tuple(columns)
        self._applied = tuple(applied)
        self._timezone = timezone

    @cached_property
    def looks(self) -> tuple[Look | None, ...]:
        """All looks there can be; a cell's code is its place here, and 0 is none."""
        return (None, *(look for one in self._applied for look in _looks(one)))

    def codes(self, batch: pa.RecordBatch) -> dict[int, "np.ndarray"]:
        """The code of each cell (uint16, as many as the batch has rows) by the column's place.

        Columns that no rule can reach are left out. The batch has the columns of the marker.
        """
        none = len(self._applied)
        masks = [self._masks(one, batch) for one in self._applied]
        rows = np.full(batch.num_rows, none, np.uint16)
        cells: dict[int, np.ndarray] = {}
        for number in range(none - 1, -1, -1):
            if self._applied[number].whole_row:
                for mask in masks[number].values():
                    rows[mask] = number
                continue
            for place, mask in masks[number].items():
                cells.setdefault(place, np.full(batch.num_rows, none, np.uint16))[mask] = number
        reached = self._shown if self._has_row_rules else sorted(cells)
        return {place: self._coded(np.minimum(cells.get(place, rows), rows), batch, place) for place in reached}

    @cached_property
    def _shown(self) -> tuple[int, ...]:
        return tuple(place for place, column in enumerate(self._columns) if not column.is_hidden)

    @property
    def _has_row_rules(self) -> bool:
        return any(one.whole_row for one in self._applied)

    def _masks(self, one: _Applied, batch: pa.RecordBatch) -> dict[int, "np.ndarray"]:
        """Which cells of its columns the rule fits."""
        if one.rule.kind is RuleKind.MARK:
            return {
                place: fits(one.rule, batch.column(place), self._columns[place], self._timezone) for place in one.places
            }
        return {place: ~np.isnan(_floats(batch.column(place))) for place in one.places}

    def _coded(self, firsts: "np.ndarray", batch: pa.RecordBatch, place: int) -> "np.ndarray":
        """Codes of a column, of the number of the first rule that fits each cell."""
        codes: np.ndarray = self._starts[firsts]
        for number, one in enumerate(self._applied):
            if one.rule.kind is RuleKind.MARK or place not in one.places:
                continue
            here = firsts == number
            codes[here] += _steps(one, _floats(batch.column(place))[here])
        return codes

    @cached_property
    def _starts(self) -> "np.ndarray":
        """The code of each rule's first look; behind the last, that of no look."""
        sizes = [len(_looks(one)) for one in self._applied]
        return np.array([*(1 + sum(sizes[:number]) for number in range(len(sizes))), 0], np.uint16)


def marker_of(result: Result) -> Marker | None:
    """The marker of a result, for the batches of `marked_batches`; None where it has no rules.

    Shades and bars compare with the lowest and highest value of all rows: for those alone the rows are read once
    before, so `result.batches` has to be iterable again (a spool, a list).
    """
    head = result.head
    return make_marker(head.rules, (*head.columns, *head.hidden), head.timezone, result.batches)


def marked_batches(result: Result) -> Iterable[pa.RecordBatch]:
    """The rows with all that rules look at: behind the columns of the result those that it hides."""
    return result.batches if result.with_hidden is None else result.with_hidden


def hidden_marks(rules: Sequence[FormatRule], columns: Sequence[ResultColumn]) -> list[tuple[FormatRule, list[int]]]:
    """The rules that mark rows by hidden columns, with those they look at."""
    placed = [(rule, [place for place in _places(rule, columns) if columns[place].is_hidden]) for rule in rules]
    return [(rule, places) for rule, places in placed if places]


def make_marker(
    rules: Sequence[FormatRule],
    columns: Sequence[ResultColumn],
    timezone: str,
    batches: Iterable[pa.RecordBatch],
) -> Marker | None:
    """The marker of `rules` over rows with these columns; None where no rule has a column.

    `batches` have at least the columns that are shown, in front.
    """
    placed = [(rule, _places(rule, columns)) for rule in rules]
    placed = [(rule, places) for rule, places in placed if places]
    if not placed:
        return None
    measured = sorted({place for rule, places in placed if rule.kind is not RuleKind.MARK for place in places})
    ranges = _ranges(batches, measured) if measured else {}
    return Marker(columns, [_applied(rule, places, columns, ranges) for rule, places in placed], timezone)


def _places(rule: FormatRule, columns: Sequence[ResultColumn]) -> tuple[int, ...]:
    """The columns a rule is for; a spread measure stands in several (`revenue|DE`), besides the one of its totals."""
    spread = [place for place, column in enumerate(columns) if column.spans and column.key.startswith(f"{rule.key}|")]
    places = spread or [place for place, column in enumerate(columns) if column.key == rule.key]
    return tuple(place for place in places if rule.kind is RuleKind.MARK or not columns[place].is_hidden)


def _ranges(batches: Iterable[pa.RecordBatch], places: Sequence[int]) -> Mapping[int, tuple[float, float]]:
    """The lowest and highest finite value of each column; columns without one are left out."""
    found: dict[int, tuple[float, float]] = {}
    for batch in batches:
        for place in places:
            values = _floats(batch.column(place))
            finite = values[np.isfinite(values)]
            if len(finite):
                low, high = found.get(place, (np.inf, -np.inf))
                found[place] = (min(low, float(finite.min())), max(high, float(finite.max())))
    return found


def _applied(
    rule: FormatRule,
    places: tuple[int, ...],
    columns: Sequence[ResultColumn],
    ranges: Mapping[int, tuple[float, float]],
) -> _Applied:
    known = [ranges[place] for place in places if place in ranges] if rule.kind is not RuleKind.MARK else []
    low, high = min((low for low, _ in known), default=0.0), max((high for _, high in known), default=0.0)
    if rule.kind is RuleKind.BAR:  # bars begin at zero, else a small difference looks like a large one
        low, high = min(low, 0.0), max(high, 0.0)
    whole_row = rule.whole_row or all(columns[place].is_hidden for place in places)
    return _Applied(rule=rule, places=places, whole_row=whole_row, low=low, high=high)


def _looks(one: _Applied) -> tuple[Look, ...]:
    """The looks a rule gives, in the order of its steps."""
    rule = one.rule
    if rule.kind is RuleKind.MARK:
        return (Look(kind=rule.kind, tone=rule.tone),)
    if rule.kind is RuleKind.SCALE:
        return tuple(Look(kind=rule.kind, tone=rule.tone, level=step / SCALE_STEPS) for step in range(SCALE_STEPS + 1))
    zero = _share(one, np.zeros(1))[0]
    ends = [step / BAR_STEPS for step in range(BAR_STEPS + 1)]
    return tuple(Look(kind=rule.kind, tone=rule.tone, starts=min(zero, end), ends=max(zero, end)) for end in ends)


def _steps(one: _Applied, values: "np.ndarray") -> "np.ndarray":
    """The step of each value among the looks of a scale or bar; infinities have the first and the last."""
    steps = SCALE_STEPS if one.rule.kind is RuleKind.SCALE else BAR_STEPS
    found: np.ndarray = np.rint(_share(one, values) * steps).astype(np.uint16)
    return found


def _share(one: _Applied, values: "np.ndarray") -> "np.ndarray":
    """Where values lie between the lowest (0) and the highest (1); in the middle where those are the same."""
    half = one.high / 2 - one.low / 2  # halves: the span of two doubles may be more than a double holds
    if half == 0:
        return np.full(len(values), 0.0 if one.rule.kind is RuleKind.BAR else 0.5)
    return np.clip((values / 2 - one.low / 2) / half, 0.0, 1.0)


def _floats(array: pa.Array) -> "np.ndarray":
    """Numbers as doubles, nulls and what is no number as not-a-number."""
    if not (pa.types.is_integer(array.type) or pa.types.is_floating(array.type) or pa.types.is_decimal(array.type)):
        return np.full(len(array), np.nan)
    floats: np.ndarray = pc.cast(array, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return floats
