"""The schedule form's section of how its files are made: choices of each format, names, one archive, a password."""

import streamlit as st

from core.domain.access import Principal
from core.domain.file_options import FileOptions
from core.domain.schedule import Schedule
from core.errors import InvalidInput
from core.services.file_choices import PasswordChange
from pages.widgets import file_state as state
from pages.widgets.app import broadsheet
from pages.widgets.file_fields import Form, file_fields, name_fields, password_change, password_fields, template_names

_FORM = "schedule_files"
#: Places of what can be wrong here.
_PLACES = ("file_options", "password")


def open_files(schedule: Schedule | None) -> None:
    """Start with what a schedule was saved with."""
    form = Form(prefix=_FORM, values={})
    form.fill(state.values_of(schedule.file_options if schedule else FileOptions()))
    st.session_state[_FORM] = form.values


def chosen_options() -> FileOptions:
    """Return what the section says, without the password."""
    return state.options_of(_form().values)


def chosen_password() -> PasswordChange:
    """Return what becomes of the password."""
    return password_change(_form())


def files_section(
    principal: Principal, schedule: Schedule | None, formats: list[str], title: str, wrong: InvalidInput | None
) -> None:
    """Draw the section, open where something in it is wrong; `title` is the report's, for the example of a name."""
    is_wrong = wrong is not None and (wrong.place or "").startswith(_PLACES)
    with st.expander("How the files are made", expanded=is_wrong):
        if wrong is not None and is_wrong:
            st.error(wrong.user_message, icon=":material/error:")
        _fields(principal, schedule, formats, title)


def _fields(principal: Principal, schedule: Schedule | None, formats: list[str], title: str) -> None:
    form = _form()
    labels = dict(broadsheet().schedules.formats())
    file_fields(form, formats, labels, template_names(principal) if "xlsx" in formats else {})
    today = broadsheet().clock.now().date()
    name_fields(form, formats, title=title, organization=principal.organization, on=today)
    has_password = schedule is not None and schedule.file_options.sealed_password is not None
    password_fields(form, has_password=has_password)


def _form() -> Form:
    form = Form(prefix=_FORM, values=st.session_state[_FORM])
    form.read()
    return form
