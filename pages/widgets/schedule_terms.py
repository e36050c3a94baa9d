"""The schedule form's terms: what must be true before it is sent, and what happens where it is not."""

from typing import Any
from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Measure, ReportDefinition
from core.domain.schedule import Misfire
from core.domain.terms import Against, ConditionKind, StaleThen, UnknownThen
from core.errors import BroadsheetError, InvalidInput
from pages.widgets import form_values as form
from pages.widgets import terms_state as state
from pages.widgets import words
from pages.widgets.app import broadsheet
from pages.widgets.states import problem

CONDITIONS = {
    ConditionKind.ALWAYS: "Always",
    ConditionKind.ROWS: "There are rows",
    ConditionKind.CHANGED: "The result is another than the last one sent",
    ConditionKind.THRESHOLD: "A figure crosses a limit",
    ConditionKind.DEVIATION: "A figure moves",
}
_LIMITS = {
    ">": "is more than",
    ">=": "is at least",
    "<": "is less than",
    "<=": "is at most",
    "=": "is exactly",
    "!=": "is not",
}
_MOVES = {"up": "goes up by", "down": "goes down by", "either": "goes up or down by"}
_AGAINST = {Against.PREVIOUS: "the run before", Against.MEDIAN: "the usual value of the last runs"}
_STALE = {
    StaleThen.SKIP: "Do not send",
    StaleThen.SEND: "Send it, marked as not fresh",
    StaleThen.NOTIFY: "Do not send, and tell the owner",
}
_UNKNOWN = {UnknownThen.RESEND: "Send it once more", UnknownThen.HOLD: "Hold it until the owner decides"}
_UNITS = {state.SECONDS: "seconds", state.MINUTES: "minutes", state.HOURS: "hours", state.DAYS: "days"}
_NO_FIGURES = "The report has no figure that can be compared. Add a measure or a headline number to it first."
_KEEPS_TYPE = (Aggregation.MIN, Aggregation.MAX)


def terms_section(
    principal: Principal, values: dict[str, Any], report_id: UUID | None, wrong: InvalidInput | None
) -> None:
    """Draw the section."""
    if report_id is None:
        return
    try:
        definition = broadsheet().reports.get(principal, report_id).definition
        dataset = broadsheet().catalog.dataset(principal, definition.dataset_id)
    except BroadsheetError as error:
        problem(error)
        return
    figures = _figures(definition, dataset)
    st.selectbox(
        "Send only if",
        list(CONDITIONS),
        key=form.keep("condition", values),
        format_func=lambda kind: CONDITIONS[kind],
        help="Where it is not so, the run is skipped, with the reason in the history.",
    )
    kind = st.session_state[form.key("condition")]
    if kind in state.WITH_FIGURE:
        _figure_fields(kind, values, figures)
    if kind in state.LASTING:
        st.checkbox("Only once, until it has passed", key=form.keep("until_recovers", values))
    form.error_at(wrong, "condition")
    st.toggle("Wait for fresh data", key=form.keep("waits", values))
    if st.session_state[form.key("waits")]:
        _fresh_fields(values, dataset)
    form.error_at(wrong, "freshness")
    st.toggle("Hold for approval if a figure looks unusual", key=form.keep("holds", values))
    if st.session_state[form.key("holds")]:
        _hold_fields(values, figures)
    form.error_at(wrong, "hold")


def mishap_section(values: dict[str, Any], wrong: InvalidInput | None) -> None:
    """Draw what happens where something goes wrong."""
    is_open = form.is_at(wrong, "misfire", "unknown") or values["unknown"] is not UnknownThen.RESEND
    with st.expander("If something goes wrong", expanded=is_open):
        st.selectbox(
            "If it was missed",
            list(Misfire),
            key=form.keep("misfire", values),
            format_func=lambda item: words.MISFIRES[item],
            help="A time is missed when nothing was running. Every missed time stays visible in the history.",
        )
        st.selectbox(
            "If it is unknown whether a mail arrived",
            list(_UNKNOWN),
            key=form.keep("unknown", values),
            format_func=lambda item: _UNKNOWN[item],
            help="The connection broke just when the other side was to say yes.",
        )
        form.error_at(wrong, "misfire", "unknown")


def _figures(definition: ReportDefinition, dataset: Dataset) -> dict[str, str]:
    """The measures that can be compared, by key; numbers only."""
    found = {one.key: one for one in (*definition.kpis, *definition.measures)}
    return {key: words.measure(one, dataset) for key, one in found.items() if _is_number(one, dataset)}


def _is_number(measure: Measure, dataset: Dataset) -> bool:
    """Lowest and highest keep the type of their field; everything else counts or adds."""
    field = dataset.field(measure.field) if measure.field and measure.aggregation in _KEEPS_TYPE else None
    return field is None or field.type.is_number


def _figure_fields(kind: ConditionKind, values: dict[str, Any], figures: dict[str, str]) -> None:
    if not _figure("measure", values, figures):
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if kind is ConditionKind.THRESHOLD:
            op, limit = form.keep("limit_op", values), form.keep("limit", values)
            st.selectbox("Comparison", list(_LIMITS), key=op, format_func=lambda item: _LIMITS[item], width=180)
            st.number_input("Limit", key=limit, format="%.10g", width=180)
            return
        op, percent, against = (form.keep(name, values) for name in ("move_op", "move_pct", "against"))
        st.selectbox("Which way", list(_MOVES), key=op, format_func=lambda item: _MOVES[item], width=190)
        st.number_input("Percent", key=percent, min_value=0.0, step=5.0, format="%.4g", width=120)
        st.selectbox("Against", list(_AGAINST), key=against, format_func=lambda item: _AGAINST[item], width=260)
        if st.session_state[against] is Against.MEDIAN:
            window = form.keep("median_of", values)
            st.number_input("Of how many", key=window, min_value=2, max_value=100, step=1, width=120)


def _fresh_fields(values: dict[str, Any], dataset: Dataset) -> None:
    fields = {one.name: one.label for one in dataset.fields if one.type.is_temporal}
    if not fields:
        st.caption("The data has no date or time, so nobody can say how fresh it is.")
        return
    usual = dataset.time_field if dataset.time_field in fields else next(iter(fields))
    if values["fresh_field"] not in fields:
        form.put("fresh_field", usual)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = form.keep("fresh_field", values)
        st.selectbox("Newest", list(fields), key=name, format_func=lambda item: fields[item], width=220)
        _duration("fresh_age", "is younger than", values, at_least=1)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _duration("fresh_deadline", "Wait for it up to", values, at_least=0)
        then = form.keep("fresh_then", values)
        st.selectbox("and then", list(_STALE), key=then, format_func=lambda item: _STALE[item], width=270)


def _duration(field: str, label: str, values: dict[str, Any], *, at_least: int) -> None:
    number, unit = form.keep(field, values), form.keep(f"{field}_unit", values)
    units = [one for one in _UNITS if one != state.SECONDS or values[f"{field}_unit"] == one]
    st.number_input(label, key=number, min_value=at_least, step=1, width=150)
    st.selectbox("Unit", units, key=unit, format_func=lambda item: _UNITS[item], label_visibility="hidden", width=120)


def _hold_fields(values: dict[str, Any], figures: dict[str, str]) -> None:
    if not _figure("hold_measure", values, figures):
        return
    percent = form.keep("hold_pct", values)
    label = "moves by more than … percent against its last runs"
    st.number_input(label, key=percent, min_value=0.0, step=5.0, format="%.4g", width=340)
    st.caption("The owner is told. Nobody gets it before somebody who manages schedules lets it go.")


def _figure(field: str, values: dict[str, Any], figures: dict[str, str]) -> bool:
    """Draw the choice of a figure; returns whether there is one."""
    if not figures:
        st.caption(_NO_FIGURES)
        return False
    if values[field] not in figures:
        form.put(field, next(iter(figures)))
    labels = _told_apart(figures)
    st.selectbox("Figure", list(figures), key=form.keep(field, values), format_func=lambda key: labels.get(key, key))
    return True


def _told_apart(figures: dict[str, str]) -> dict[str, str]:
    """Labels that stand twice get their key: Streamlit tells options apart by their labels alone."""
    labels = list(figures.values())
    return {key: label if labels.count(label) == 1 else f"{label} ({key})" for key, label in figures.items()}
