"""The SQL of the draft beside the report, for those who may see it: a tab of the builder's right area."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.result import Preview
from pages.widgets import keys
from pages.widgets.states import empty

TAB = "SQL"
_TABS = ("Table", "Chart", "More")
#: Fields, page and properties; SQL has longer lines than properties.
_WIDTHS, _WIDTHS_WITH_SQL = (2.1, 7, 2.9), (2.1, 5.6, 4.3)


def side_tabs(principal: Principal) -> Sequence[Any]:
    """Draw the tabs of the right area: three, and that of the SQL for those who may see it."""
    return st.tabs([*_TABS, *([TAB] if _may(principal) else [])], key=keys.BUILDER_TABS, on_change="rerun")


def widths(principal: Principal) -> tuple[float, float, float]:
    """Return how wide the builder's areas are; where the SQL was open when the screen was left, it is again."""
    if keys.BUILDER_TABS not in st.session_state and st.session_state.get(keys.BUILDER_SQL) and _may(principal):
        st.session_state[keys.BUILDER_TABS] = TAB
    is_open = st.session_state.get(keys.BUILDER_TABS) == TAB
    st.session_state[keys.BUILDER_SQL] = is_open
    return _WIDTHS_WITH_SQL if is_open else _WIDTHS


def sql_panel(preview: Preview | None) -> None:
    """Draw what the source was asked for the answer on the screen."""
    if preview is None:
        empty("No SQL yet", "It is here once the report has an answer.", icon=":material/code:")
    elif preview.sql is None:
        st.info(
            "A data policy decides what you see of this data. The SQL would tell its rules, so it is not shown.",
            icon=":material/shield_person:",
        )
    else:
        st.code(preview.sql.in_full(), language="sql", wrap_lines=True)
        st.caption("What the source is asked for the table, with the values in their places.")


def _may(principal: Principal) -> bool:
    return principal.may(Permission.SEE_SQL)
