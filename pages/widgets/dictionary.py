"""A dataset for those who read it: what its fields and measures mean, with a search over them."""

from html import escape

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.dataset import Dataset, DatasetMeasure
from core.domain.field import Field
from pages.widgets import catalog_words as catalog
from pages.widgets import keys
from pages.widgets.catalog_search import items
from pages.widgets.data_lists import report_on


def dictionary(principal: Principal, dataset: Dataset) -> None:
    """Draw a dataset's description, then its fields under their folders and its measures."""
    title, tools = st.columns([8, 4], vertical_alignment="bottom")
    title.title(dataset.label, anchor=False)
    with tools.container(horizontal=True, horizontal_alignment="right"):
        if principal.may(Permission.EDIT_REPORTS) and st.button("New report", type="primary", key="dataset_report"):
            report_on(dataset)
    mark = catalog.certified_mark() if dataset.is_certified else ""
    said = escape(dataset.description or f"Rows are {dataset.row_noun}.")
    st.html(f'<p class="bs-sentence">{mark} {said}</p>')
    search = st.text_input(
        "Search fields",
        key=keys.DATASET_SEARCH,
        label_visibility="collapsed",
        placeholder="Search fields and measures",
        icon=":material/search:",
        width=320,
        live=True,
    )
    found = items(dataset, search or "")
    if not found:
        st.caption("No field or measure is called that.")
    folders: dict[str, list[Field | DatasetMeasure]] = {}
    for item in found:
        folders.setdefault(item.folder or ("Measures" if isinstance(item, DatasetMeasure) else "Fields"), []).append(
            item
        )
    for folder, members in folders.items():
        entries = "".join(_entry(item, dataset) for item in members)
        st.html(f'<div class="bs-eyebrow bs-folder">{escape(folder)}</div><dl class="bs-dictionary">{entries}</dl>')


def _entry(item: Field | DatasetMeasure, dataset: Dataset) -> str:
    if isinstance(item, DatasetMeasure):
        kind, more = "Measure", catalog.measure_words(item, dataset)
    else:
        kind, more = catalog.TYPES[item.type], ""
        if item.is_personal:
            kind += ", personal data"
    unit = f", {item.format.unit}" if item.format.unit else ""
    also = f"Also: {', '.join(item.synonyms)}" if item.synonyms else ""
    said = " ".join(part for part in (item.description, f"{more}." if more else "", also) if part)
    about = f'<dd class="bs-quiet">{escape(kind + unit)}</dd><dd>{escape(said)}</dd>'
    return f"<div><dt>{escape(item.label)}</dt>{about}</div>"
