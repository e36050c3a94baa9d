"""Figures over the rows of a group, and the types they have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.domain.definition import Aggregation, Measure
from core.domain.expression import Call, Expression, Name, Number, names_in
from core.domain.expression_types import ExpressionContext, type_of
from core.domain.field import FieldType
from core.domain.filter import FilterGroup
from tests.oracle.arithmetic import average, percentile, total
from tests.oracle.expressions import Reading
from tests.oracle.filters import Moment, holds
from tests.oracle.frame import Frame, Row, tree_of
from tests.oracle.order import Value

_DOUBLES = (Aggregation.AVERAGE, Aggregation.MEDIAN, Aggregation.PERCENTILE)
_COUNTS = (Aggregation.COUNT, Aggregation.COUNT_DISTINCT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Measures over rows of a frame."""

    frame: Frame
    moment: Moment

    def value(self, measure: Measure, rows: Sequence[Row]) -> Value:
        """A measure over the rows of a group."""
        rows = [row for row in rows if self._holds(measure.filters, row)]
        if measure.dataset_measure is not None:
            return self.value(self._known(measure.dataset_measure), rows)
        if measure.expression is not None:
            return self._expression(tree_of(measure.expression), rows)
        assert measure.aggregation is not None
        operand = None if measure.field is None else Name(name=measure.field)
        return self._aggregate(measure.aggregation, operand, rows, measure.percent)

    def kind(self, measure: Measure) -> FieldType:
        """The type of a measure's values."""
        if measure.dataset_measure is not None:
            return self.kind(self._known(measure.dataset_measure))
        if measure.expression is not None:
            tree = tree_of(measure.expression)
            known = [each for each in self.frame.dataset.measures if each.name in names_in(tree)]
            measures = {each.name: self.kind(each.measure) for each in known}
            fields = {each.name: each.type for each in self.frame.dataset.fields}
            return type_of(tree, fields, ExpressionContext.AGGREGATE, measures=measures)
        if measure.aggregation in _COUNTS:
            return FieldType.INTEGER
        return FieldType.DECIMAL if measure.aggregation in _DOUBLES else self.frame.kind(measure.field or "")

    def fields(self, measure: Measure) -> set[str]:
        """The fields that a measure reads."""
        names = filter_fields(measure.filters)
        if measure.dataset_measure is not None:
            return names | self.fields(self._known(measure.dataset_measure))
        if measure.field is not None:
            return names | {measure.field}
        if measure.expression is None:
            return names
        mentioned = names_in(tree_of(measure.expression))
        own = {each.name for each in self.frame.dataset.fields}
        for each in self.frame.dataset.measures:
            if each.name in mentioned:
                names |= self.fields(each.measure)
        return names | (mentioned & own)

    def _known(self, name: str) -> Measure:
        return next(each.measure for each in self.frame.dataset.measures if each.name == name)

    def _holds(self, group: FilterGroup, row: Row) -> bool:
        return holds(group, lambda name: (row[name], self.frame.kind(name)), self.moment)

    def _expression(self, tree: Expression, rows: Sequence[Row]) -> Any:
        def aggregate(call: Call) -> Value:
            percent = call.arguments[1] if len(call.arguments) > 1 else None
            share = float(percent.value) if isinstance(percent, Number) else None
            operand = call.arguments[0] if call.arguments else None
            return self._aggregate(Aggregation(call.function), operand, rows, share)

        reading = Reading(
            name=lambda name: self.value(self._known(name), rows),
            aggregate=aggregate,
            zone=self.frame.zone,
            calendar=self.frame.calendar,
        )
        return reading.value(tree)

    def _aggregate(
        self, aggregation: Aggregation, operand: Expression | None, rows: Sequence[Row], percent: float | None
    ) -> Value:
        names = names_in(operand) if operand is not None else frozenset[str]()
        tables = self.frame.counted(names)
        once = {tuple(map(row.places.get, tables)): row for row in rows}.values()
        if operand is None:
            return len(once)
        values = [self._operand(operand, row) for row in once]
        return condensed(aggregation, [value for value in values if value is not None], percent)

    def _operand(self, operand: Expression, row: Row) -> Any:
        reading = Reading(name=lambda name: row[name], zone=self.frame.zone, calendar=self.frame.calendar)
        return reading.value(operand)


def condensed(aggregation: Aggregation, values: list[Any], percent: float | None) -> Value:
    """An aggregate of the values that are there."""
    match aggregation:
        case Aggregation.COUNT:
            return len(values)
        case Aggregation.COUNT_DISTINCT:
            return len(set(values))
        case Aggregation.SUM:
            return total(values)
        case Aggregation.AVERAGE:
            return average(values)
        case Aggregation.MEDIAN:
            return percentile(values, 0.5)
        case Aggregation.PERCENTILE:
            return percentile(values, (percent or 0) / 100)
        case _:
            in_order = sorted(values)
            return None if not values else in_order[0 if aggregation is Aggregation.MIN else -1]


def filter_fields(group: FilterGroup) -> set[str]:
    """The fields that a filter names."""
    names: set[str] = set()
    for item in group.items:
        names |= filter_fields(item) if isinstance(item, FilterGroup) else {item.field}
    return names
