"""Choosing a table of a source: a searched list, and what is known of the chosen one; or saved SQL."""

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING
from uuid import UUID

import pandas as pd
import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Source
from core.domain.relation import TableOrigin
from core.errors import BroadsheetError
from pages.widgets import catalog_words as catalog
from pages.widgets import keys, words
from pages.widgets.app import broadsheet
from pages.widgets.samples import sample_table
from pages.widgets.states import empty, problem, source_problem

if TYPE_CHECKING:
    from core.services.sources import TableDraft

_PAGE = 30
_ROW_HEIGHT = 32
_SAMPLE_ROWS = 10


def tables_of(principal: Principal, source: Source) -> "tuple[TableDraft, ...]":
    """Return a source's tables, asked once for the time that the screens of the catalog are open."""
    kept: dict[tuple[UUID, int], tuple[TableDraft, ...]] = st.session_state.setdefault(keys.NEW_DATASET_TABLES, {})
    key = (source.id, source.version)
    if key not in kept:
        with st.spinner(f"Looking into {source.name} …"):
            kept[key] = broadsheet().sources.introspect(principal, source.id)
    return kept[key]


def forget_tables() -> None:
    """Ask for the tables anew."""
    for name in (keys.NEW_DATASET_TABLES, keys.NEW_DATASET_TABLE, keys.NEW_DATASET_PAGE):
        st.session_state.pop(name, None)


def origin_of(table: "TableDraft") -> TableOrigin:
    """Return what names a table."""
    return TableOrigin(table_name=table.table_name, schema_name=table.schema_name)


def table_list(tables: "Sequence[TableDraft]") -> "TableDraft | None":
    """Draw the tables with a search over them; returns the chosen one."""
    with st.container(horizontal=True, vertical_alignment="center"):
        search = st.text_input(
            "Search tables",
            key=keys.NEW_DATASET_SEARCH,
            label_visibility="collapsed",
            placeholder=f"Search {len(tables):,} tables",
            icon=":material/search:",
            live=True,
        )
        st.button("", icon=":material/refresh:", key="new_dataset_again", type="tertiary", help="Look into the source again", on_click=forget_tables)  # fmt: skip # noqa: E501
    asked = (search or "").lower().split()
    found = [one for one in tables if all(word in _said(one) for word in asked)]
    if not tables:
        empty("The source has no tables", "Its user may see none. Ask who runs it for the right to read.")
        return None
    if not found:
        st.caption("No table or column is called that.")
        return None
    names = [catalog.table_name(origin_of(one)) for one in found]
    chosen = st.session_state.get(keys.NEW_DATASET_TABLE)
    if chosen not in names:
        chosen = names[0]
    pages = -(-len(found) // _PAGE)
    page = min(st.session_state.get(keys.NEW_DATASET_PAGE) or 1, pages)
    with st.container(key="new_dataset_tables", gap=None):
        for name, one in list(zip(names, found, strict=True))[(page - 1) * _PAGE : page * _PAGE]:
            _table_button(name, one, is_chosen=name == chosen)
    if pages > 1:
        st.pagination(pages, key=keys.NEW_DATASET_PAGE)
    return found[names.index(chosen)]


def _said(table: "TableDraft") -> str:
    columns = " ".join(f"{field.name} {field.label}" for field in table.fields)
    return f"{catalog.table_name(origin_of(table))} {table.description} {columns}".lower()


def _table_button(name: str, table: "TableDraft", *, is_chosen: bool) -> None:
    st.button(
        words.plain(name),
        key=f"new_dataset_{'chosen' if is_chosen else 'table'}_{name}",
        icon=":material/table_view:" if table.is_view else ":material/table:",
        type="tertiary",
        width="stretch",
        help=table.description or None,
        on_click=_choose,
        args=(name,),
    )


def _choose(name: str) -> None:
    st.session_state[keys.NEW_DATASET_TABLE] = name


def table_details(
    principal: Principal,
    source: Source,
    table: "TableDraft",
    tables: "Sequence[TableDraft]",
    start: Callable[[Source, TableOrigin], None],
) -> None:
    """Draw what is known of a table, and the button that makes a dataset of it."""
    name = catalog.table_name(origin_of(table))
    title, tool = st.columns([7, 4], vertical_alignment="center")
    title.html(f'<h2 class="bs-part">{escape(name)}</h2><p class="bs-facts bs-quiet">{_facts(table)}</p>')
    with tool.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            "Make a dataset of it",
            type="primary",
            key="new_dataset_make",
            on_click=start,
            args=(source, origin_of(table)),
        )
    if table.description:
        st.markdown(words.plain(table.description))
    known = {(one.schema_name, one.table_name) for one in tables}
    named = [key.table_name for key in table.foreign_keys if (key.schema_name, key.table_name) in known]
    if named:
        st.caption(f"Each row points to {', '.join(dict.fromkeys(named))}; those columns come along.")
    if table.skipped:
        st.caption(f"Left out, for no report can show them: {', '.join(table.skipped)}.")
    _columns(table)
    st.html('<div class="bs-eyebrow">First rows</div>')
    try:
        found = broadsheet().sources.sample_rows(principal, source.id, origin_of(table), rows=_SAMPLE_ROWS)
    except BroadsheetError as error:
        source_problem(error, source.id)
        return
    if not found.table.num_rows:
        st.caption("The table is empty.")
        return
    sample_table(found, key="new_dataset_sample", timezone=principal.timezone, rows=_SAMPLE_ROWS, by_column=True)


def _facts(table: "TableDraft") -> str:
    parts = ["View" if table.is_view else "Table", f"{len(table.fields):,} columns"]
    if table.row_estimate is not None:
        parts.append(f"about {table.row_estimate:,} rows")
    return " · ".join(parts)


def _columns(table: "TableDraft") -> None:
    points_to = {column: key.table_name for key in table.foreign_keys for column in key.columns}
    frame = pd.DataFrame(
        {
            "Column": [field.source_column for field in table.fields],
            "Type": [catalog.TYPES[field.type] for field in table.fields],
            "Key": [
                "Key"
                if field.source_column in table.primary_key
                else f"Points to {points_to[field.source_column]}"
                if field.source_column in points_to
                else ""
                for field in table.fields
            ],
            "Description": [field.description for field in table.fields],
        }
    )
    if not frame["Description"].any():
        frame = frame.drop(columns="Description")
    height = (min(len(frame), 10) + 1) * _ROW_HEIGHT + 4
    st.dataframe(frame, key="new_dataset_columns", hide_index=True, row_height=_ROW_HEIGHT, height=height, alt="Columns of the table")  # fmt: skip # noqa: E501


def sql_area(start: Callable[[], None], failed: BroadsheetError | None) -> None:
    """Draw the box for saved SQL, with what is wrong with it."""
    st.text_area(
        "One SELECT, which every question about the dataset runs",
        key=keys.NEW_DATASET_SQL,
        height=260,
        placeholder="SELECT o.id, o.ordered_at, c.country\nFROM orders o JOIN customers c ON c.id = o.customer_id",
    )
    st.caption("It may only read: no changes, no files, no settings. Leave limits and sorting to the reports.")
    if failed is not None:
        problem(failed)
    st.button("Make a dataset of it", type="primary", key="new_dataset_sql_go", on_click=start)
