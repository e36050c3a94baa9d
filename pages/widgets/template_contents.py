"""What was found in a workbook, for its owner: the names, the table, what is unknown and what is not kept."""

import streamlit as st

from core.domain.workbook_template import TemplateContents
from pages.widgets import words

_ROW_HEIGHT, _MOST_ROWS = 35, 7


def contents_view(contents: TemplateContents) -> None:
    """Draw what a workbook holds."""
    for unknown in contents.unknown:
        st.warning(f"{words.plain(unknown)}.", icon=":material/help:")
    for warning in contents.warnings:
        st.warning(words.plain(warning), icon=":material/content_cut:")
    table = contents.table
    if table is None:
        st.warning("There is no table: the rows of a report will not be in the file.", icon=":material/table_rows:")
    else:
        st.markdown(f"**Table** {words.plain(table.name)}, {words.plain(table.place)}")
        listed = [
            {"Column": column.heading or "(no heading)", "Filled with": _filled(column.heading, column.is_formula)}
            for column in table.columns
        ]
        st.dataframe(listed, hide_index=True, height=_height(len(listed)))
    if contents.names:
        st.markdown("**Names**")
        listed = [{"Name": one.name, "Cell": one.place, "Filled with": one.meaning} for one in contents.names]
        st.dataframe(listed, hide_index=True, height=_height(len(listed)))


def _height(rows: int) -> int:
    """Pixels of a list; a long one scrolls, so that what is below stays in reach."""
    return _ROW_HEIGHT * (min(rows, _MOST_ROWS) + 1) + 3


def _filled(heading: str, is_formula: bool) -> str:
    if is_formula:
        return "its own formula, in every row"
    return f"the report's {heading}" if heading else "nothing"
