"""Columns computed of the result: running totals, shares, ranks, comparisons, and expressions."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import streamlit as st

from core.domain.dataset import Dataset
from core.domain.definition import Calculation, CalculationKind, Comparison, ReportDefinition
from core.domain.expression_types import ExpressionContext
from core.domain.result import ResultColumn
from pages.widgets import draft as drafts
from pages.widgets import words
from pages.widgets.expression_help import check, help_button, verdict
from pages.widgets.property_rows import adder, drop, opener, row, section
from pages.widgets.result_edits import BEGINS_ANEW, add_calculation, set_calculation

Columns = Mapping[str, ResultColumn]


def calculations_section(dataset: Dataset, definition: ReportDefinition, columns: Columns) -> None:
    """Draw what is computed, the form of the one that is open, and what adds one."""
    place = section("Computed columns", is_used=bool(definition.calculations))
    if not place.open:
        return
    with place:
        for position, calculation in enumerate(definition.calculations):
            column = columns.get(calculation.name)
            label = calculation.label or (column.label if column else words.CALCULATIONS[calculation.kind])
            with row(f"calculation_{position}"):
                st.markdown(words.plain(label), width="stretch")
                is_open = opener(f"calculation_{position}")
                drop(f"builder_uncompute_{position}", partial(set_calculation, position=position, calculation=None))
            if is_open:
                with st.container(key=f"builder_form_calculation_{position}"):
                    _form(dataset, definition, columns, position, calculation, label)
        kinds = {str(kind): words.CALCULATIONS[kind] for kind in _offered(definition)}
        adder("calculation", "Add a column", kinds, lambda d, kind: add_calculation(d, CalculationKind(kind)))
        if definition.measures and definition.period is None:
            st.caption("With a period, figures can be compared with the time before.")


def _offered(definition: ReportDefinition) -> list[CalculationKind]:
    if not definition.measures:
        return [CalculationKind.EXPRESSION] if definition.columns else []
    return [kind for kind in words.CALCULATIONS if definition.period is not None or not kind.compares]


def _form(
    dataset: Dataset,
    definition: ReportDefinition,
    columns: Columns,
    position: int,
    calculation: Calculation,
    label: str,
) -> None:
    key = f"builder_calculation_{position}"
    drafts.control(
        st.text_input,
        "Called",
        key=f"{key}_label",
        value=calculation.label or "",
        edit=lambda d, text: set_calculation(d, position, replace(calculation, label=text.strip() or None)),
        placeholder=label,
        max_chars=100,
    )
    if calculation.kind is CalculationKind.EXPRESSION:
        _expression(dataset, definition, columns, position, calculation)
        return
    drafts.control(
        st.selectbox,
        "Of",
        key=f"{key}_of",
        value=calculation.of,
        edit=lambda d, of: set_calculation(d, position, replace(calculation, of=of)),
        options=[measure.key for measure in definition.measures],
        format_func=lambda one: columns[one].label if one in columns else one,
    )
    if calculation.kind in BEGINS_ANEW and definition.groupings:
        drafts.control(
            st.multiselect,
            "Begins anew for each",
            key=f"{key}_within",
            value=list(calculation.within),
            edit=lambda d, within: set_calculation(d, position, replace(calculation, within=tuple(within))),
            options=[grouping.key for grouping in definition.groupings],
            format_func=lambda one: columns[one].label if one in columns else one,
            placeholder="Nothing: over all rows",
        )
    if calculation.kind.compares:
        drafts.control(
            st.selectbox,
            "Against",
            key=f"{key}_against",
            value=calculation.against,
            edit=lambda d, against: set_calculation(d, position, replace(calculation, against=against)),
            options=list(Comparison),
            format_func=lambda one: words.COMPARISONS[one],
        )


def _expression(
    dataset: Dataset, definition: ReportDefinition, columns: Columns, position: int, calculation: Calculation
) -> None:
    drafts.control(
        st.text_area,
        "Expression",
        key=f"builder_calculation_{position}_expression",
        value=calculation.expression,
        edit=lambda d, text: set_calculation(
            d, position, replace(calculation, expression=text.strip() or calculation.expression)
        ),
        height=80,
    )
    if definition.is_summary:
        known = {key: column for key, column in columns.items() if key != calculation.name}
        types = {key: column.type for key, column in known.items()}
        labels = {key: column.label for key, column in known.items()}
        verdict(*check(calculation.expression or "", types, ExpressionContext.RESULT))
    else:
        types = {field.name: field.type for field in dataset.fields}
        labels = {field.name: field.label for field in dataset.fields}
        verdict(*check(calculation.expression or "", types, ExpressionContext.ROW))
    help_button(labels, with_aggregates=False)
