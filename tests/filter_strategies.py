"""Filters as hypothesis draws them: windows, conditions that fit their fields, and groups of them, with parameters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from core.domain.definition import Parameter, ParameterType
from core.domain.field import Field, FieldType
from core.domain.filter import Condition, DateUnit, DateWindow, FilterGroup, Match, Operator, Scalar, WindowKind
from core.query.field_rules import VALUE_COUNTS, operators_for
from tests.definition_variety import DEFAULT_VALUES, Variety

Draw = Callable[[st.SearchStrategy[Any]], Any]
_WINDOWS = (Operator.IN_WINDOW, Operator.NOT_IN_WINDOW)
_RANGES = (Operator.BETWEEN, Operator.NOT_BETWEEN)


@st.composite
def windows(draw: Draw) -> DateWindow:
    """Windows of every kind, near 2026 where they are fixed."""
    kind = draw(st.sampled_from(WindowKind))
    if kind is WindowKind.BETWEEN:
        first_on = date(2025, 12, 1) + timedelta(days=draw(st.integers(0, 400)))
        return DateWindow(kind=kind, first_on=first_on, last_on=first_on + timedelta(days=draw(st.integers(0, 90))))
    moves = draw(st.booleans())
    return DateWindow(
        kind=kind,
        n=draw(st.integers(1, 12)) if kind in (WindowKind.LAST, WindowKind.NEXT) else 1,
        unit=draw(st.sampled_from(DateUnit)),
        include_current=draw(st.booleans()) if kind in (WindowKind.LAST, WindowKind.NEXT) else False,
        offset=draw(st.integers(-3, 3)) if moves else 0,
        offset_unit=draw(st.sampled_from(DateUnit)) if moves else DateUnit.YEAR,
    )


@dataclass(kw_only=True)
class FilterDrawing:
    """The filters of one definition under way, and the parameters that they ask for."""

    draw: Draw
    fields: Sequence[Field]  #: of the dataset
    variety: Variety
    parameters: list[Parameter] = field(default_factory=list)

    def group(self, fields: Sequence[Field], depth: int, *, with_parameters: bool | None = None) -> FilterGroup:
        asks = self.variety.with_parameters if with_parameters is None else with_parameters
        items: list[Condition | FilterGroup] = []
        for _ in range(self.draw(st.integers(0, self.variety.items))):
            if depth > 1 and self.draw(st.integers(0, 3)) == 0:
                items.append(self.group(fields, depth - 1, with_parameters=asks))
            else:
                items.append(self.condition(fields, with_parameters=asks))
        return FilterGroup(match=self.draw(st.sampled_from(Match)), items=tuple(items))

    def condition(self, fields: Sequence[Field], *, with_parameters: bool) -> Condition:
        chosen = self.draw(st.sampled_from(fields))
        known = [operator for operator in operators_for(chosen.type) if operator in self.variety.operators]
        operator = self.draw(st.sampled_from(known or [Operator.IS_NOT_EMPTY]))
        asks = with_parameters and self.asks()
        if operator in _WINDOWS:
            if asks:
                return Condition(field=chosen.name, operator=operator, parameter=self.window_parameter())
            return Condition(field=chosen.name, operator=operator, window=self.draw(windows()))
        values = self._values(chosen, operator)
        if asks and values:
            return Condition(field=chosen.name, operator=operator, parameter=self._parameter(chosen, operator, values))
        ignore = self.draw(st.sampled_from((None, None, True, False))) if chosen.type is FieldType.TEXT else None
        return Condition(field=chosen.name, operator=operator, values=values, ignore_case=ignore)

    def _values(self, chosen: Field, operator: Operator) -> tuple[Scalar, ...]:
        least, most = VALUE_COUNTS[operator]
        known = self.variety.values.get(chosen.name, DEFAULT_VALUES[chosen.type])
        if operator in _RANGES:
            # Both are values of the field in the order given, which a Variety keeps ascending.
            low, high = sorted(self.draw(st.tuples(*[st.integers(0, len(known) - 1)] * 2)))
            return known[low], known[high]
        count = least if most is not None else self.draw(st.integers(least, 3))
        return tuple(self.draw(st.sampled_from(known)) for _ in range(count))

    def asks(self) -> bool:
        return self.variety.with_parameters and bool(self.draw(st.integers(0, 3)) == 0)

    def _parameter(self, chosen: Field, operator: Operator, values: tuple[Scalar, ...]) -> str:
        name = f"p{len(self.parameters)}"
        by_field = chosen in self.fields and self.draw(st.booleans())
        self.parameters.append(
            Parameter(
                name=name,
                label=f"Parameter {name}",
                field=chosen.name if by_field else None,
                value_type=None if by_field else chosen.type,
                is_list=VALUE_COUNTS[operator][1] != 1,
                default=values if self.draw(st.booleans()) else (),
            )
        )
        return name

    def window_parameter(self) -> str:
        name = f"p{len(self.parameters)}"
        default = self.draw(windows()) if self.draw(st.booleans()) else None
        self.parameters.append(
            Parameter(name=name, label=f"Parameter {name}", type=ParameterType.WINDOW, default_window=default)
        )
        return name
