"""The builder's right area: the shape of the result, its order and its limit."""

from dataclasses import replace
from functools import partial

import streamlit as st

from core.domain.dataset import Dataset, Field
from core.domain.definition import Aggregation, Grouping, Measure, ReportDefinition, Sort
from core.domain.filter import DateUnit
from core.domain.result import Preview
from pages.widgets import draft as drafts
from pages.widgets import edits, keys, words
from pages.widgets.app import broadsheet

_MODES = ("Summary", "Rows")
_MOST_SORTS = 3


def shape_panel(dataset: Dataset, labels: dict[str, str]) -> None:
    """Draw what makes the table: summary or rows, groupings, measures, order, limit."""
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
        _measures(dataset, definition)
    else:
        _columns(dataset, definition)
    _sorts(definition, labels)
    _limit(definition)


def _set_mode(d: ReportDefinition, mode: str, *, dataset: Dataset) -> ReportDefinition:
    if mode == _MODES[0]:
        return d if d.is_summary else edits.to_summary(d, dataset)
    return edits.to_rows(d, dataset) if d.is_summary else d


def _groupings(dataset: Dataset, definition: ReportDefinition) -> None:
    st.html('<div class="bs-eyebrow">Group by</div>')
    for position, grouping in enumerate(definition.groupings):
        field = dataset.field(grouping.field)
        with _row(f"grouping_{position}"):
            st.markdown(field.label if field else grouping.field, width="stretch")
            if field and field.type.is_temporal:
                _grain(position, grouping)
            if position:
                up = partial(edits.move_grouping_up, position=position)
                drafts.act("", key=f"builder_up_{position}", edit=up, icon=":material/arrow_upward:", type="tertiary")
            _drop(f"builder_ungroup_{position}", partial(edits.set_grouping, position=position, grouping=None))
    free = {
        field.name: field.label
        for field in dataset.fields
        if not field.is_measure and not edits.uses(definition, field)
    }
    _adder("grouping", "Add a grouping", free, partial(_add_grouping, dataset=dataset))


def _add_grouping(d: ReportDefinition, name: str, *, dataset: Dataset) -> ReportDefinition:
    field = dataset.field(name)
    return replace(d, groupings=(*d.groupings, edits.grouping_of(field))) if field else d


def _grain(position: int, grouping: Grouping) -> None:
    drafts.control(
        st.selectbox,
        "Grain",
        key=f"builder_grain_{position}_{grouping.field}",
        value=grouping.grain,
        edit=lambda d, grain: edits.set_grouping(d, position, replace(grouping, grain=grain)),
        options=[*DateUnit, None],
        format_func=lambda grain: f"by {grain}" if grain else "exact",
        label_visibility="collapsed",
        width=118,
    )


def _measures(dataset: Dataset, definition: ReportDefinition) -> None:
    st.html('<div class="bs-eyebrow">Measures</div>')
    for position, measure in enumerate(definition.measures):
        field = dataset.field(measure.field) if measure.field else None
        with _row(f"measure_{position}"):
            if field is None:
                st.markdown(words.measure(measure, dataset), width="stretch")
            else:
                _aggregation(position, measure, field)
                st.markdown(field.label, width="stretch")
            _drop(f"builder_unmeasure_{position}", partial(edits.set_measure, position=position, measure=None))
    free = {"": f"Number of {dataset.row_noun}"} | {field.name: field.label for field in dataset.fields}
    _adder("measure", "Add a measure", free, partial(_add_measure, dataset=dataset))


def _add_measure(d: ReportDefinition, name: str, *, dataset: Dataset) -> ReportDefinition:
    field = dataset.field(name)
    if field is None:
        return edits.add_measure(d, edits.COUNT)
    taken = {m.aggregation for m in d.measures if m.field == name}
    free = [item for item in _preferred(field) if item not in taken]
    return edits.add_measure(d, Measure(aggregation=free[0], field=name)) if free else d


def _preferred(field: Field) -> list[Aggregation]:
    """Return the aggregations of a field, the likeliest first."""
    first = Aggregation.SUM if field.type.is_number else Aggregation.COUNT_DISTINCT
    allowed = [item for item in broadsheet().reports.aggregations_for(field.type) if item is not Aggregation.COUNT]
    return sorted(allowed, key=lambda item: item is not first)


def _aggregation(position: int, measure: Measure, field: Field) -> None:
    drafts.control(
        st.selectbox,
        f"How {field.label} is condensed",
        key=f"builder_aggregation_{position}_{field.name}",
        value=measure.aggregation,
        edit=lambda d, picked: edits.set_measure(d, position, replace(measure, aggregation=picked, label=None)),
        options=_preferred(field),
        format_func=lambda item: words.AGGREGATIONS[item],
        label_visibility="collapsed",
        width=118,
    )


def _columns(dataset: Dataset, definition: ReportDefinition) -> None:
    labels = {field.name: field.label for field in dataset.fields}
    drafts.control(
        st.multiselect,
        "Columns, in order",
        key="builder_columns",
        value=list(definition.columns),
        edit=lambda d, names: edits.tidy(replace(d, columns=tuple(names)), d),
        options=list(labels),
        format_func=lambda name: labels.get(name, name),
    )


def _sorts(definition: ReportDefinition, labels: dict[str, str]) -> None:
    st.html('<div class="bs-eyebrow">Order</div>')
    for position, sort in enumerate(definition.sort):
        with _row(f"sort_{position}"):
            st.markdown(labels.get(sort.key, sort.key), width="stretch")
            drafts.act(
                "",
                key=f"builder_direction_{position}",
                edit=lambda d, n=position, s=sort: edits.set_sort(d, n, replace(s, descending=not s.descending)),
                icon=":material/south:" if sort.descending else ":material/north:",
                help="Largest or latest first" if sort.descending else "Smallest or earliest first",
                type="tertiary",
            )
            _drop(f"builder_unsort_{position}", partial(edits.set_sort, position=position, sort=None))
    taken = {sort.key for sort in definition.sort}
    free = {key: labels.get(key, key) for key in definition.column_keys if key not in taken}
    if len(definition.sort) < _MOST_SORTS:
        _adder("sort", "Sort by", free, lambda d, key: edits.set_sort(d, len(d.sort), Sort(key=key)))


def _limit(definition: ReportDefinition) -> None:
    st.html('<div class="bs-eyebrow">Most rows in the files</div>')
    with _row("limit"):
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


def _row(name: str) -> "st.delta_generator.DeltaGenerator":
    return st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"builder_row_{name}")


def _drop(key: str, edit: drafts.PlainEdit) -> None:
    drafts.act("", key=key, edit=edit, icon=":material/close:", type="tertiary", help="Remove")


def _adder(name: str, words_: str, options: dict[str, str], edit: drafts.Edit) -> None:
    if not options:
        return
    drafts.control(
        st.selectbox,
        words_,
        key=f"builder_add_{name}",
        value=None,
        edit=lambda d, picked: d if picked is None else edit(d, picked),
        options=list(options),
        format_func=lambda key: options.get(key, key),
        index=None,
        placeholder=words_,
        label_visibility="collapsed",
    )
