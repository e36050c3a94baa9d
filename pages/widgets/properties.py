"""The builder's right area: the shape of the result, its order and its limit, and what is computed of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition, Sort
from core.domain.result import Preview, ResultColumn
from pages.widgets import draft as drafts
from pages.widgets import edits, keys, words
from pages.widgets.app import broadsheet
from pages.widgets.calculations import calculations_section
from pages.widgets.columns_section import columns_section
from pages.widgets.layout_sections import across_section, top_section, totals_section
from pages.widgets.measures import measures_section
from pages.widgets.property_rows import adder, drop, eyebrow, row
from pages.widgets.rule_form import rules_section

_MODES = ("Summary", "Rows")
_MOST_SORTS = 3


def shape_panel(principal: Principal, dataset: Dataset, columns: Mapping[str, ResultColumn], today: date) -> None:
    """Draw what makes the table: summary or rows, groupings, measures, order, limit, and what is seldom needed."""
    definition = drafts.current().definition
    drafts.control(
        st.segmented_control,
        "Shape",
        key=keys.BUILDER_MODE,
        value=_MODES[0] if definition.is_summary else _MODES[1],
        edit=partial(_set_mode, dataset=dataset),
        options=_MODES,
        label_visibility="collapsed",
        required=True,
        width="stretch",
    )
    if definition.is_summary:
        measures_section(principal, dataset, definition, today)
    _sorts(definition, columns)
    _limit(definition)
    calculations_section(dataset, definition, columns)
    if definition.groupings and definition.measures:
        top_section(definition, columns)
        across_section(definition)
    if definition.measures:
        totals_section(definition, columns)
    columns_section(definition, columns)
    rules_section(principal, dataset, definition, columns)


def _set_mode(d: ReportDefinition, mode: str, *, dataset: Dataset) -> ReportDefinition:
    if mode == _MODES[0]:
        return d if d.is_summary else edits.to_summary(d, dataset)
    return edits.to_rows(d, dataset) if d.is_summary else d


def _sorts(definition: ReportDefinition, columns: Mapping[str, ResultColumn]) -> None:
    labels = {key: column.label for key, column in columns.items()}
    eyebrow("Order")
    for position, sort in enumerate(definition.sort):
        with row(f"sort_{position}"):
            st.markdown(words.plain(labels.get(sort.key, sort.key)), width="stretch")
            drafts.act(
                "",
                key=f"builder_direction_{position}",
                edit=lambda d, n=position, s=sort: edits.set_sort(d, n, replace(s, descending=not s.descending)),
                icon=":material/south:" if sort.descending else ":material/north:",
                help="Largest or latest first" if sort.descending else "Smallest or earliest first",
                type="tertiary",
            )
            drop(f"builder_unsort_{position}", partial(edits.set_sort, position=position, sort=None))
    taken = {sort.key for sort in definition.sort}
    keys_ = definition.column_keys
    if definition.pivot is not None:
        keys_ = tuple(g.key for g in definition.groupings if g.key not in definition.pivot.groupings)
    free = {key: labels.get(key, key) for key in keys_ if key not in taken}
    if len(definition.sort) < _MOST_SORTS:
        adder("sort", "Sort by", free, lambda d, key: edits.set_sort(d, len(d.sort), Sort(key=key)))


def _limit(definition: ReportDefinition) -> None:
    eyebrow("Most rows in the files")
    with row("limit"):
        drafts.control(
            st.number_input,
            "Most rows",
            key="builder_limit",
            value=definition.limit,
            edit=lambda d, limit: replace(d, limit=int(limit) if limit else d.limit),
            min_value=1,
            step=100,
            label_visibility="collapsed",
            placeholder="Every row",
            disabled=definition.limit is None,
            width="stretch",
        )
        drafts.control(
            st.toggle,
            "No limit",
            key="builder_lift",
            value=definition.limit is None,
            edit=lambda d, lifted: replace(d, limit=None if lifted else broadsheet().settings.row_limit_default),
            help="Lift the limit: the files hold every row that matches.",
        )


def limit_words(definition: ReportDefinition, preview: Preview) -> str:
    """Return what the files will hold, where that is not every row."""
    if definition.limit is None or preview.rows_matched <= definition.limit:
        return ""
    return f"Files hold the first {definition.limit:,} of {preview.rows_matched:,}."
