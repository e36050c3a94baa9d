"""Which reports the list shows and in what order: its controls, and the filter they stand for."""

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from core.domain.library import Choice, ReportFilter, ReportSort, Shelves
from pages.widgets import keys

#: The answer that filters nothing.
EVERY = ""
ALL, FAVOURITES, ARCHIVE = "All", "Favourites", "Archive"
SORTS = {
    ReportSort.CHANGED: "Newest change first",
    ReportSort.NAME: "By name",
    ReportSort.OWNER: "By owner",
    ReportSort.NEXT_RUN: "Next run first",
    ReportSort.LAST_RUN: "Newest result first",
}


def report_filters(shelves: Shelves) -> ReportFilter:
    """Draw the controls above the list and return what they ask for."""
    with st.container(key="reports_filters", horizontal=True, vertical_alignment="bottom", gap="small"):
        which = st.segmented_control(
            "Which reports",
            [ALL, FAVOURITES, ARCHIVE],
            key=keys.REPORTS_WHICH,
            default=ALL,
            required=True,
            label_visibility="collapsed",
            on_change=first_page,
        )
        folder = _choice(keys.REPORTS_FOLDER, "Every folder", [(str(one.id), one.label) for one in shelves.folders])
        tag = _choice(keys.REPORTS_TAG, "Every tag", _counted(shelves.tags))
        owner = _choice(keys.REPORTS_OWNER, "Every owner", _counted(shelves.owners))
        sort = st.selectbox(
            "Order",
            list(SORTS),
            key=keys.REPORTS_SORT,
            format_func=lambda item: SORTS[item],
            label_visibility="collapsed",
            on_change=first_page,
            width=190,
        )
    return ReportFilter(
        search=(st.session_state.get(keys.REPORTS_SEARCH) or "").strip(),
        folder_id=UUID(folder) if folder else None,
        tag=tag or None,
        owner_id=UUID(owner) if owner else None,
        is_favourite=which == FAVOURITES,
        is_archived=which == ARCHIVE,
        sort=sort or ReportSort.CHANGED,
    )


def is_narrowed(wanted: ReportFilter) -> bool:
    """Whether anything is left out."""
    return bool(wanted.search or wanted.folder_id or wanted.tag or wanted.owner_id or wanted.is_favourite)


def first_page() -> None:
    """Begin the list again."""
    st.session_state.pop(keys.REPORTS_PAGE, None)


def _choice(key: str, everything: str, options: Sequence[tuple[str, str]]) -> str:
    """Draw a choice; nothing where there is nothing to choose from, and a choice that is gone is forgotten."""
    labels = dict(options)
    if st.session_state.get(key) not in (None, EVERY, *labels):
        del st.session_state[key]
    if not labels:
        return EVERY
    return (
        st.selectbox(
            everything,
            [EVERY, *labels],
            key=key,
            format_func=lambda item: labels.get(item, everything),
            label_visibility="collapsed",
            on_change=first_page,
            width=180,
        )
        or EVERY
    )


def _counted(choices: Sequence[Choice]) -> list[tuple[str, str]]:
    return [(one.key, f"{one.label} ({one.reports:,})") for one in choices]
