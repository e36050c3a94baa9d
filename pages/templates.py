"""Workbook templates: what is filled instead of making a new workbook, one line each."""

import streamlit as st

from core.domain.access import Permission
from core.errors import BroadsheetError
from pages.widgets import keys
from pages.widgets.app import broadsheet, guard
from pages.widgets.screen import entered, heading
from pages.widgets.states import empty, problem
from pages.widgets.template_dialogs import new_template, start_example
from pages.widgets.template_list import template_list

principal = guard(Permission.EDIT_REPORTS)
entered("templates")
with heading("Templates", "templates"):
    if st.button("Start from a report", key=keys.TEMPLATES_EXAMPLE):
        start_example()
    if st.button("Upload a workbook", type="primary", key=keys.TEMPLATES_NEW):
        new_template()
st.caption(
    "A template is an Excel workbook of yours with named cells and a table. A file made with it is that workbook, "
    "filled: its formulas, formats and charts stay. Choose it under the choices of an Excel file."
)
try:
    found = broadsheet().templates.list(principal)
    counts = broadsheet().templates.use_counts(principal)
except BroadsheetError as error:
    problem(error)
    st.stop()
if found:
    template_list(found, counts)
else:
    empty(
        "No templates yet",
        "Press Start from a report for a workbook with its columns and names, style it, and upload it here.",
        icon=":material/table_view:",
    )
