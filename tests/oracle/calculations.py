"""Columns computed of the lines of a result, and the order of those lines."""

from collections.abc import Collection, Sequence
from typing import Any

from core.domain.definition import Calculation, CalculationKind
from core.domain.expression import names_in
from tests.oracle.arithmetic import divided, number_pair, total
from tests.oracle.expressions import Reading
from tests.oracle.frame import tree_of
from tests.oracle.order import compare, ordered
from tests.oracle.question import Line, Question

Keys = list[tuple[str, bool]]  #: keys of columns, each with whether it descends


def calculate(question: Question, lines: list[Line], calculations: Sequence[Calculation], order: Keys) -> None:
    """Add the calculations to the lines, each once those that it needs are there."""
    waiting = list(calculations)
    while waiting:
        names = {each.name for each in waiting}
        ready = [each for each in waiting if not _needs(each, order) & (names - {each.name})] or waiting[:1]
        known = [key for key, _ in order if key not in names]
        for each in ready:
            values = _values(question, lines, each, [pair for pair in order if pair[0] in known])
            for line, value in zip(lines, values, strict=True):
                line[each.name] = value
        waiting = [each for each in waiting if each not in ready]


def without(calculations: Sequence[Calculation], gone: set[str]) -> list[Calculation]:
    """The calculations but those called so, and those that are computed of what is gone."""
    left = [each for each in calculations if each.name not in gone and not _expression_names(each) & gone]
    lost = {each.name for each in calculations} - {each.name for each in left}
    return left if lost <= gone else without(calculations, gone | lost)


def asked_order(question: Question, keys: Sequence[str], *, leading: int = 0, available: Collection[str] = ()) -> Keys:
    """What lines are sorted by: the keys that have subtotals, what is asked for, and the keys."""
    asked = {sort.key: sort.descending for sort in question.definition.sort}
    wanted = dict.fromkeys([*keys[:leading], *asked, *keys])
    return [(key, asked.get(key, False)) for key in wanted if key in keys or key in available]


def in_order(question: Question, lines: list[Line], order: Keys) -> list[Line]:
    """The lines sorted; the one of all others comes after those it stands beside."""
    grouping, others = question.top_grouping, question.others
    keys: list[tuple[Any, bool]] = []
    merged = grouping.key if grouping is not None and others is not None else None
    alone = len(question.definition.groupings) == 1
    if merged is not None and alone and merged in (key for key, _ in order):
        keys.append((lambda line: line[merged] == others, False))
    for key, descending in order:
        if key == merged and not alone:
            keys.append((lambda line: line[merged] == others, False))
        keys.append((lambda line, key=key: line[key], descending))
    return ordered(lines, keys)


def _needs(calculation: Calculation, order: Keys) -> set[str]:
    if calculation.kind is CalculationKind.RUNNING_TOTAL:
        return {key for key, _ in order}
    return _expression_names(calculation)


def _expression_names(calculation: Calculation) -> set[str]:
    if calculation.kind is not CalculationKind.EXPRESSION:
        return set()
    return set(names_in(tree_of(calculation.expression or "")))


def _values(question: Question, lines: list[Line], calculation: Calculation, order: Keys) -> list[Any]:
    match calculation.kind:
        case CalculationKind.EXPRESSION:
            return [expression_value(question, calculation, line.__getitem__) for line in lines]
        case CalculationKind.RUNNING_TOTAL:
            return _running(question, lines, calculation, order)
        case CalculationKind.SHARE:
            return [_share(lines, calculation, line) for line in lines]
        case CalculationKind.RANK:
            return [_rank(lines, calculation, line) for line in lines]
        case _:
            return [_compared(calculation, line) for line in lines]


def expression_value(question: Question, calculation: Calculation, name: Any) -> Any:
    """The value of an expression whose names `name` knows."""
    reading = Reading(name=name, zone=question.moment.zone, calendar=question.moment.calendar)
    return reading.value(tree_of(calculation.expression or ""))


def _beside(lines: list[Line], calculation: Calculation, line: Line) -> list[Line]:
    """The lines of the group that a calculation begins anew for."""
    keys = [key for key in calculation.within if key in line]
    return [each for each in lines if all(each[key] == line[key] for key in keys)]


def _running(question: Question, lines: list[Line], calculation: Calculation, order: Keys) -> list[Any]:
    places = {id(line): place for place, line in enumerate(in_order(question, lines, order))}
    return [
        total(
            [
                each[calculation.of or ""]
                for each in _beside(lines, calculation, line)
                if places[id(each)] <= places[id(line)]
            ]
        )
        for line in lines
    ]


def _share(lines: list[Line], calculation: Calculation, line: Line) -> float | None:
    key = calculation.of or ""
    whole = total([each[key] for each in _beside(lines, calculation, line)])
    return None if line[key] is None or whole is None else divided(line[key], whole)


def _rank(lines: list[Line], calculation: Calculation, line: Line) -> int | None:
    value = line[calculation.of or ""]
    if value is None:
        return None
    others = [each[calculation.of or ""] for each in _beside(lines, calculation, line) if each is not line]
    return 1 + sum(other is not None and compare(other, value) > 0 for other in others)


def _compared(calculation: Calculation, line: Line) -> Any:
    value, previous = line[calculation.of or ""], line[calculation.of or "", calculation.against]
    if calculation.kind is CalculationKind.PREVIOUS:
        return previous
    if value is None or previous is None:
        return None
    one, other = number_pair(value, previous)
    change = one - other
    return change if calculation.kind is CalculationKind.CHANGE else divided(change, abs(other))
