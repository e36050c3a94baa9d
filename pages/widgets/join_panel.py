"""The editor's second tab: tables joined by keys, each with what it means in plain words."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.dataset import Dataset, Source
from core.domain.relation import Cardinality, Join, JoinKey, SourceColumn, TableOrigin
from core.errors import BroadsheetError
from pages.widgets import catalog_words as catalog
from pages.widgets import dataset_draft as drafts
from pages.widgets import dataset_edits as edits
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.dataset_questions import columns_of
from pages.widgets.states import problem
from pages.widgets.table_choice import origin_of, tables_of

if TYPE_CHECKING:
    from core.services.sources import TableDraft

_BASE = ""
_TABLE, _LEFT, _NAME = "dataset_join_table", "dataset_join_left", "dataset_join_name"
_LEFT_KEY, _RIGHT_KEY = "dataset_join_left_key", "dataset_join_right_key"
_CARDINALITY = "dataset_join_cardinality"


def joins_panel(principal: Principal, draft: drafts.DatasetDraft, source: Source) -> None:
    """Draw the joins, and the form that adds one."""
    if not draft.dataset.joins:
        st.caption("Join a table to use its columns as fields: the customer of an order, the product of a line.")
    for position, join in enumerate(draft.dataset.joins):
        _join(draft.dataset, position, join)
    if st.session_state.get(keys.DATASET_JOINING):
        try:
            _form(draft.dataset, tables_of(principal, source))
        except BroadsheetError as error:
            problem(error)
    else:
        st.button("Join a table", icon=":material/add:", key="dataset_join", on_click=_open)


def _join(dataset: Dataset, position: int, join: Join) -> None:
    with st.container(key=f"dataset_join_{join.name}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            to = "" if join.left is None else f" to {join.left}"
            keys_words = ", ".join(f"{key.left} = {key.right}" for key in join.keys)
            st.html(
                f'<h2 class="bs-part">{words.html(catalog.join_name(join))}</h2><p class="bs-facts bs-quiet">'
                f"{words.html(catalog.table_name(join.table))}{words.html(to)}, where {words.html(keys_words)}</p>",
                width="stretch",
            )
            drafts.act(
                "",
                key=f"dataset_unjoin_{position}",
                edit=partial(edits.drop_join, name=join.name),
                icon=":material/close:",
                type="tertiary",
                help="Take it out, with its fields",
            )
        left, right = catalog.left_noun(dataset, join), join.name.replace("_", " ")
        drafts.control(
            st.selectbox,
            "How they belong together",
            key=f"dataset_cardinality_{position}",
            value=join.cardinality,
            edit=lambda d, picked: edits.set_join(d, position, replace(join, cardinality=picked)),
            options=list(Cardinality),
            format_func=lambda item: catalog.join_sentence(left, right, item),
        )
        st.caption(catalog.fan_out(dataset, join))
        if join.cardinality is Cardinality.ONE_TO_MANY:
            _row_key(position, join)
        drafts.control(
            st.checkbox,
            f"Leave out {dataset.row_noun} without {_some(right, join)}",
            key=f"dataset_required_{position}",
            value=join.is_required,
            edit=lambda d, on: edits.set_join(d, position, replace(join, is_required=on)),
        )
        wrong = drafts.problem_at(f"joins[{position}]")
        if wrong:
            st.error(wrong, icon=":material/error:")


def _some(right: str, join: Join) -> str:
    return right if join.cardinality is Cardinality.ONE_TO_MANY else catalog.a(right)


def _row_key(position: int, join: Join) -> None:
    drafts.control(
        st.multiselect,
        f"A row of {catalog.table_name(join.table)} is told apart by",
        key=f"dataset_join_key_{position}",
        value=list(join.row_key),
        edit=lambda d, names: edits.set_join(d, position, replace(join, row_key=tuple(names))),
        options=list(dict.fromkeys([*join.row_key, *(column.name for column in join.table.columns)])),
        placeholder="Choose its key",
    )


def _open() -> None:
    st.session_state[keys.DATASET_JOINING] = True
    for name in (_TABLE, _LEFT, _NAME, _LEFT_KEY, _RIGHT_KEY, _CARDINALITY):
        st.session_state.pop(name, None)


def _close() -> None:
    st.session_state.pop(keys.DATASET_JOINING, None)


def _form(dataset: Dataset, tables: "Sequence[TableDraft]") -> None:
    named = {catalog.table_name(origin_of(one)): one for one in tables}
    with st.container(key="dataset_join_form"):
        st.html('<h2 class="bs-part">Join a table</h2>')
        picked = st.selectbox(
            "Table",
            list(named),
            index=None,
            key=_TABLE,
            placeholder=f"Choose one of {len(named):,}",
            on_change=_guess,
            args=(dataset, named),
        )
        table = named.get(picked or "")
        if table is not None:
            _keys(dataset, table)
        with st.container(horizontal=True):
            st.button("Add join", key="dataset_join_add", on_click=_add, args=(named,), disabled=not _is_ready())
            st.button("Cancel", key="dataset_join_cancel", type="tertiary", on_click=_close)


def _guess(dataset: Dataset, named: "dict[str, TableDraft]") -> None:
    """Propose the keys: a foreign key back to the dataset's own table, or `customer_id` for the key of `customers`."""
    table = named.get(st.session_state.get(_TABLE) or "")
    if table is None:
        return
    back = next((key for key in table.foreign_keys if _is_of(dataset, key.schema_name, key.table_name)), None)
    one = catalog.one(table.table_name)
    left: str | None
    if back is not None:
        left, right, cardinality = back.target_columns[0], back.columns[0], Cardinality.ONE_TO_MANY
    else:
        right = table.primary_key[0] if table.primary_key else table.fields[0].source_column
        columns = [field.source_column for field in columns_of(dataset)]
        likely = (f"{one}_{right}", f"{one}_id", *([] if right == "id" else [right]))
        left, cardinality = next((name for name in likely if name in columns), None), Cardinality.MANY_TO_ONE
    name = table.table_name if back is not None else one
    st.session_state[_LEFT_KEY], st.session_state[_RIGHT_KEY] = left, right
    st.session_state[_CARDINALITY] = cardinality
    st.session_state[_NAME] = edits.name_of(name, (join.name for join in dataset.joins))


def _is_of(dataset: Dataset, schema_name: str | None, table_name: str) -> bool:
    origin = dataset.origin
    return isinstance(origin, TableOrigin) and (origin.schema_name, origin.table_name) == (schema_name, table_name)


def _keys(dataset: Dataset, table: "TableDraft") -> None:
    lefts = {_BASE: dataset.row_noun} | {join.name: catalog.join_name(join) for join in dataset.joins}
    with st.grid(3, min_column_width=200):
        if len(lefts) > 1:
            st.selectbox("Joined to", list(lefts), key=_LEFT, format_func=lambda name: lefts[name])
        st.selectbox(
            f"Column of {lefts[st.session_state.get(_LEFT) or _BASE]}",
            _left_columns(dataset),
            index=None,
            key=_LEFT_KEY,
            placeholder="Choose the column",
        )
        st.selectbox(f"equals column of {table.table_name}", [f.source_column for f in table.fields], key=_RIGHT_KEY)
        st.text_input("Called", key=_NAME, max_chars=60, help="What one of its rows is to yours: customer, product")
    left, right = catalog.one(dataset.row_noun), (st.session_state.get(_NAME) or table.table_name).replace("_", " ")
    st.radio(
        "How they belong together",
        list(Cardinality),
        key=_CARDINALITY,
        format_func=lambda item: catalog.join_sentence(left, right, item),
    )


def _left_columns(dataset: Dataset) -> list[str]:
    name = st.session_state.get(_LEFT) or _BASE
    if name == _BASE:
        return [field.source_column for field in columns_of(dataset)]
    columns: tuple[SourceColumn, ...] = next((j.table.columns for j in dataset.joins if j.name == name), ())
    return [column.name for column in columns]


def _is_ready() -> bool:
    return all(st.session_state.get(name) for name in (_TABLE, _LEFT_KEY, _RIGHT_KEY, _NAME))


def _add(named: "dict[str, TableDraft]") -> None:
    state = st.session_state
    dataset = drafts.current().dataset
    join = Join(
        name=edits.name_of(state[_NAME], (one.name for one in dataset.joins)),
        table=origin_of(named[state[_TABLE]]),
        keys=(JoinKey(left=state[_LEFT_KEY], right=state[_RIGHT_KEY]),),
        left=state.get(_LEFT) or None,
        cardinality=state[_CARDINALITY],
    )
    try:
        changed = broadsheet().datasets.joined(guard(Permission.MANAGE_CATALOG), dataset, join)
    except BroadsheetError as error:
        state[keys.DATASET_NOTICE] = error
        return
    drafts.change(changed)
    _close()
