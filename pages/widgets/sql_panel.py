"""The SQL that a dataset stands on: shown to everyone who edits it, changed by those who may write SQL."""

from dataclasses import replace

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.dataset import Dataset
from core.domain.relation import SqlOrigin
from core.errors import BroadsheetError
from pages.widgets import dataset_draft as drafts
from pages.widgets import keys
from pages.widgets.app import broadsheet, guard

_TEXT = "dataset_sql"
_SHOWN = "dataset_sql_shown"


def sql_panel(principal: Principal, dataset: Dataset, origin: SqlOrigin) -> None:
    """Draw the SQL, in a box where it may be changed."""
    st.html('<h2 class="bs-part">SQL</h2>')
    if not principal.may(Permission.WRITE_SQL):
        st.code(origin.sql, language="sql", wrap_lines=True)
        return
    if _TEXT not in st.session_state or st.session_state.get(_SHOWN) != (dataset.id, origin.sql):
        st.session_state[_TEXT] = origin.sql
        st.session_state[_SHOWN] = (dataset.id, origin.sql)
    text = st.text_area("SQL", key=_TEXT, height="content", label_visibility="collapsed")
    is_other = bool((text or "").strip()) and text != origin.sql
    st.button("Use this SQL", key="dataset_sql_use", on_click=_use, disabled=not is_other)


def _use() -> None:
    """Put the SQL written in the place of the dataset's own; its columns are asked of the source."""
    dataset = drafts.current().dataset
    drafts.forget_questions()
    try:
        principal = guard(Permission.MANAGE_CATALOG)
        made = broadsheet().datasets.draft_sql(principal, dataset.source_id, st.session_state[_TEXT])
    except BroadsheetError as error:
        st.session_state[keys.DATASET_NOTICE] = error
        return
    drafts.change(replace(dataset, origin=made.origin))
