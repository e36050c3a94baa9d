"""How the columns of a result are called, written and sized, and which are only computed and sorted by."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from core.domain.definition import ReportDefinition
from core.domain.field import DateStyle, NumberStyle
from core.domain.result import ResultColumn
from pages.widgets import catalog_words as catalog
from pages.widgets import draft as drafts
from pages.widgets import keys
from pages.widgets.property_rows import section
from pages.widgets.result_edits import option_of, set_format, set_option

Columns = Mapping[str, ResultColumn]


def columns_section(definition: ReportDefinition, columns: Columns) -> None:
    """Draw the choice of a column, and how it is called, written and sized."""
    place = section("Names and formats", is_used=bool(definition.options))
    if not place.open:
        return
    with place:
        if not columns:
            st.caption("There is no column yet.")
            return
        if st.session_state.get(keys.BUILDER_COLUMN) not in columns:
            st.session_state[keys.BUILDER_COLUMN] = next(iter(columns))
        chosen = {option.key for option in definition.options}
        key = st.selectbox(
            "Column",
            list(columns),
            key=keys.BUILDER_COLUMN,
            format_func=lambda one: _choice(columns, one, is_chosen=one in chosen),
            label_visibility="collapsed",
        )
        column_form(definition, columns[key])


def _choice(columns: Columns, key: str, *, is_chosen: bool) -> str:
    column = columns.get(key)
    if column is None:
        return key
    mark = ", hidden" if column.is_hidden else ", changed" if is_chosen else ""
    return f"{column.label}{mark}"


def column_form(
    definition: ReportDefinition, column: ResultColumn, *, prefix: str = "builder_option", hides: bool = True
) -> None:
    """Draw how a column is called, written and sized; `hides`: with the choice to hide it."""
    key = column.key
    option = option_of(definition, key)
    drafts.control(
        st.text_input,
        "Called",
        key=f"{prefix}_{key}_label",
        value=option.label or "",
        edit=lambda d, text: set_option(d, key, label=text.strip() or None),
        placeholder=column.label,
        max_chars=100,
    )
    if column.type.is_number:
        _number_format(column, prefix)
    elif column.type.is_temporal:
        _day_format(column, prefix)
    drafts.control(
        st.number_input,
        "Width in characters",
        key=f"{prefix}_{key}_width",
        value=option.width,
        edit=lambda d, n: set_option(d, key, width=int(n) if n else None),
        min_value=1,
        max_value=500,
        step=1,
        placeholder="As the data needs",
    )
    if hides:
        drafts.control(
            st.checkbox,
            "Hide it",
            key=f"{prefix}_{key}_hidden",
            value=option.is_hidden,
            edit=lambda d, on: set_option(d, key, is_hidden=on),
            help="It is computed and can be sorted by, and stands neither here nor in files.",
        )
    if option.format is not None or option.label or option.width:
        drafts.act(
            "As the dataset has it",
            key=f"{prefix}_{key}_reset",
            edit=lambda d: set_option(d, key, label=None, format=None, width=None),
            type="tertiary",
            icon=":material/undo:",
        )


def _number_format(column: ResultColumn, prefix: str) -> None:
    written, key = column.format, column.key
    with st.container(horizontal=True, vertical_alignment="bottom"):
        drafts.control(
            st.selectbox,
            "Written as",
            key=f"{prefix}_{key}_style",
            value=written.style,
            edit=lambda d, style: set_format(d, key, replace(written, decimals=None), style=style),
            options=list(NumberStyle),
            format_func=lambda style: catalog.NUMBER_STYLES[style],
            width="stretch",
        )
        drafts.control(
            st.number_input,
            "Decimals",
            key=f"{prefix}_{key}_decimals",
            value=written.decimals,
            edit=lambda d, n: set_format(d, key, written, decimals=None if n is None else int(n)),
            min_value=0,
            max_value=15,
            step=1,
            placeholder="Usual",
            width=110,
        )
    drafts.control(
        st.text_input,
        "Unit",
        key=f"{prefix}_{key}_unit",
        value=written.unit or "",
        edit=lambda d, text: set_format(d, key, written, unit=text.strip() or None),
        max_chars=20,
        placeholder="None",
    )


def _day_format(column: ResultColumn, prefix: str) -> None:
    written, key = column.format, column.key
    drafts.control(
        st.selectbox,
        "Written as",
        key=f"{prefix}_{key}_day",
        value=written.date_style or DateStyle.MEDIUM,
        edit=lambda d, style: set_format(d, key, written, date_style=style),
        options=list(DateStyle),
        format_func=lambda style: catalog.DATE_STYLES[style],
    )
