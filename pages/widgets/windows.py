"""The one editor of date windows, for the period and for filters."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import streamlit as st

from core.domain.definition import ReportDefinition
from core.domain.filter import DateUnit, DateWindow, WindowKind
from core.errors import BroadsheetError
from core.services.spans import days_in_words
from pages.widgets import draft as drafts
from pages.widgets.app import broadsheet
from pages.widgets.words import WINDOWS, plain, unit
from pages.widgets.words import window as in_words

_LAST = WindowKind.LAST
#: The days that can be picked in a calendar.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
#: What most people want, one click away.
QUICK = (
    DateWindow(kind=_LAST, n=7, unit=DateUnit.DAY),
    DateWindow(kind=_LAST, n=30, unit=DateUnit.DAY),
    DateWindow(kind=_LAST, n=12, unit=DateUnit.WEEK),
    DateWindow(kind=_LAST, n=1, unit=DateUnit.MONTH),
    DateWindow(kind=_LAST, n=3, unit=DateUnit.MONTH),
    DateWindow(kind=_LAST, n=12, unit=DateUnit.MONTH),
    DateWindow(kind=WindowKind.TO_DATE, unit=DateUnit.MONTH),
    DateWindow(kind=WindowKind.TO_DATE, unit=DateUnit.YEAR),
)
SetWindow = Callable[[ReportDefinition, DateWindow], ReportDefinition]


def window_editor(key: str, value: DateWindow, today: date, save: SetWindow) -> None:
    """Draw quick choices and the exact controls; every change goes through `save(definition, window)`."""
    drafts.control(
        st.pills,
        "Quick choices",
        key=f"{key}_quick",
        value=value if value in QUICK else None,
        edit=lambda d, picked: save(d, picked) if picked else d,
        options=QUICK,
        format_func=lambda w: in_words(w).capitalize(),
        label_visibility="collapsed",
    )
    _days_said(value)
    drafts.control(
        st.segmented_control,
        "Kind of period",
        key=f"{key}_kind",
        value=value.kind,
        edit=lambda d, kind: save(d, _of_kind(value, kind or value.kind, today)),
        options=list(WINDOWS),
        format_func=lambda kind: WINDOWS[kind],
        label_visibility="collapsed",
        required=True,
    )
    if value.kind is WindowKind.BETWEEN:
        _fixed(key, value, save)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if value.kind in (WindowKind.LAST, WindowKind.NEXT):
            drafts.control(
                st.number_input,
                "How many",
                key=f"{key}_n",
                value=value.n,
                edit=lambda d, n: save(d, replace(value, n=int(n or 1))),
                min_value=1,
                max_value=1000,
                step=1,
                width=120,
            )
        drafts.control(
            st.selectbox,
            "Unit",
            key=f"{key}_unit",
            value=value.unit,
            edit=lambda d, u: save(d, replace(value, unit=u)),
            options=list(DateUnit),
            format_func=lambda u: unit(u, value.n if value.kind in (WindowKind.LAST, WindowKind.NEXT) else 1),
            width=130,
        )
    if value.kind in (WindowKind.LAST, WindowKind.NEXT):
        drafts.control(
            st.checkbox,
            f"Count the current {value.unit} in",
            key=f"{key}_current",
            value=value.include_current,
            edit=lambda d, on: save(d, replace(value, include_current=on)),
        )

    _offset(key, value, save)


def _days_said(value: DateWindow) -> None:
    """Print the days that the window stands for now."""
    definition = drafts.current().definition
    try:
        days = days_in_words(
            value,
            logical_at=broadsheet().clock.now(),
            timezone=definition.timezone,
            calendar=definition.calendar,
        )
    except BroadsheetError as error:
        st.caption(f":red[{plain(error.user_message)}]")
        return
    is_fixed = value.kind is WindowKind.BETWEEN
    st.markdown(f"**{days}**" if is_fixed else f"{in_words(value).capitalize()}: **{days}**")


def _offset(key: str, value: DateWindow, save: SetWindow) -> None:
    """Draw by how much the whole span is moved; the numbers only once it is."""
    drafts.control(
        st.checkbox,
        "Move it to an earlier or later time",
        key=f"{key}_moved",
        value=value.offset != 0,
        edit=lambda d, on: save(d, replace(value, offset=-1 if on else 0, offset_unit=DateUnit.YEAR)),
    )
    if not value.offset:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        drafts.control(
            st.number_input,
            "By",
            key=f"{key}_offset",
            value=value.offset,
            edit=lambda d, n: save(d, replace(value, offset=int(n or -1))),
            min_value=-500,
            max_value=500,
            step=1,
            help="-1 year is the same span a year before.",
            width=120,
        )
        drafts.control(
            st.selectbox,
            "Unit of the move",
            key=f"{key}_offset_unit",
            value=value.offset_unit,
            edit=lambda d, u: save(d, replace(value, offset_unit=u)),
            options=list(DateUnit),
            format_func=lambda u: unit(u, abs(value.offset)),
            label_visibility="hidden",
            width=130,
        )


def _fixed(key: str, value: DateWindow, save: SetWindow) -> None:
    def edit(d: ReportDefinition, picked: Any) -> ReportDefinition:
        if not isinstance(picked, tuple) or len(picked) != 2:
            return d
        return save(d, replace(value, first_on=picked[0], last_on=picked[1]))

    drafts.control(
        st.date_input,
        "First and last day",
        key=f"{key}_days",
        value=(value.first_on, value.last_on),
        edit=edit,
        format="YYYY-MM-DD",
        min_value=min(FIRST_DAY, value.first_on or FIRST_DAY),
        max_value=max(LAST_DAY, value.last_on or LAST_DAY),
    )


def _of_kind(value: DateWindow, kind: WindowKind, today: date) -> DateWindow:
    if kind is WindowKind.BETWEEN:
        return DateWindow(kind=kind, first_on=today - timedelta(days=30), last_on=today)
    if kind in (WindowKind.THIS, WindowKind.TO_DATE):
        return DateWindow(kind=kind, unit=value.unit if value.unit is not DateUnit.DAY else DateUnit.MONTH)
    return DateWindow(kind=kind, n=max(value.n, 1), unit=value.unit)
