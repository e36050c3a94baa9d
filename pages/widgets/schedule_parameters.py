"""The schedule form's section of what its report asks for: the values that every run of the schedule is given."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.filter_off import applied
from core.domain.parameters import ParameterValue, dump_parameters, parse_parameters
from core.domain.schedule import Schedule
from core.errors import InvalidInput
from pages.widgets import keys
from pages.widgets.app import broadsheet
from pages.widgets.parameters import parameter_inputs


def open_values(principal: Principal, schedule: Schedule | None) -> None:
    """Start with the values that a schedule was saved with."""
    st.session_state[keys.SCHEDULE_GIVEN] = {}
    if schedule is not None and schedule.report_id is not None:
        _kept(schedule.report_id).update(_saved(principal, schedule, schedule.report_id))


def given_json(principal: Principal, report_id: UUID) -> Mapping[str, Any]:
    """Return the values given for what a report asks, as a schedule keeps them."""
    asked = {one.name for one in broadsheet().reports.get(principal, report_id).definition.parameters}
    return dump_parameters({name: value for name, value in _kept(report_id).items() if name in asked})


def _kept(report_id: UUID) -> dict[str, ParameterValue]:
    """Return the values given so far for what a report asks; what is put into them is kept."""
    kept: dict[UUID, dict[str, ParameterValue]] = st.session_state.setdefault(keys.SCHEDULE_GIVEN, {})
    return kept.setdefault(report_id, {})


def _saved(principal: Principal, schedule: Schedule, report_id: UUID) -> Mapping[str, ParameterValue]:
    """Return the values a schedule was saved with, those that its report still takes."""
    definition = broadsheet().reports.get(principal, report_id).definition
    asked = {one.name for one in definition.parameters}
    known = {name: value for name, value in schedule.report_parameters.items() if name in asked}
    try:
        return parse_parameters(definition, known)
    except InvalidInput:
        return {}


def parameter_section(principal: Principal, report_id: UUID | None, schedule: Schedule | None) -> None:
    """Draw what the report asks for, and what of it no longer suits the report."""
    if report_id is None:
        return
    definition = broadsheet().reports.get(principal, report_id).definition
    if schedule is not None and schedule.report_id == report_id:
        for found in broadsheet().schedules.problems(principal, schedule):
            st.warning(f"The next run would fail. {found.message}", icon=":material/help_center:")
    asked = applied(definition).parameters
    if not asked:
        return
    st.html('<h2 class="bs-part">What the report asks for</h2>')
    dataset = broadsheet().catalog.dataset(principal, definition.dataset_id)
    with st.container(horizontal=True, key="schedule_form_asked"):
        parameter_inputs(principal, dataset, asked, _kept(report_id), key=f"schedule_given_{report_id}")
