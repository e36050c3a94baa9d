"""Rows of a source or a dataset as a table of a few lines."""

from dataclasses import replace

import streamlit as st

from core.domain.catalog import RowSample
from pages.widgets.result import column_config

_ROW_HEIGHT = 32


def sample_table(found: RowSample, *, key: str, timezone: str, rows: int, by_column: bool = False) -> None:
    """Draw rows as reports write them, `rows` of them at once. `by_column`: under the names the source has."""
    columns = [replace(one, label=one.key) if by_column else one for one in found.columns]
    st.dataframe(
        found.table,
        key=key,
        hide_index=True,
        row_height=_ROW_HEIGHT,
        height=(min(found.table.num_rows, rows) + 1) * _ROW_HEIGHT + 4,
        column_config={column.key: column_config(column, timezone) for column in columns},
        placeholder="",
        alt="First rows",
    )
