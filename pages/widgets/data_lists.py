"""The lists of the data screen: datasets under their folders, sources, and the fields a search found."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.catalog import WORKSPACE_KIND
from core.domain.dataset import Dataset, Source
from core.errors import BroadsheetError
from pages.widgets import catalog_words as catalog
from pages.widgets import dataset_draft as datasets
from pages.widgets import draft as drafts
from pages.widgets import keys, rows, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.catalog_search import Found, by_folder
from pages.widgets.states import problem

_MOST_FOUND = 40
_DATASETS = (
    rows.Column(title="", width=90),
    rows.Column(title="Source", width=200),
    rows.Column(title="Reports", width=70, is_number=True),
    rows.Column(title="Changed", width=110, narrow=False),
)
_SOURCES = (
    rows.Column(title="Kind", width=150),
    rows.Column(title="Connects to", width=300),
    rows.Column(title="Datasets", width=80, is_number=True),
    rows.Column(title="Changed", width=110, narrow=False),
)


def dataset_list(
    principal: Principal, shown: Iterable[Dataset], sources: Mapping[UUID, str], counts: Mapping[UUID, int]
) -> None:
    """Draw datasets, one line each, under their folders."""
    with st.container(key=keys.DATA_LIST, gap=None):
        rows.heading("Name", _DATASETS)
        for folder, members in by_folder(shown).items():
            if folder:
                st.html(f'<div class="bs-eyebrow bs-folder">{escape(folder)}</div>')
            for dataset in members:
                _dataset(principal, dataset, sources.get(dataset.source_id, ""), counts.get(dataset.id, 0))


def _dataset(principal: Principal, dataset: Dataset, source: str, reports: int) -> None:
    cells = (
        catalog.certified_mark() if dataset.is_certified else "",
        rows.fact(source, quiet=True),
        rows.count(reports, "report"),
        rows.fact(words.ago(dataset.updated_at, broadsheet().clock.now()), quiet=True),
    )
    with rows.line(str(dataset.id)):
        rows.row(dataset.label, rows.Link(page="dataset.py", query={"dataset": str(dataset.id)}), _DATASETS, cells)
        chosen = rows.menu(f"data_dataset_{dataset.id}", _dataset_actions(principal))
    if chosen is not None:
        _act(dataset, chosen)


def _dataset_actions(principal: Principal) -> Sequence[str]:
    found = ["Open"]
    if principal.may(Permission.EDIT_REPORTS):
        found.append("New report")
    if principal.may(Permission.MANAGE_CATALOG):
        found.append("Delete")
    return found


def _act(dataset: Dataset, chosen: str) -> None:
    if chosen == "Open":
        st.switch_page("dataset.py", query_params={"dataset": str(dataset.id)})
    elif chosen == "New report":
        report_on(dataset)
    else:
        delete_dataset(dataset)


def report_on(dataset: Dataset) -> None:
    """Open the builder on a fresh question about a dataset."""
    drafts.forget_new()
    try:
        drafts.put(drafts.start(guard(Permission.EDIT_REPORTS), dataset.id, dataset.label))
    except BroadsheetError as error:
        problem(error)
    else:
        st.switch_page("builder.py")


@st.dialog("Delete this dataset?")
def delete_dataset(dataset: Dataset) -> None:
    """Ask before a dataset is deleted."""
    st.markdown(f"**{words.plain(dataset.label)}** is taken out of the catalog. The rows in its source stay.")
    show_notice()
    st.button("Delete dataset", type="primary", key=keys.DATA_DELETE, on_click=_delete, args=(dataset,))


def show_notice() -> None:
    """Say once why the last thing asked for was not done."""
    notice = st.session_state.pop(keys.DATA_NOTICE, None)
    if notice is not None:
        problem(notice)


def _delete(dataset: Dataset) -> None:
    try:
        broadsheet().datasets.delete(guard(Permission.MANAGE_CATALOG), dataset.id)
    except BroadsheetError as error:
        st.session_state[keys.DATA_NOTICE] = error
        return
    datasets.discard(dataset.id)
    st.switch_page("data.py")


def source_list(sources: Iterable[Source], known: Iterable[Dataset]) -> None:
    """Draw sources, one line each."""
    counts = Counter(dataset.source_id for dataset in known)
    labels = {kind.key: kind.label for kind in broadsheet().sources.kinds()}
    with st.container(key=keys.DATA_LIST, gap=None):
        rows.heading("Name", _SOURCES)
        for source in sources:
            _source(source, labels.get(source.kind), counts[source.id])


def _source(source: Source, kind: str | None, count: int) -> None:
    """Draw a source; `kind` is None for those that have no form, as uploaded files."""
    page, query = "source_form.py" if kind else "upload.py", {"source": str(source.id)}
    is_kept = source.kind == WORKSPACE_KIND
    cells = (
        rows.fact(kind or catalog.OTHER_KINDS.get(source.kind, source.kind)),
        rows.fact(catalog.connects_to(source) if kind else "", quiet=True),
        rows.count(count, "dataset"),
        rows.fact(words.ago(source.updated_at, broadsheet().clock.now()), quiet=True),
    )
    chosen = None
    with rows.line(str(source.id)):
        rows.row(source.name, None if is_kept else rows.Link(page=page, query=query), _SOURCES, cells)
        if is_kept:
            st.html("<span></span>", width=rows.MENU_WIDTH)
        else:
            options = ("New dataset", "Edit" if kind else "Newer file")
            chosen = rows.menu(f"data_source_{source.id}", options)
    if chosen is not None:
        st.switch_page("new_dataset.py" if chosen == "New dataset" else page, query_params=query)


def found_list(found: Sequence[Found]) -> None:
    """Draw the fields and measures that a search found."""
    if not found:
        return
    st.html('<h2 class="bs-part">Fields and measures</h2>')
    with st.container(key="data_found", gap=None):
        for number, hit in enumerate(found[:_MOST_FOUND]):
            with st.container(key=f"list_row_found_{number}", horizontal=True, vertical_alignment="center"):
                query = {"dataset": str(hit.dataset.id)}
                st.page_link("dataset.py", label=words.plain(hit.item.label), query_params=query, width=240)
                st.html(f'<div class="bs-found">{_about(hit)}</div>')
    if len(found) > _MOST_FOUND:
        st.caption(f"And {len(found) - _MOST_FOUND:,} more; add a word to the search.")


def _about(hit: Found) -> str:
    said = f"{escape(hit.item.description)} " if hit.item.description else ""
    return f"{said}{catalog.quiet(hit.dataset.label)}"
