"""The builder's left area: the dataset and its fields; a click takes a field into the report or out of it."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset, Field
from core.domain.definition import ReportDefinition
from pages.widgets import draft as drafts
from pages.widgets import keys
from pages.widgets.app import broadsheet
from pages.widgets.edits import toggle_field, uses
from pages.widgets.words import FIELD_ICONS, distinct


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
    words = (search or "").lower().split()
    found = [field for field in dataset.fields if all(word in f"{field.label} {field.name}".lower() for word in words)]
    if not found:
        st.caption(f"No field of {dataset.label} is called that.")
    definition = drafts.current().definition
    with st.container(key="builder_fields", gap=None):
        _group("Dimensions", (field for field in found if not field.is_measure), definition)
        _group("Measures", (field for field in found if field.is_measure), definition)


def _group(title: str, fields: Iterable[Field], definition: ReportDefinition) -> None:
    members = list(fields)
    if not members:
        return
    st.html(f'<div class="bs-eyebrow">{title}</div>')
    for field in members:
        used = uses(definition, field)
        drafts.act(
            field.label,
            key=f"builder_{'used' if used else 'field'}_{field.name}",
            edit=partial(toggle_field, field=field),
            icon=FIELD_ICONS[field.type],
            type="tertiary",
            width="stretch",
            help=field.description or None,
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
