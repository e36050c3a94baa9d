"""A definition with its rows: groups of them, measured, as lines that know their values by key."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.domain.definition import CalculationKind, Comparison, Grouping, Measure, ReportDefinition
from core.domain.expression import names_in
from core.domain.field import FieldType
from core.domain.filter import Grain
from tests.oracle.buckets import bucket
from tests.oracle.comparison import Side, sides_of
from tests.oracle.filters import Moment, holds
from tests.oracle.frame import Frame, Row, tree_of
from tests.oracle.measures import Figures, filter_fields
from tests.oracle.order import Value

#: Values by the keys of columns; those of a span compared with by the measure's key and what it is against.
Line = dict[str | tuple[str, Comparison], Any]
_OTHERS = ("Others", "All others", "All other values")


@dataclass(slots=True, kw_only=True)
class Question:
    """A definition over a frame at one moment."""

    definition: ReportDefinition
    frame: Frame
    moment: Moment
    top_keys: list[Value] | None = None  #: once they are known
    _rows: dict[Comparison | None, list[Row]] = field(default_factory=dict)

    @property
    def figures(self) -> Figures:
        return Figures(frame=self.frame, moment=self.moment)

    @property
    def sides(self) -> list[Side]:
        return sides_of(self.definition, self.moment)

    @property
    def top_grouping(self) -> Grouping | None:
        top = self.definition.top
        if top is None:
            return None
        keys = {grouping.key: grouping for grouping in self.definition.groupings}
        return keys[top.grouping] if top.grouping else self.definition.groupings[0]

    @property
    def others(self) -> str | None:
        """What all values but the top ones are called, where they are shown."""
        top = self.definition.top
        if top is None or not top.with_others or self.top_keys is None:
            return None
        return next(label for label in _OTHERS if label not in self.top_keys)

    def rows(self, side: Side) -> list[Row]:
        """The rows of one span that the filters hold for."""
        if side.against not in self._rows:
            found = self.frame.rows(self.used())
            self._rows[side.against] = [row for row in found if self._matches(row, side)]
        return self._rows[side.against]

    def used(self) -> set[str]:
        """The fields whose tables have to be joined."""
        definition = self.definition
        names = filter_fields(definition.filters) | {each.field for each in definition.groupings}
        names |= set(definition.columns)
        for measure in definition.measures:
            names |= self.figures.fields(measure)
        if definition.period is not None:
            names.add(definition.period.field)
        if not definition.is_summary:
            for each in definition.calculations:
                if each.kind is CalculationKind.EXPRESSION:
                    names |= names_in(tree_of(each.expression or ""))
        return names

    def key(self, row: Row, grouping: Grouping, side: Side) -> Value:
        """What a row is grouped under."""
        value = self._raw_key(row, grouping, side)
        if self.others is not None and grouping == self.top_grouping and value not in (self.top_keys or ()):
            return self.others
        return value

    def lines(
        self,
        groupings: Sequence[Grouping],
        measures: Sequence[Measure],
        *,
        sides: Sequence[Side] | None = None,
        kept: Collection[tuple[Value, ...]] | None = None,
    ) -> list[Line]:
        """A line for each group. `kept`: only rows of these groups of the whole definition are read."""
        sides = self.sides if sides is None else sides
        groups: dict[tuple[Value, ...], dict[Comparison | None, list[Row]]] = {} if groupings else {(): {}}
        for side in sides:
            for row in self.rows(side):
                if self._is_read(row, side, kept):
                    key = tuple(self.key(row, grouping, side) for grouping in groupings)
                    groups.setdefault(key, {}).setdefault(side.against, []).append(row)
        return [self._line(key, by_side, groupings, measures, sides) for key, by_side in groups.items()]

    def kind(self, grouping: Grouping) -> FieldType:
        """The type of a grouping's values."""
        if grouping.grain is None:
            return self.frame.kind(grouping.field)
        if grouping.grain is Grain.ISO_WEEK:
            return FieldType.TEXT
        return FieldType.INTEGER if grouping.grain.unit is None else FieldType.DATE

    def _line(
        self,
        key: tuple[Value, ...],
        by_side: dict[Comparison | None, list[Row]],
        groupings: Sequence[Grouping],
        measures: Sequence[Measure],
        sides: Sequence[Side],
    ) -> Line:
        line: Line = {grouping.key: value for grouping, value in zip(groupings, key, strict=True)}
        for measure in measures:
            line[measure.key] = self.figures.value(measure, by_side.get(None, []))
            for side in sides:
                if side.against is not None:
                    line[measure.key, side.against] = self.figures.value(measure, by_side.get(side.against, []))
        return line

    def _matches(self, row: Row, side: Side) -> bool:
        period = self.definition.period
        if period is not None and side.days is not None:
            value: Any = row[period.field]
            if value is None or not self.moment.is_within(value, side.days):
                return False
        return holds(self.definition.filters, lambda name: (row[name], self.frame.kind(name)), self.moment)

    def _is_read(self, row: Row, side: Side, kept: Collection[tuple[Value, ...]] | None) -> bool:
        grouping = self.top_grouping
        is_cut = grouping is not None and self.top_keys is not None and self.others is None
        if is_cut and self._raw_key(row, grouping, side) not in self.top_keys:
            return False
        return kept is None or tuple(self.key(row, each, side) for each in self.definition.groupings) in kept

    def _raw_key(self, row: Row, grouping: Grouping, side: Side) -> Value:
        value: Any = row[grouping.field]
        if grouping.grain is None:
            return value  # type: ignore[no-any-return]
        period = self.definition.period
        shift = side.shift if period is not None and period.field == grouping.field else None
        return bucket(value, grouping.grain, self.moment.zone, self.moment.calendar, shift)
