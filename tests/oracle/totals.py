"""Totals: the same question over fewer groupings, answered from the rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from core.domain.definition import Calculation, CalculationKind, Grouping
from tests.oracle.calculations import asked_order, calculate, in_order, without
from tests.oracle.order import Value
from tests.oracle.pivot import Spread, narrowed, pivoted
from tests.oracle.question import Question

_OF_ROWS = (CalculationKind.RANK, CalculationKind.RUNNING_TOTAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalLine:
    """The figures over all rows that share their first `level` groupings."""

    level: int
    keys: tuple[Value, ...]
    values: dict[str, Any]  #: by the keys of the result's columns


def totals_of(question: Question, spread: Spread | None, kept: Collection[tuple[Value, ...]] | None) -> list[TotalLine]:
    """The grand total, then subtotals level by level in the order of the rows."""
    totals = question.definition.totals
    levels = ([0] if totals.grand else []) + list(range(1, totals.subtotals + 1))
    return [line for level in levels for line in _level(question, level, spread, kept)]


def _level(
    question: Question, level: int, spread: Spread | None, kept: Collection[tuple[Value, ...]] | None
) -> list[TotalLine]:
    definition = question.definition
    staying = (spread.staying if spread is not None else list(definition.groupings))[:level]
    also = spread.spread if spread is not None else []
    groupings = [grouping for grouping in definition.groupings if grouping in staying or grouping in also]
    calculations = remaining(definition.calculations, definition.groupings, groupings)
    lines: list[dict[Any, Any]] = question.lines(groupings, definition.measures, kept=kept)
    keys = [grouping.key for grouping in staying]
    order = asked_order(question, [grouping.key for grouping in groupings])
    calculate(question, lines, calculations, order)
    if spread is not None:
        of_totals = remaining(definition.calculations, definition.groupings, staying)
        lines = pivoted(question, lines, spread, of_totals, staying=staying, kept=kept)
    limit = definition.limit if level else None
    found = in_order(question, lines, asked_order(question, keys, leading=level))
    return [
        TotalLine(
            level=level,
            keys=tuple(line[key] for key in keys),
            values={key: value for key, value in line.items() if key not in keys},
        )
        for line in found[:limit]
    ]


def remaining(
    calculations: Sequence[Calculation], groupings: Sequence[Grouping], left: Sequence[Grouping]
) -> list[Calculation]:
    """The calculations that make sense of totals over the groupings that are left."""
    of_rows = {each.name for each in calculations if each.kind in _OF_ROWS}
    gone = {grouping.key for grouping in groupings} - {grouping.key for grouping in left}
    return narrowed(without(calculations, of_rows), gone)
