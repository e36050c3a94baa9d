"""The measures of a summary: fields condensed, measures of the catalog, and those written down as an expression."""

from dataclasses import replace
from datetime import date
from functools import partial

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Measure, ReportDefinition
from core.domain.expression_types import ExpressionContext
from core.domain.field import Field, FieldType
from pages.widgets import draft as drafts
from pages.widgets import edits, words
from pages.widgets.app import broadsheet
from pages.widgets.expression_help import check, help_button, verdict
from pages.widgets.filter_list import filter_list
from pages.widgets.filter_place import inside_measure
from pages.widgets.property_rows import adder, drop, eyebrow, opener, row
from pages.widgets.result_edits import new_expression, with_aggregation

_CATALOG, _EXPRESSION = "catalog: ", "expression"


def measures_section(principal: Principal, dataset: Dataset, definition: ReportDefinition, today: date) -> None:
    """Draw the measures, the form of the one that is open, and what adds one."""
    eyebrow("Measures")
    for position, measure in enumerate(definition.measures):
        with row(f"measure_{position}"):
            _line(position, measure, dataset)
            is_open = opener(f"measure_{position}")
            drop(f"builder_unmeasure_{position}", partial(edits.set_measure, position=position, measure=None))
        if is_open:
            with st.container(key=f"builder_form_measure_{position}"):
                _form(principal, dataset, position, measure, today)
    adder("measure", "Add a measure", _offered(dataset), partial(_add, dataset=dataset))


def _line(position: int, measure: Measure, dataset: Dataset) -> None:
    field = dataset.field(measure.field) if measure.field else None
    plain = field is not None and measure.name is None and measure.label is None
    if field is not None and plain:
        _aggregation(position, measure, field, is_narrow=True)
        st.markdown(words.plain(field.label), width="stretch")
    else:
        st.markdown(words.plain(words.measure(measure, dataset)), width="stretch")


def _offered(dataset: Dataset) -> dict[str, str]:
    catalog = {f"{_CATALOG}{measure.name}": f"{measure.label} (of the catalog)" for measure in dataset.measures}
    fields = {field.name: field.label for field in dataset.fields if not field.is_hidden}
    return {"": f"Number of {dataset.row_noun}"} | catalog | fields | {_EXPRESSION: "An expression …"}


def _add(d: ReportDefinition, picked: str, *, dataset: Dataset) -> ReportDefinition:
    if picked == _EXPRESSION and dataset.field(picked) is None:
        return edits.add_measure(d, new_expression(d))
    if picked.startswith(_CATALOG):
        return edits.add_measure(d, Measure(dataset_measure=picked.removeprefix(_CATALOG)))
    field = dataset.field(picked)
    if field is None:
        return edits.add_measure(d, edits.COUNT)
    taken = {m.aggregation for m in d.measures if m.field == picked}
    free = [item for item in preferred(field) if item not in taken]
    return edits.add_measure(d, with_aggregation(Measure(field=picked), free[0])) if free else d


def preferred(field: Field) -> list[Aggregation]:
    """Return the aggregations of a field, the likeliest first."""
    first = Aggregation.SUM if field.type.is_number else Aggregation.COUNT_DISTINCT
    allowed = [item for item in broadsheet().reports.aggregations_for(field.type) if item is not Aggregation.COUNT]
    return sorted(allowed, key=lambda item: item is not first)


def _aggregation(position: int, measure: Measure, field: Field, *, is_narrow: bool) -> None:
    drafts.control(
        st.selectbox,
        f"How {words.plain(field.label)} is condensed",
        key=f"builder_aggregation_{position}_{field.name}",
        value=measure.aggregation,
        edit=lambda d, picked: edits.set_measure(d, position, with_aggregation(measure, picked)),
        options=preferred(field),
        format_func=lambda item: words.AGGREGATIONS[item],
        label_visibility="collapsed" if is_narrow else "visible",
        width=118 if is_narrow else "stretch",
    )


def _form(principal: Principal, dataset: Dataset, position: int, measure: Measure, today: date) -> None:
    label = words.measure(
        replace(measure, label=None, name=None if measure.expression is None else measure.name), dataset
    )
    drafts.control(
        st.text_input,
        "Called",
        key=f"builder_measure_{position}_label",
        value=measure.label or "",
        edit=lambda d, text: edits.set_measure(d, position, replace(measure, label=text.strip() or None)),
        placeholder=label,
        max_chars=100,
    )
    field = dataset.field(measure.field) if measure.field else None
    if field is not None and (measure.name or measure.label):
        _aggregation(position, measure, field, is_narrow=False)
    if measure.aggregation is Aggregation.PERCENTILE:
        _percent(position, measure)
    if measure.expression is not None:
        _expression(dataset, position, measure)
    eyebrow("Rows counted in")
    filter_list(principal, dataset, inside_measure(dataset, position, label), today)


def _percent(position: int, measure: Measure) -> None:
    drafts.control(
        st.number_input,
        "Percent",
        key=f"builder_measure_{position}_percent",
        value=measure.percent,
        edit=lambda d, n: edits.set_measure(d, position, replace(measure, percent=float(n if n is not None else 90))),
        min_value=0.0,
        max_value=100.0,
        step=5.0,
        format="%g",
        help="90: the value that 90 % of the values do not exceed.",
    )


def _expression(dataset: Dataset, position: int, measure: Measure) -> None:
    drafts.control(
        st.text_area,
        "Expression",
        key=f"builder_measure_{position}_expression",
        value=measure.expression,
        edit=lambda d, text: edits.set_measure(d, position, replace(measure, expression=text.strip() or "count()")),
        height=80,
        placeholder="sum(revenue) / count()",
    )
    types = {field.name: field.type for field in dataset.fields}
    known = {one.name: FieldType.DECIMAL for one in dataset.measures}
    verdict(*check(measure.expression or "", types, ExpressionContext.AGGREGATE, measures=known))
    labels = {field.name: field.label for field in dataset.fields} | {one.name: one.label for one in dataset.measures}
    help_button(labels, with_aggregates=True)
