"""The builder's right area: the shape of the result, its order and its limit, and what is computed of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset
from core.domain.definition import Grouping, ReportDefinition, Sort
from core.domain.field import Field, FieldType
from core.domain.filter import Grain
from core.domain.result import Preview, ResultColumn
from pages.widgets import draft as drafts
from pages.widgets import edits, keys, words
from pages.widgets.app import broadsheet
from pages.widgets.calculations import calculations_section
from pages.widgets.columns_section import columns_section
from pages.widgets.layout_sections import pivot_section, top_section, totals_section
from pages.widgets.measures import measures_section
from pages.widgets.property_rows import adder, drop, eyebrow, row

_MODES = ("Summary", "Rows")
_MOST_SORTS = 3
_TIMES = (Grain.HOUR_OF_DAY,)


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
        _groupings(dataset, definition)
        measures_section(principal, dataset, definition, today)
    else:
        _columns(dataset, definition)
    _sorts(definition, columns)
    _limit(definition)
    calculations_section(dataset, definition, columns)
    if definition.groupings and definition.measures:
        top_section(definition, columns)
        pivot_section(definition, columns)
    if definition.measures:
        totals_section(definition, columns)
    columns_section(definition, columns)


def _set_mode(d: ReportDefinition, mode: str, *, dataset: Dataset) -> ReportDefinition:
    if mode == _MODES[0]:
        return d if d.is_summary else edits.to_summary(d, dataset)
    return edits.to_rows(d, dataset) if d.is_summary else d


def _groupings(dataset: Dataset, definition: ReportDefinition) -> None:
    eyebrow("Group by")
    for position, grouping in enumerate(definition.groupings):
        field = dataset.field(grouping.field)
        with row(f"grouping_{position}"):
            st.markdown(words.plain(field.label if field else grouping.field), width="stretch")
            if field and field.type.is_temporal:
                _grain(position, grouping, field)
            if position:
                up = partial(edits.move_grouping_up, position=position)
                drafts.act("", key=f"builder_up_{position}", edit=up, icon=":material/arrow_upward:", type="tertiary")
            drop(f"builder_ungroup_{position}", partial(edits.set_grouping, position=position, grouping=None))
    free = {
        field.name: field.label
        for field in dataset.fields
        if not field.is_measure and not field.is_hidden and not edits.uses(definition, field)
    }
    adder("grouping", "Add a grouping", free, partial(_add_grouping, dataset=dataset))


def _add_grouping(d: ReportDefinition, name: str, *, dataset: Dataset) -> ReportDefinition:
    field = dataset.field(name)
    return replace(d, groupings=(*d.groupings, edits.grouping_of(field))) if field else d


def _grain(position: int, grouping: Grouping, field: Field) -> None:
    suits = [grain for grain in Grain if field.type is FieldType.DATETIME or grain not in _TIMES]
    drafts.control(
        st.selectbox,
        "Grain",
        key=f"builder_grain_{position}_{grouping.field}",
        value=grouping.grain,
        edit=lambda d, grain: edits.set_grouping(d, position, replace(grouping, grain=grain)),
        options=[*suits, None],
        format_func=lambda grain: f"by {words.GRAINS[grain]}" if grain else "exact",
        label_visibility="collapsed",
        width=118,
    )


def _columns(dataset: Dataset, definition: ReportDefinition) -> None:
    labels = {
        field.name: field.label for field in dataset.fields if not field.is_hidden or field.name in definition.columns
    }
    drafts.control(
        st.multiselect,
        "Columns, in order",
        key="builder_columns",
        value=list(definition.columns),
        edit=lambda d, names: edits.tidy(replace(d, columns=tuple(names)), d),
        options=list(labels),
        format_func=lambda name: labels.get(name, name),
    )


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
