"""The builder's left area: the dataset and its fields."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset
from pages.widgets import draft as drafts
from pages.widgets import keys
from pages.widgets.app import broadsheet
from pages.widgets.control import show
from pages.widgets.drag_fields import field_list
from pages.widgets.words import distinct

_FRESH_FOR = timedelta(minutes=1)


def fields_area(principal: Principal, dataset: Dataset) -> None:
    """Draw the dataset choice and the fields, dimensions apart from measures."""
    _dataset_choice(principal, dataset)
    field_list(dataset, drafts.current().definition)


def _dataset_choice(principal: Principal, dataset: Dataset) -> None:
    datasets = _labels(principal)
    if len(datasets) < 2:
        st.html(f'<div class="bs-eyebrow">Dataset</div><div class="bs-dataset">{_escape(dataset.label)}</div>')
        return
    show(
        st.selectbox,
        "Dataset",
        key=keys.BUILDER_DATASET,
        value=dataset.id,
        options=list(datasets),
        format_func=lambda key: datasets.get(key, ""),
        on_change=_switch_dataset,
        args=(principal, datasets),
        help=dataset.description or None,
    )


def _labels(principal: Principal) -> dict[UUID, str]:
    """Return the datasets to choose from, read anew every minute: reading them all costs more than the rest here."""
    now = broadsheet().clock.now()
    kept = st.session_state.get(keys.BUILDER_DATASETS)
    if kept is not None and kept[0] == principal.user_id and now - kept[1] < _FRESH_FOR:
        return dict(kept[2])
    labels = distinct({item.id: item.label for item in broadsheet().catalog.datasets(principal)})
    st.session_state[keys.BUILDER_DATASETS] = (principal.user_id, now, labels)
    return labels


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
