"""Definitions over a dataset as hypothesis draws them: valid ones only, bounded, from every part of the language.

`definitions(dataset)` is all of it; a `Variety` leaves parts out and says which values conditions compare with, so that
a test that runs them can keep to what its data holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from core.domain.appearance import Chart, ChartKind, ColumnOption, FormatRule, RuleKind, Tone
from core.domain.dataset import Dataset
from core.domain.definition import (
    Calculation,
    CalculationKind,
    Comparison,
    Grouping,
    Measure,
    Period,
    Pivot,
    ReportDefinition,
    Sort,
    Top,
    Totals,
)
from core.domain.field import Field, FieldType
from core.domain.filter import Calendar, Grain, Operator
from core.domain.result import ResultColumn
from core.query.columns import calculation_column, known_columns
from tests.definition_variety import Variety
from tests.filter_strategies import Draw, FilterDrawing, windows
from tests.measure_strategies import MeasureDrawing, quoted

__all__ = ["Variety", "definitions", "windows"]
_BEGINS_ANEW = (CalculationKind.RUNNING_TOTAL, CalculationKind.SHARE, CalculationKind.RANK)


def definitions(dataset: Dataset, variety: Variety | None = None) -> st.SearchStrategy[ReportDefinition]:
    """Definitions that `dataset` can answer."""
    return _definitions(dataset, variety or Variety())


@st.composite
def _definitions(draw: Draw, dataset: Dataset, variety: Variety) -> ReportDefinition:
    asked = _Asking(draw, dataset, variety)
    kinds = [kind for kind, wanted in ((False, variety.with_rows), (True, variety.with_summaries)) if wanted]
    definition = asked.summary() if draw(st.sampled_from(kinds)) else asked.rows()
    definition = asked.with_calculations(asked.with_filters(definition))
    if definition.is_summary:
        definition = asked.with_shape(definition)
    definition = asked.with_order(definition)
    return asked.with_looks(definition) if variety.with_appearance else definition


class _Asking:
    """One definition under way."""

    def __init__(self, draw: Draw, dataset: Dataset, variety: Variety) -> None:
        fields = [each for each in dataset.fields if not each.is_hidden]
        self.draw = draw
        self.dataset = dataset
        self.variety = variety
        self._filters = FilterDrawing(draw=draw, fields=fields, variety=variety)
        self._measures = MeasureDrawing(draw=draw, dataset=dataset, variety=variety, filters=self._filters)

    def rows(self) -> ReportDefinition:
        names = st.sampled_from([each.name for each in self._filters.fields])
        columns = self.draw(st.lists(names, min_size=1, max_size=self.variety.columns, unique=True))
        return replace(self._empty(), columns=tuple(columns))

    def summary(self) -> ReportDefinition:
        drawn = [self._grouping() for _ in range(self.draw(st.integers(0, self.variety.groupings)))]
        groupings = {grouping.key: grouping for grouping in drawn}
        least = 0 if groupings else 1
        measures: dict[str, Measure] = {}
        for index in range(self.draw(st.integers(least, self.variety.measures))):
            measure = self._measures.measure(f"m{index}")
            measures[measure.key] = measure
        kpis = [
            self._measures.measure(f"k{index}", is_number=True)
            for index in range(self.draw(st.integers(0, 2)) if self.variety.with_kpis else 0)
        ]
        return replace(
            self._empty(),
            groupings=tuple(groupings.values()),
            measures=tuple(measures.values()),
            kpis=tuple({kpi.key: kpi for kpi in kpis}.values()),
        )

    def with_filters(self, definition: ReportDefinition) -> ReportDefinition:
        period = None
        temporal = [each for each in self._filters.fields if each.type.is_temporal]
        if self.variety.with_period and temporal and self.draw(st.booleans()):
            period = Period(
                field=self.draw(st.sampled_from(temporal)).name,
                window=self.draw(windows()),
                parameter=self._filters.window_parameter() if self._filters.asks() else None,
                against=self.draw(st.sampled_from(Comparison)),
            )
        filters = self._filters.group(self._filters.fields, self.variety.depth)
        return replace(definition, period=period, filters=filters, parameters=tuple(self._filters.parameters))

    def with_calculations(self, definition: ReportDefinition) -> ReportDefinition:
        kinds = [kind for kind in self.variety.calculation_kinds if self._is_possible(kind, definition)]
        if not kinds:
            return definition
        names = [f"c{index}" for index in range(self.draw(st.integers(0, self.variety.calculations)))]
        calculations = tuple(self._calculation(name, self.draw(st.sampled_from(kinds)), definition) for name in names)
        return replace(definition, calculations=calculations)

    def with_shape(self, definition: ReportDefinition) -> ReportDefinition:
        """Filters of the result, top, pivot and totals."""
        columns = self._columns(definition)
        measures = [columns[measure.key] for measure in definition.measures if columns[measure.key].type.is_number]
        if self.variety.with_result_filters and definition.measures:
            computed = [columns[key] for key in columns if key not in {g.key for g in definition.groupings}]
            fields = [Field(name=each.key, label=each.label, type=each.type) for each in computed]
            group = self._filters.group(fields, 1, with_parameters=False)
            definition = replace(definition, result_filters=group)
        if self.variety.with_top and definition.groupings and measures and self.draw(st.booleans()):
            definition = replace(definition, top=self._top(definition, columns, measures))
        if self.variety.with_pivot and definition.groupings and definition.measures and self.draw(st.booleans()):
            keys = st.sampled_from([grouping.key for grouping in definition.groupings])
            spread = self.draw(st.lists(keys, min_size=1, max_size=2, unique=True))
            definition = replace(definition, pivot=Pivot(groupings=tuple(spread), with_totals=self.draw(st.booleans())))
        if self.variety.with_totals and definition.measures:
            staying = len(definition.groupings) - len(definition.pivot.groupings if definition.pivot else ())
            subtotals = self.draw(st.integers(0, max(staying - 1, 0)))
            definition = replace(definition, totals=Totals(grand=self.draw(st.booleans()), subtotals=subtotals))
        return definition

    def with_order(self, definition: ReportDefinition) -> ReportDefinition:
        keys = [key for key in definition.column_keys if key not in _spread(definition)]
        if definition.pivot is not None:
            keys = [grouping.key for grouping in definition.groupings if grouping.key in keys]
        chosen = self._some(keys, self.variety.sorts)
        return replace(
            definition,
            sort=tuple(Sort(key=key, descending=self.draw(st.booleans())) for key in chosen),
            limit=self.draw(st.sampled_from(self.variety.limits)),
        )

    def with_looks(self, definition: ReportDefinition) -> ReportDefinition:
        columns = self._columns(definition)
        staying = [key for key in columns if key not in _spread(definition)]
        numbers = [key for key in staying if columns[key].type.is_number]
        options = [
            ColumnOption(
                key=key,
                label=self.draw(st.none() | st.just(f"Its {key}"[:100])),
                width=self.draw(st.none() | st.integers(1, 60)),
                is_hidden=self.draw(st.booleans()) and key != staying[0] if staying else False,
            )
            for key in self._some(staying, 2)
        ]
        chart = None
        if numbers and self.draw(st.booleans()):
            x = self.draw(st.sampled_from(staying))
            chart = Chart(kind=self.draw(st.sampled_from(ChartKind)), x=x, y=(self.draw(st.sampled_from(numbers)),))
        rules = tuple(self._rule(key) for key in self._some(numbers, 2))
        return replace(definition, options=tuple(options), chart=chart, rules=rules)

    def _empty(self) -> ReportDefinition:
        calendar = Calendar(
            week_start=self.draw(st.sampled_from((1, 6, 7))), fiscal_year_start=self.draw(st.sampled_from((1, 4, 10)))
        )
        timezone = self.draw(st.sampled_from(self.variety.timezones))
        return ReportDefinition(dataset_id=self.dataset.id, timezone=timezone, calendar=calendar)

    def _columns(self, definition: ReportDefinition) -> dict[str, ResultColumn]:
        """The columns of the result by key, computed ones last."""
        columns = known_columns(definition, self.dataset)
        for item in definition.calculations:
            columns[item.name] = calculation_column(item, self.dataset, columns, is_summary=definition.is_summary)
        return columns

    def _some(self, items: Sequence[Any], most: int) -> list[Any]:
        return self.draw(st.lists(st.sampled_from(items), max_size=most, unique=True)) if items else []

    def _grouping(self) -> Grouping:
        chosen = self.draw(st.sampled_from(self._filters.fields))
        grains: list[Grain] = []
        if chosen.type.is_temporal:
            grains = [g for g in self.variety.grains if chosen.type is FieldType.DATETIME or g is not Grain.HOUR_OF_DAY]
        return Grouping(field=chosen.name, grain=self.draw(st.sampled_from(grains)) if grains else None)

    def _is_possible(self, kind: CalculationKind, definition: ReportDefinition) -> bool:
        if kind is CalculationKind.EXPRESSION:
            return self.variety.with_expressions and bool(self._number_keys(definition))
        if kind.compares and (definition.period is None or not self.variety.with_comparisons):
            return False
        return bool(self._number_measures(definition))

    def _number_measures(self, definition: ReportDefinition) -> list[str]:
        columns = known_columns(definition, self.dataset)
        return [measure.key for measure in definition.measures if columns[measure.key].type.is_number]

    def _number_keys(self, definition: ReportDefinition) -> list[str]:
        """What an expression computes of: fields in a report of rows, otherwise columns of the result."""
        if not definition.is_summary:
            return [each.name for each in self._filters.fields if each.type.is_number]
        return [key for key, column in known_columns(definition, self.dataset).items() if column.type.is_number]

    def _calculation(self, name: str, kind: CalculationKind, definition: ReportDefinition) -> Calculation:
        if kind is CalculationKind.EXPRESSION:
            key = quoted(self.draw(st.sampled_from(self._number_keys(definition))))
            forms = (f"{key} * 2", f"{key} / 3", f"if({key} > 1, 'much', 'little')", f"coalesce({key}, 0) - 1")
            return Calculation(name=name, kind=kind, expression=self.draw(st.sampled_from(forms)))
        within = self._some([each.key for each in definition.groupings], 1) if kind in _BEGINS_ANEW else []
        against = self.draw(st.sampled_from(Comparison)) if kind.compares else Comparison.PREVIOUS_PERIOD
        of = self.draw(st.sampled_from(self._number_measures(definition)))
        return Calculation(name=name, kind=kind, of=of, within=tuple(within), against=against)

    def _top(
        self, definition: ReportDefinition, columns: Mapping[str, ResultColumn], measures: Sequence[ResultColumn]
    ) -> Top:
        key = self.draw(st.sampled_from([grouping.key for grouping in definition.groupings]))
        is_first = key == definition.groupings[0].key
        return Top(
            n=self.draw(st.integers(1, 4)),
            by=self.draw(st.sampled_from(measures)).key,
            grouping=None if is_first and self.draw(st.booleans()) else key,
            lowest=self.draw(st.booleans()),
            with_others=columns[key].type is FieldType.TEXT and self.draw(st.booleans()),
        )

    def _rule(self, key: str) -> FormatRule:
        kind = self.draw(st.sampled_from(RuleKind))
        if kind is not RuleKind.MARK:
            return FormatRule(key=key, kind=kind)
        operator = self.draw(st.sampled_from((Operator.GREATER, Operator.AT_MOST, Operator.IS)))
        return FormatRule(key=key, operator=operator, values=(1,), tone=self.draw(st.sampled_from(Tone)))


def _spread(definition: ReportDefinition) -> Sequence[str]:
    return definition.pivot.groupings if definition.pivot is not None else ()
