"""The data that reports are made of: datasets and the sources they live in."""

import streamlit as st

from core.domain.access import Permission
from core.errors import BroadsheetError
from pages.widgets import keys
from pages.widgets.app import broadsheet, guard
from pages.widgets.catalog_search import find_datasets, find_items
from pages.widgets.data_lists import dataset_list, found_list, show_notice, source_list
from pages.widgets.screen import entered, heading
from pages.widgets.states import empty, problem

TABS = ("Datasets", "Sources")

principal = guard(Permission.VIEW_REPORTS)
entered("data")
may_manage = principal.may(Permission.MANAGE_CATALOG)
with heading("Data", "data"):
    search = st.text_input(
        "Search data",
        key=keys.DATA_SEARCH,
        label_visibility="collapsed",
        placeholder="Search datasets and fields",
        icon=":material/search:",
        width=260,
        live=True,
    )
    if may_manage:
        if st.button("Connect a source", key=keys.DATA_CONNECT):
            st.switch_page("source_form.py")
        if st.button("Upload a file", key=keys.DATA_UPLOAD):
            st.switch_page("upload.py")
        if st.button("New dataset", type="primary", key=keys.DATA_NEW):
            st.switch_page("new_dataset.py")
show_notice()
try:
    datasets = broadsheet().catalog.datasets(principal)
    sources = broadsheet().sources.list(principal)
    counts = broadsheet().datasets.report_counts(principal)
except BroadsheetError as error:
    problem(error)
    st.stop()


def draw_datasets() -> None:
    """Draw the datasets that match, then the fields that do."""
    shown = find_datasets(datasets, search or "")
    if shown:
        dataset_list(principal, shown, {source.id: source.name for source in sources}, counts)
        found_list(find_items(shown, search or ""))
    elif search:
        empty("Nothing is called that", "Search takes words of labels, descriptions and synonyms.")
    elif not may_manage:
        empty("There is no data yet", "A data administrator connects a source, and its datasets appear here.")
    elif sources:
        empty("No datasets yet", "Press New dataset: pick a table, and give its columns the names people know.")
    else:
        empty(
            "There is no data yet",
            "Connect a source, such as a PostgreSQL server, or upload a file. Then make a dataset of its tables.",
            icon=":material/database:",
        )


if may_manage:
    first, second = st.tabs(TABS, key=keys.DATA_TABS, on_change="rerun")
    if second.open:
        with second:
            words = (search or "").lower()
            found = [source for source in sources if words in f"{source.name} {source.kind}".lower()]
            if found:
                source_list(found, datasets)
            elif sources:
                empty("No source is called that", "Try fewer words.", icon=":material/search_off:")
            else:
                empty("No sources yet", "Press Connect a source: you need its host, a user and a password.")
    else:
        with first:
            draw_datasets()
else:
    draw_datasets()
