"""Downloading a report: the dialog that asks how, and what is remembered of it until the session ends."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.definition import ReportDefinition
from core.domain.file_options import FileOptions
from core.domain.filter_off import applied
from core.domain.parameters import ParameterValue
from core.errors import BroadsheetError, InvalidInput
from pages.widgets import file_state as state
from pages.widgets import words
from pages.widgets.app import broadsheet, guard
from pages.widgets.export_status import RUN
from pages.widgets.file_fields import Form, file_fields, name_fields, password_change, password_fields, template_names
from pages.widgets.parameters import parameter_inputs
from pages.widgets.states import problem

START = "export_start"
_FORMATS = "export_formats"
_CHOICES = "export_choices"
_GIVEN = "export_given"
_SUBJECT = "export_subject"
_FORM = "export_form"
_FIRST = ("xlsx",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is downloaded: a saved report as it is, or a definition that is not saved."""

    report_id: UUID | None
    title: str
    definition: ReportDefinition
    is_saved: bool
    given: Mapping[str, ParameterValue]  #: values for what it asks; the dialog asks for those of saved reports

    @property
    def key(self) -> str:
        """Under which its choices are remembered."""
        return str(self.report_id or "new")


def start_export(principal: Principal, subject: Subject, formats: tuple[str, ...], password: str | None = None) -> None:
    """Start a download with the choices remembered for the report; raises what the service says of them."""
    runs = broadsheet().runs
    options = state.options_of(_remembered(subject)["values"])
    if subject.is_saved and subject.report_id is not None:
        run = runs.export(
            principal, subject.report_id, formats, parameters=subject.given, options=options, password=password
        )
    else:
        run = runs.export_draft(
            principal,
            subject.definition,
            subject.title or "Report",
            formats,
            parameters=subject.given,
            options=options,
            password=password,
        )
    st.session_state[RUN] = run.id


def open_export(subject: Subject) -> None:
    """Open the dialog on a report, with what was chosen for it the last time."""
    remembered = _remembered(subject)
    st.session_state[_SUBJECT] = subject
    st.session_state[_FORMATS] = list(remembered["formats"])
    form = Form(prefix=_FORM, values={})
    form.fill(remembered["values"])
    st.session_state[_FORM] = form.values
    _dialog()


@st.dialog("Download", width="medium")
def _dialog() -> None:
    principal = guard()
    subject: Subject = st.session_state[_SUBJECT]
    form = Form(prefix=_FORM, values=st.session_state[_FORM])
    form.read()
    labels = dict(broadsheet().schedules.formats())
    st.markdown(f"**{words.plain(subject.title or 'Report')}**")
    formats = st.pills(
        "Files",
        list(labels),
        selection_mode="multi",
        key=_FORMATS,
        format_func=lambda key: labels.get(key, key),
        label_visibility="collapsed",
    )
    formats = [key for key in labels if key in formats]
    given = _asked(principal, subject)
    with st.container(key="export_choices_of_formats"):
        file_fields(form, formats, labels, template_names(principal) if "xlsx" in formats else {})
        today = broadsheet().clock.now().date()
        name_fields(form, formats, title=subject.title, organization=principal.organization, on=today)
    password_fields(form, has_password=False)
    label = "Make file" if len(formats) < 2 else f"Make {len(formats)} files"
    if st.button(label, type="primary", key=START, disabled=not formats):
        form.read()
        _start(principal, replace(subject, given=given), tuple(formats), form)


def _asked(principal: Principal, subject: Subject) -> Mapping[str, ParameterValue]:
    """Draw what a saved report asks for, unless its values were given where the dialog was opened."""
    asked = applied(subject.definition).parameters
    if not asked or subject.given:
        return subject.given
    dataset = broadsheet().catalog.dataset(principal, subject.definition.dataset_id)
    kept: dict[str, ParameterValue] = st.session_state.setdefault(_GIVEN, {}).setdefault(subject.key, {})
    with st.container(horizontal=True):
        return parameter_inputs(principal, dataset, asked, kept, key=f"export_{subject.key}")


def _start(principal: Principal, subject: Subject, formats: tuple[str, ...], form: Form) -> None:
    """Remember what was chosen and start; what is wrong with it is said in the dialog."""
    _remembered(subject).update(formats=formats, values=dict(form.values))
    change = password_change(form)
    try:
        start_export(principal, subject, formats, change if isinstance(change, str) else None)
    except InvalidInput as error:
        st.error(error.user_message.removeprefix(f"{error.place}: "), icon=":material/error:")
    except BroadsheetError as error:
        problem(error)
    else:
        st.rerun()


def _remembered(subject: Subject) -> dict[str, Any]:
    """Return the choices of the last download of this report in this session; never the password."""
    by_report: dict[str, dict[str, Any]] = st.session_state.setdefault(_CHOICES, {})
    return by_report.setdefault(subject.key, {"formats": _FIRST, "values": state.values_of(FileOptions())})
