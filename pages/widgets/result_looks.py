"""Conditional formatting in the builder's table, and the pictures of its chart to keep."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import pyarrow as pa
import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.parameters import ParameterValue, dump_parameters
from core.services.charts import CHART_FORMATS
from core.services.looks import PageLooks
from pages.widgets import draft as drafts
from pages.widgets import words


def styled(table: pa.Table, looks: PageLooks | None) -> Any:
    """The rows as the table takes them, with the looks of their cells."""
    if looks is None or not looks.styles:
        return table
    # Arrow's own types: pandas' would round long numbers beside an empty cell.
    frame = table.to_pandas(types_mapper=pd.ArrowDtype)
    plain = ("",) * len(frame)
    styles = pd.DataFrame({key: looks.styles.get(key, plain) for key in frame.columns}, index=frame.index)
    return frame.style.apply(lambda _: styles, axis=None)


def legend(looks: PageLooks | None) -> None:
    """Say below the table what its marks mean."""
    if looks is None:
        return
    compared = " · Shades and bars compare the rows of this page; files compare all rows." if looks.is_of_page else ""
    st.caption(words.plain(" · ".join(looks.legend)) + compared)


def chart_downloads(principal: Principal, given: Mapping[str, ParameterValue]) -> None:
    """Draw the links to the chart as a picture; the report has to be saved, for they say what is saved."""
    if not principal.may(Permission.MANAGE_EXPORTS):
        return
    draft = drafts.current()
    is_saved = draft.report_id is not None and not draft.is_changed
    with st.container(horizontal=True, horizontal_alignment="right", key="builder_chart_files"):
        for name in CHART_FORMATS:
            asked = {"format": name, "parameters": json.dumps(dump_parameters(given))}
            st.link_button(
                name.upper(),
                f"/charts/{draft.report_id}?{urlencode(asked)}",
                icon=":material/download:",
                type="tertiary",
                disabled=not is_saved,
                help="The chart as a picture." if is_saved else "Save the report first: pictures show what is saved.",
            )
