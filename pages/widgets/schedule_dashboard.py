"""The schedule form where a dashboard is sent: which one, and the values that its filters are given every time."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.dashboard_json import parse_filters
from core.domain.parameters import ParameterValue, dump_parameters
from core.domain.schedule import Schedule
from core.errors import BroadsheetError, InvalidInput
from pages.widgets import keys, words
from pages.widgets.app import broadsheet
from pages.widgets.board_filters import filter_bar
from pages.widgets.states import problem


def open_dashboard(principal: Principal, schedule: Schedule | None, named: UUID | None) -> None:
    """Remember which dashboard the form is about, with the values that a schedule was saved with."""
    dashboard_id = schedule.dashboard_id if schedule else named
    st.session_state[keys.SCHEDULE_DASHBOARD] = dashboard_id
    st.session_state[keys.SCHEDULE_FILTERS] = {}
    if schedule is None or dashboard_id is None:
        return
    content = broadsheet().dashboards.get(principal, dashboard_id).content
    asked = {shared.name for shared in content.filters}
    known = {name: value for name, value in schedule.report_parameters.items() if name in asked}
    try:
        _kept(dashboard_id).update(parse_filters(content, known))
    except InvalidInput:
        return


def chosen_dashboard() -> UUID | None:
    """Return the dashboard that the form is about; None where it is about a report."""
    found: UUID | None = st.session_state.get(keys.SCHEDULE_DASHBOARD)
    return found


def dashboard_choice(principal: Principal) -> str:
    """Draw which dashboard is sent; returns its name."""
    dashboards = {item.id: item.name for item in broadsheet().dashboards.list(principal, limit=200).items}
    chosen = chosen_dashboard()
    if chosen is not None and chosen not in dashboards:
        dashboards[chosen] = broadsheet().dashboards.get(principal, chosen).name
    labels = words.distinct(dashboards)
    picked: UUID = st.selectbox(
        "Dashboard", list(dashboards), key=keys.SCHEDULE_DASHBOARD, format_func=lambda key: labels.get(key, "")
    )
    return dashboards[picked]


def filter_section(principal: Principal, dashboard_id: UUID) -> None:
    """Draw the filters of the dashboard, whose values every run is given."""
    try:
        content = broadsheet().dashboards.get(principal, dashboard_id).content
    except BroadsheetError as error:
        problem(error)
        return
    if content.filters:
        st.html('<h2 class="bs-part">Its filters</h2>')
        filter_bar(principal, content, _kept(dashboard_id), key=f"schedule_filters_{dashboard_id}")


def filters_json(dashboard_id: UUID) -> Mapping[str, Any]:
    """Return the values given for the filters, as a schedule keeps them."""
    return dump_parameters(_kept(dashboard_id))


def terms_words() -> None:
    """Say why a dashboard has no terms."""
    st.caption(
        "A dashboard is sent every time. Conditions, fresh data and approval look at the result of one report: "
        "schedule that report to use them."
    )


def _kept(dashboard_id: UUID) -> dict[str, ParameterValue]:
    kept: dict[UUID, dict[str, ParameterValue]] = st.session_state.setdefault(keys.SCHEDULE_FILTERS, {})
    return kept.setdefault(dashboard_id, {})
