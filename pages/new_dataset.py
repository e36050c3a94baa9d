"""Beginning a dataset: a source, then one of its tables or saved SQL; the editor opens with the draft."""

from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.catalog import WORKSPACE_KIND
from core.domain.dataset import Source
from core.domain.relation import TableOrigin
from core.errors import BroadsheetError
from pages.widgets import dataset_draft as drafts
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.screen import back, entered
from pages.widgets.states import empty, problem, source_problem
from pages.widgets.table_choice import forget_tables, sql_area, table_details, table_list, tables_of

WAYS = ("Pick a table", "Write SQL")


def choose_source(principal: Principal) -> Source | None:
    """Draw which source it is of; returns None where there is none."""
    sources = {one.id: one for one in broadsheet().sources.list(principal) if one.kind != WORKSPACE_KIND}
    if not sources:
        return None
    if entered("new_dataset") or st.session_state.get(keys.NEW_DATASET_SOURCE) not in sources:
        st.session_state[keys.NEW_DATASET_SOURCE] = _named(sources) or next(iter(sources))
        forget_tables()
    labels = words.distinct({key: one.name for key, one in sources.items()})
    picked: UUID = st.selectbox(
        "Source",
        list(sources),
        key=keys.NEW_DATASET_SOURCE,
        format_func=lambda key: labels.get(key, ""),
        on_change=forget_tables,
        width=360,
    )
    return sources[picked]


def _named(sources: dict[UUID, Source]) -> UUID | None:
    try:
        named = UUID(st.query_params.get("source", ""))
    except ValueError:
        return None
    return named if named in sources else None


def start(source: Source, table: TableOrigin | None) -> None:
    """Draft a dataset over a table, or over the SQL on the screen."""
    datasets = broadsheet().datasets
    try:
        principal = guard(Permission.MANAGE_CATALOG)
        if table is not None:
            draft = datasets.draft(principal, source.id, table)
        else:
            draft = datasets.draft_sql(principal, source.id, st.session_state.get(keys.NEW_DATASET_SQL) or "")
    except BroadsheetError as error:
        st.session_state[keys.NEW_DATASET_START] = error
        return
    drafts.begin(draft)
    st.session_state[keys.NEW_DATASET_OPENED] = str(draft.id)


principal = guard(Permission.MANAGE_CATALOG)
opened = st.session_state.pop(keys.NEW_DATASET_OPENED, None)
if opened:
    st.switch_page("dataset.py", query_params={"dataset": opened})
back("data.py", "All data")
st.title("New dataset", anchor=False)
try:
    source = choose_source(principal)
except BroadsheetError as error:
    problem(error)
    st.stop()
if source is None:
    empty("There is nothing to make it of", "A dataset stands on a source. Connect one, or upload a file.")
    with st.container(horizontal=True, horizontal_alignment="center"):
        st.page_link("source_form.py", label="Connect a source")
        st.page_link("upload.py", label="Upload a file")
    st.stop()
failed = st.session_state.pop(keys.NEW_DATASET_START, None)
runs_sql = any(kind.key == source.kind and kind.runs_sql for kind in broadsheet().sources.kinds())
way = WAYS[0]
if principal.may(Permission.WRITE_SQL) and runs_sql:
    way = st.segmented_control(
        "Made of", WAYS, key=keys.NEW_DATASET_WAY, default=WAYS[0], label_visibility="collapsed", required=True
    )
if way == WAYS[1]:
    sql_area(lambda: start(source, None), failed)
    st.stop()
if isinstance(failed, BroadsheetError):
    problem(failed)
try:
    tables = tables_of(principal, source)
except BroadsheetError as error:
    source_problem(error, source.id)
    st.stop()
left, right = st.columns([4, 8], gap="large")
with left, st.container(key="new_dataset_list"):
    table = table_list(tables)
with right:
    if table is not None:
        table_details(principal, source, table, tables, start)
