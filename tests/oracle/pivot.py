"""Values of groupings spread over columns."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.domain.definition import Calculation, Grouping, ReportDefinition
from tests.oracle.calculations import asked_order, calculate, in_order, without
from tests.oracle.order import Value
from tests.oracle.question import Line, Question

MOST_COLUMNS = 100


class TooManyColumns(Exception):
    """The pivot would make more columns than anybody reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What becomes of columns: the groupings that stay, and the combinations of values of the others."""

    staying: list[Grouping]
    spread: list[Grouping]
    combinations: list[tuple[Value, ...]]
    value_keys: list[str]  #: of measures and calculations
    with_totals: bool

    @property
    def columns(self) -> list[str]:
        """The keys of the result's columns."""
        keys = [grouping.key for grouping in self.staying]
        keys += [spread_key(key, each) for each in self.combinations for key in self.value_keys]
        return keys + (self.value_keys if self.with_totals else [])


def spread_of(question: Question, cells: list[Line]) -> Spread:
    """The columns that the cells of a pivot make. Raises TooManyColumns."""
    definition = question.definition
    assert definition.pivot is not None
    by_key = {grouping.key: grouping for grouping in definition.groupings}
    spread = [by_key[key] for key in definition.pivot.groupings]
    staying = [grouping for grouping in definition.groupings if grouping not in spread]
    keys = [grouping.key for grouping in spread]
    found = {tuple(cell[key] for key in keys): cell for cell in cells}
    order = [(key, False) for key in keys]
    combinations = [tuple(cell[key] for key in keys) for cell in in_order(question, list(found.values()), order)]
    value_keys = _value_keys(definition)
    if len(combinations) * len(value_keys) > MOST_COLUMNS:
        raise TooManyColumns
    return Spread(
        staying=staying,
        spread=spread,
        combinations=combinations,
        value_keys=value_keys,
        with_totals=definition.pivot.with_totals or not (staying or combinations),
    )


def pivoted(
    question: Question,
    cells: list[Line],
    spread: Spread,
    calculations: Sequence[Calculation],
    *,
    staying: Sequence[Grouping],
    kept: Collection[tuple[Value, ...]] | None,
) -> list[dict[str, Any]]:
    """A line for each group of those that stay: the cells by the keys of their columns, and totals over all of them."""
    keys = [grouping.key for grouping in staying]
    spread_keys = [grouping.key for grouping in spread.spread]
    lines: dict[tuple[Value, ...], dict[str, Any]] = {} if keys else {(): {}}
    # 0.0 and 0.00 are one value, and so one column.
    written = {combination: combination for combination in spread.combinations}
    for cell in cells:
        line = lines.setdefault(tuple(cell[key] for key in keys), {key: cell[key] for key in keys})
        combination = written[tuple(cell[key] for key in spread_keys)]
        line.update({spread_key(key, combination): cell.get(key) for key in spread.value_keys})
    if spread.with_totals:
        whole = question.lines(staying, question.definition.measures, kept=kept)
        calculate(question, whole, narrowed(calculations, set(spread_keys)), asked_order(question, keys))
        for total in whole:
            line = lines.setdefault(tuple(total[key] for key in keys), {key: total[key] for key in keys})
            line.update({key: total.get(key) for key in spread.value_keys})
    return list(lines.values())


def narrowed(calculations: Sequence[Calculation], gone: set[str]) -> list[Calculation]:
    """The calculations that make sense without the groupings that are gone, beginning anew within the others."""
    left = without(calculations, gone)
    return [replace(each, within=tuple(key for key in each.within if key not in gone)) for each in left]


def spread_key(key: str, combination: Sequence[Value]) -> str:
    r"""The key of a column: `sum__amount|DE`; `\N` stands for nothing."""
    return "|".join([key, *map(_written, combination)])


def _written(value: Value) -> str:
    if value is None:
        return "\\N"
    return str(value).lower() if isinstance(value, bool) else str(value).replace("\\", "\\\\")


def _value_keys(definition: ReportDefinition) -> list[str]:
    return [each.key for each in definition.measures] + [each.name for each in definition.calculations]
