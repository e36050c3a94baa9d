"""The schedule form's section of days: business days and whose, quiet dates, the first and the last day."""

from typing import Any

import streamlit as st

from core.domain.access import Principal
from core.domain.calendar import Region
from core.domain.moments import weekday_words
from core.domain.schedule import BusinessDays
from core.errors import InvalidInput
from pages.widgets import form_values as form
from pages.widgets import schedule_state as state
from pages.widgets.app import broadsheet

RULES = {
    BusinessDays.ANY: "Run anyway",
    BusinessDays.SKIP: "Skip it",
    BusinessDays.NEXT: "Move to the next business day",
    BusinessDays.PREVIOUS: "Move to the business day before",
}
#: What a country's calendar begins with.
_FIRST_COUNTRY = "US"
#: Places of what can be wrong here.
PLACES = tuple(
    f"schedule_config.{name}" for name in ("business_days", "calendar", "quiet_dates", "starts_on", "ends_on")
)


def days_section(principal: Principal, values: dict[str, Any], wrong: InvalidInput | None) -> None:
    """Draw the section, open where something in it is said or wrong."""
    is_said = values["business_days"] is not BusinessDays.ANY or bool(
        values["quiet_dates"] or values["starts_on"] or values["ends_on"]
    )
    with st.expander("Days off, first and last day", expanded=is_said or form.is_at(wrong, *PLACES)):
        st.selectbox(
            "On a day off",
            list(RULES),
            key=form.keep("business_days", values),
            format_func=lambda rule: RULES[rule],
            help="What happens when the day is no business day.",
        )
        form.error_at(wrong, "schedule_config.business_days")
        if state.asks_calendar(values):
            _calendar(principal, values)
            form.error_at(wrong, "schedule_config.calendar")
        _quiet_dates(values)
        form.error_at(wrong, "schedule_config.quiet_dates")
        first, last = form.keep("starts_on", values), form.keep("ends_on", values)
        with st.container(horizontal=True):
            st.date_input("First day", key=first, format="YYYY-MM-DD")
            st.date_input("Last day", key=last, format="YYYY-MM-DD")
        form.error_at(wrong, "schedule_config.starts_on", "schedule_config.ends_on")


def _calendar(principal: Principal, values: dict[str, Any]) -> None:
    """Draw whose days off count."""
    calendars = broadsheet().calendars
    ours = {str(one.id): one.name for one in calendars.list(principal)}
    ways = [state.BY_WEEK, state.BY_COUNTRY, *([state.BY_OURS] if ours else [])]
    st.segmented_control(
        "Business days are",
        ways,
        key=form.keep("days_by", values),
        required=True,
        on_change=_begin,
        args=(next(iter(ours), None),),
    )
    chosen = st.session_state[form.key("days_by")]
    if chosen == state.BY_COUNTRY:
        _region({region.code: region for region in calendars.countries(principal)}, values)
    elif chosen == state.BY_OURS:
        st.selectbox("Calendar", list(ours), key=form.keep("our_calendar", values), format_func=lambda id_: ours[id_])
    elif not ours:
        st.caption("Days off of your own are kept under Calendars.")


def _begin(our_calendar: str | None) -> None:
    """Start a way of knowing days off with an answer."""
    values = form.read()
    if values["country"] is None:
        form.put("country", _FIRST_COUNTRY)
    if values["our_calendar"] is None:
        form.put("our_calendar", our_calendar)


def _region(countries: dict[str, Region], values: dict[str, Any]) -> None:
    with st.container(horizontal=True):
        st.selectbox(
            "Country",
            list(countries),
            key=form.keep("country", values),
            format_func=lambda code: countries[code].name,
            on_change=lambda: form.put("part", ""),
        )
        parts = {part.code: part.name for part in countries[st.session_state[form.key("country")]].parts}
        if not parts:
            return
        st.selectbox(
            "Region",
            ["", *parts],
            key=form.keep("part", values),
            format_func=lambda code: _part_label(code, parts) if code else "The whole country",
        )


def _part_label(code: str, parts: dict[str, str]) -> str:
    """A region's name with its letters, which tell apart regions of one name."""
    letters = code.partition("-")[2]
    return parts[code] if parts[code] == letters else f"{parts[code]} ({letters})"


def _quiet_dates(values: dict[str, Any]) -> None:
    present = sorted(values["quiet_dates"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.date_input(
            "Quiet dates",
            key=form.keep("quiet_add", values),
            format="YYYY-MM-DD",
            on_change=_add_quiet,
            help="Nothing is sent on these days. Pick one after the other.",
            width=180,
        )
        if present:
            st.multiselect(
                "Not on",
                present,
                key=form.keep("quiet_dates", values),
                format_func=weekday_words,
                label_visibility="collapsed",
                select_all=False,
            )


def _add_quiet() -> None:
    day = st.session_state[form.key("quiet_add")]
    if day is not None:
        form.put("quiet_dates", sorted({*form.read()["quiet_dates"], day}))
        form.put("quiet_add", None)
