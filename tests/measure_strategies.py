"""Measures as hypothesis draws them, of all three kinds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Measure
from core.domain.field import Field
from core.domain.filter import FilterGroup
from core.query.columns import measure_column
from core.query.field_rules import aggregated_type, aggregations_for
from tests.definition_variety import Variety
from tests.filter_strategies import Draw, FilterDrawing


@dataclass(kw_only=True)
class MeasureDrawing:
    """The measures of one definition under way."""

    draw: Draw
    dataset: Dataset
    variety: Variety
    filters: FilterDrawing

    def measure(self, name: str, *, is_number: bool = False) -> Measure:
        """A measure; its key is `name` where it needs one of its own."""
        fields = [each for each in self.filters.fields if each.type.is_number]
        known = [Measure(dataset_measure=each.name) for each in self.dataset.measures]
        known = [each for each in known if not is_number or measure_column(each, self.dataset).type.is_number]
        ways = [self._aggregation(is_number=is_number)]
        if known:
            ways.append(st.sampled_from(known))
        if self.variety.with_expressions and fields:
            ways.append(st.builds(Measure, expression=_aggregate_expressions(fields), name=st.just(name)))
        measure: Measure = self.draw(st.one_of(ways))
        if self.variety.with_measure_filters and self.draw(st.integers(0, 3)) == 0:
            asks = self.variety.with_parameters
            filters = FilterGroup(items=(self.filters.condition(self.filters.fields, with_parameters=asks),))
            measure = replace(measure, filters=filters, name=name)
        return measure

    def _aggregation(self, *, is_number: bool) -> st.SearchStrategy[Measure]:
        """Every aggregation of every field that takes it, and the count of rows."""
        fitting = [
            Measure(aggregation=kind, field=each.name, percent=percent)
            for each in self.filters.fields
            for kind in aggregations_for(each.type)
            for percent in ((10.0, 90.0, 99.5) if kind is Aggregation.PERCENTILE else (None,))
            if kind in self.variety.aggregations and (not is_number or aggregated_type(kind, each.type).is_number)
        ]
        return st.sampled_from([Measure(aggregation=Aggregation.COUNT), *fitting])


def _aggregate_expressions(numbers: Sequence[Field]) -> st.SearchStrategy[str]:
    forms = (
        "sum({0}) / count()",
        "max({0}) - min({0})",
        "sum(if({0} > 0, {0}, 0))",
        "count_distinct({0}) + 1",
        "coalesce(sum({0}), 0)",
    )
    names = [quoted(each.name) for each in numbers]
    return st.builds(str.format, st.sampled_from(forms), st.sampled_from(names))


def quoted(name: str) -> str:
    """The name as expressions take any."""
    return "[" + name.replace("]", "]]") + "]"
