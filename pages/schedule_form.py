"""Making and changing a schedule: when, for whom, in which formats; the next runs beside it while it changes."""

from typing import Any
from uuid import UUID

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.schedule import Schedule
from core.errors import BroadsheetError, InvalidInput
from core.services.next_runs import Covering
from pages.widgets import form_values as form
from pages.widgets import keys, words
from pages.widgets import schedule_fields as fields
from pages.widgets import schedule_state as state
from pages.widgets.app import broadsheet, guard
from pages.widgets.recipient_picks import pick_fields
from pages.widgets.schedule_burst import burst_section, whom_choice
from pages.widgets.schedule_dashboard import (
    chosen_dashboard,
    dashboard_choice,
    filter_section,
    filters_json,
    open_dashboard,
    terms_words,
)
from pages.widgets.schedule_days import days_section
from pages.widgets.schedule_files import chosen_options, chosen_password, files_section, open_files
from pages.widgets.schedule_parameters import given_json, open_values, parameter_section
from pages.widgets.schedule_places import place_fields
from pages.widgets.schedule_preview import Upcoming, preview_panel, upcoming
from pages.widgets.schedule_terms import mishap_section, terms_section
from pages.widgets.screen import back, entered
from pages.widgets.states import empty, problem


def named(name: str) -> UUID | None:
    """Return the id that the address gives under `name`, or None."""
    try:
        return UUID(st.query_params[name])
    except (KeyError, ValueError):
        return None


def open_form(principal: Principal) -> Schedule | None:
    """Fill the form when the screen is opened; returns the schedule being changed, None for a new one."""
    schedule_id = named("schedule")
    schedule = broadsheet().schedules.get(principal, schedule_id) if schedule_id else None
    subject = str(schedule_id or named("report") or named("dashboard"))
    if entered("schedule_form") or st.session_state.get(keys.SCHEDULE_SUBJECT) != subject:
        st.session_state[keys.SCHEDULE_SUBJECT] = subject
        st.session_state.pop(keys.SCHEDULE_ERROR, None)
        st.session_state.pop(keys.BURST_FOUND, None)
        open_dashboard(principal, schedule, named("dashboard"))
        st.session_state[keys.SCHEDULE_REPORT] = schedule.report_id if schedule else named("report")
        if st.session_state[keys.SCHEDULE_REPORT] is None and chosen_dashboard() is None:
            newest = broadsheet().reports.list(principal, limit=1).items
            st.session_state[keys.SCHEDULE_REPORT] = newest[0].id if newest else None
        open_values(principal, schedule)
        open_files(schedule)
        fresh = state.fresh("", principal.email, principal.timezone)
        form.fill(fresh if schedule is None else state.of_schedule(schedule))
    return schedule


def report_choice(principal: Principal) -> tuple[UUID | None, str]:
    """Draw what is sent; returns the report with its name, None where there is none or a dashboard is sent."""
    if chosen_dashboard() is not None:
        name = dashboard_choice(principal)
        if not form.read()["name"]:
            form.put("name", name)
        return None, name
    reports = {item.id: item.name for item in broadsheet().reports.list(principal, limit=200).items}
    chosen = st.session_state.get(keys.SCHEDULE_REPORT)
    if chosen is not None and chosen not in reports:
        reports[chosen] = broadsheet().reports.get(principal, chosen).name
    if not reports:
        empty("There is no report to send", "Save a report first.")
        return None, ""
    labels = words.distinct(reports)
    picked: UUID = st.selectbox(
        "Report", list(reports), key=keys.SCHEDULE_REPORT, format_func=lambda key: labels.get(key, "")
    )
    if not form.read()["name"]:
        form.put("name", reports[picked])
    return picked, reports[picked]


def save(report_id: UUID | None, schedule: Schedule | None) -> None:
    """Save the form; what is wrong with it is shown beside its control."""
    schedules = broadsheet().schedules
    description = schedule.description if schedule else ""
    try:
        principal = guard(Permission.MANAGE_SCHEDULES)
        dashboard_id = chosen_dashboard()
        given = given_json(principal, report_id) if report_id else {}
        if dashboard_id is not None:
            given = filters_json(dashboard_id)
        draft = state.draft_of(form.read(), report_id, description, given, chosen_options(), dashboard_id=dashboard_id)
        password = chosen_password()
        if schedule is None:
            schedules.create(principal, draft, password=password)
        else:
            schedules.update(principal, schedule.id, draft, expected_version=schedule.version, password=password)
    except BroadsheetError as error:
        st.session_state[keys.SCHEDULE_ERROR] = error
        return
    st.toast(f"{draft.name} saved", icon=":material/check:")
    st.session_state[keys.SCHEDULE_SAVED] = True


def what_follows(principal: Principal, values: dict[str, Any]) -> Upcoming:
    """Return what the form's recurrence means, with what each run will cover."""
    report_id = st.session_state.get(keys.SCHEDULE_REPORT)
    covering = None
    if report_id is not None:
        covering = Covering(report_id=report_id, parameters=given_json(principal, report_id))
    return upcoming(principal, state.config_of(values), covering)


principal = guard(Permission.MANAGE_SCHEDULES)
if st.session_state.pop(keys.SCHEDULE_SAVED, False):
    st.switch_page("schedules.py")
back("schedules.py", "All schedules")
try:
    schedule = open_form(principal)
    values = form.read()
    following = what_follows(principal, values)
except BroadsheetError as error:
    problem(error)
    st.stop()
failed = following.error or st.session_state.get(keys.SCHEDULE_ERROR)
wrong = failed if isinstance(failed, InvalidInput) else None
st.title("Edit schedule" if schedule else "New schedule", anchor=False)
if isinstance(failed, BroadsheetError) and not (wrong and wrong.place):
    problem(failed)
left, right = st.columns([7, 4], gap="large")
with left:
    report_id, report_name = report_choice(principal)
    st.text_input("Name", key=form.keep("name", values), max_chars=200)
    form.error_at(wrong, "name")
    dashboard_id = chosen_dashboard()
    if dashboard_id is not None:
        filter_section(principal, dashboard_id)
    parameter_section(principal, report_id, schedule)
    form.error_at(wrong, "report_parameters")
    st.html('<h2 class="bs-part">When</h2>')
    fields.cadence_fields(values, wrong)
    days_section(principal, values, wrong)
    st.html('<h2 class="bs-part">For whom</h2>')
    if whom_choice(values):
        burst_section(principal, values, report_id, schedule, wrong)
    else:
        fields.recipient_fields(values, wrong)
        pick_fields(principal, values, wrong)
        place_fields(principal, values, wrong)
    fields.format_fields(values, wrong)
    files_section(principal, schedule, form.read()["formats"], report_name, wrong)
    fields.mail_fields(values, wrong)
    st.html('<h2 class="bs-part">On what terms</h2>')
    if dashboard_id is not None:
        terms_words()
    terms_section(principal, values, report_id, wrong)
    mishap_section(values, wrong)
with right, st.container(key="schedule_preview"):
    preview_panel(following)
    active = form.keep("is_active", values)
    st.toggle("Active", key=active, help="A schedule that is not active waits until it is.")
    st.button(
        "Save schedule",
        type="primary",
        key=keys.SCHEDULE_SAVE,
        width="stretch",
        on_click=save,
        args=(report_id, schedule),
        disabled=(report_id is None and dashboard_id is None) or not following.slots,
    )
