"""What is seldom needed of a summary: the highest values with all others as one, columns across, totals."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from core.domain.definition import ReportDefinition
from core.domain.field import FieldType
from core.domain.result import ResultColumn
from pages.widgets import draft as drafts
from pages.widgets.property_rows import row, section
from pages.widgets.result_edits import set_pivot, set_top, set_totals

Columns = Mapping[str, ResultColumn]
_DIRECTIONS = ("Highest", "Lowest")


def top_section(definition: ReportDefinition, columns: Columns) -> None:
    """Draw whether only some values of a grouping are shown."""
    place = section("Highest or lowest values", is_used=definition.top is not None)
    if not place.open:
        return
    with place:
        drafts.control(
            st.toggle,
            "Only some values",
            key="builder_top",
            value=definition.top is not None,
            edit=lambda d, on: set_top(d) if on else replace(d, top=None),
        )
        if definition.top is not None:
            _top(definition, columns)


def _top(definition: ReportDefinition, columns: Columns) -> None:
    top = definition.top
    if top is None:
        return
    with row("top"):
        drafts.control(
            st.segmented_control,
            "Which",
            key="builder_top_which",
            value=_DIRECTIONS[int(top.lowest)],
            edit=lambda d, which: set_top(d, lowest=which == _DIRECTIONS[1]),
            options=_DIRECTIONS,
            label_visibility="collapsed",
            required=True,
        )
        drafts.control(
            st.number_input,
            "How many",
            key="builder_top_n",
            value=top.n,
            edit=lambda d, n: set_top(d, n=int(n or 1)),
            min_value=1,
            max_value=100_000,
            step=1,
            label_visibility="collapsed",
            width=140,
        )
    groups = [grouping.key for grouping in definition.groupings]
    _choice("Values of", "grouping", top.grouping or groups[0], groups, columns)
    numbers = [m.key for m in definition.measures if m.key not in columns or columns[m.key].type.is_number]
    _choice("By", "by", top.by, numbers, columns)
    shown = columns.get(top.grouping or groups[0])
    if top.with_others or (shown is not None and shown.type is FieldType.TEXT):
        drafts.control(
            st.checkbox,
            "All others as one line",
            key="builder_top_others",
            value=top.with_others,
            edit=lambda d, on: set_top(d, with_others=on),
        )


def _choice(label: str, part: str, value: str, options: list[str], columns: Columns) -> None:
    drafts.control(
        st.selectbox,
        label,
        key=f"builder_top_{part}",
        value=value,
        edit=lambda d, picked: set_top(d, **{part: picked}),
        options=options,
        format_func=lambda key: columns[key].label if key in columns else key,
    )


def across_section(definition: ReportDefinition) -> None:
    """Draw whether groupings that became columns have one for all of them together."""
    pivot = definition.pivot
    if pivot is None:
        return
    drafts.control(
        st.checkbox,
        "A column for all columns together",
        key="builder_pivot_totals",
        value=pivot.with_totals,
        edit=lambda d, on: set_pivot(d, pivot.groupings, with_totals=on),
    )


def totals_section(definition: ReportDefinition, columns: Columns) -> None:
    """Draw which totals stand below the rows."""
    totals = definition.totals
    spread = definition.pivot.groupings if definition.pivot else ()
    staying = [grouping.key for grouping in definition.groupings if grouping.key not in spread]
    place = section("Totals", is_used=totals.grand or totals.subtotals > 0)
    if not place.open:
        return
    with place:
        drafts.control(
            st.toggle,
            "A total of all rows",
            key="builder_totals_grand",
            value=totals.grand,
            edit=lambda d, on: set_totals(d, grand=on),
            help="Counts every row that matches, those beyond the limit too.",
        )
        if len(staying) < 2:
            return
        labels = [columns[key].label if key in columns else key for key in staying]
        drafts.control(
            st.selectbox,
            "Subtotals",
            key="builder_totals_sub",
            value=totals.subtotals,
            edit=lambda d, n: set_totals(d, subtotals=int(n)),
            options=list(range(len(staying))),
            format_func=lambda n: "None" if not n else f"For each {', '.join(labels[:n])}",
        )
