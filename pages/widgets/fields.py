"""The builder's left area: the dataset and its fields; a click takes a field into the report or out of it."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset, DatasetMeasure
from core.domain.definition import ReportDefinition
from core.domain.field import Field
from pages.widgets import draft as drafts
from pages.widgets import keys
from pages.widgets.app import broadsheet
from pages.widgets.edits import toggle_field, toggle_measure, uses
from pages.widgets.words import FIELD_ICONS, distinct, plain


def fields_area(principal: Principal, dataset: Dataset) -> None:
    """Draw the dataset choice, the search and the fields, dimensions apart from measures."""
    _dataset_choice(principal, dataset)
    search = st.text_input(
        "Search fields",
        key=keys.BUILDER_SEARCH,
        label_visibility="collapsed",
        placeholder="Search fields",
        icon=":material/search:",
        live=True,
    )
    sought = (search or "").lower().split()
    definition = drafts.current().definition
    fields = [f for f in dataset.fields if (not f.is_hidden or uses(definition, f)) and _is_found(f, sought)]
    measures = [measure for measure in dataset.measures if _is_found(measure, sought)]
    if not fields and not measures:
        st.caption(f"No field of {dataset.label} is called that.")
    with st.container(key="builder_fields", gap=None):
        _group("Dimensions", (field for field in fields if not field.is_measure and not field.folder), definition)
        for folder in dict.fromkeys(field.folder for field in fields if field.folder and not field.is_measure):
            _group(folder, (field for field in fields if field.folder == folder and not field.is_measure), definition)
        _group("Measures", (field for field in fields if field.is_measure), definition)
        _catalog_measures(measures, definition)


def _is_found(item: Field | DatasetMeasure, sought: list[str]) -> bool:
    text = " ".join((item.label, item.name, *item.synonyms)).lower()
    return all(word in text for word in sought)


def _group(title: str, fields: Iterable[Field], definition: ReportDefinition) -> None:
    members = list(fields)
    if not members:
        return
    st.html(f'<div class="bs-eyebrow">{_escape(title)}</div>')
    for field in members:
        used = uses(definition, field)
        drafts.act(
            plain(field.label),
            key=f"builder_{'used' if used else 'field'}_{field.name}",
            edit=partial(toggle_field, field=field),
            icon=FIELD_ICONS[field.type],
            type="tertiary",
            width="stretch",
            help=field.description or None,
        )


def _catalog_measures(measures: list[DatasetMeasure], definition: ReportDefinition) -> None:
    """Figures that the dataset defines once for all."""
    if not measures:
        return
    st.html('<div class="bs-eyebrow">Figures of the catalog</div>')
    taken = {measure.dataset_measure for measure in definition.measures}
    for measure in measures:
        used = measure.name in taken
        drafts.act(
            plain(measure.label),
            key=f"builder_{'used' if used else 'field'}_measure__{measure.name}",
            edit=partial(toggle_measure, name=measure.name),
            icon=":material/function:",
            type="tertiary",
            width="stretch",
            help=measure.description or None,
        )


def _dataset_choice(principal: Principal, dataset: Dataset) -> None:
    datasets = distinct({item.id: item.label for item in broadsheet().catalog.datasets(principal)})
    if len(datasets) < 2:
        st.html(f'<div class="bs-eyebrow">Dataset</div><div class="bs-dataset">{_escape(dataset.label)}</div>')
        return
    if st.session_state.get(keys.BUILDER_DATASET) != dataset.id:
        st.session_state[keys.BUILDER_DATASET] = dataset.id
    st.selectbox(
        "Dataset",
        list(datasets),
        key=keys.BUILDER_DATASET,
        format_func=lambda key: datasets.get(key, ""),
        on_change=_switch_dataset,
        args=(principal, datasets),
        help=dataset.description or None,
    )


def _switch_dataset(principal: Principal, datasets: dict[UUID, str]) -> None:
    dataset_id = st.session_state[keys.BUILDER_DATASET]
    if dataset_id is None:
        return
    draft = drafts.current()
    was, label = datasets.get(draft.definition.dataset_id, ""), datasets[dataset_id]
    if draft.report_id is None and draft.name == drafts.first_name(was):
        drafts.put(replace(draft, name=drafts.first_name(label)))
    drafts.change(drafts.start(principal, dataset_id, label).definition)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
