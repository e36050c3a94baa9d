"""The schedule form's recipients from data: which dataset names them, and which of its fields say what."""

from typing import Any
from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.bursting import MAX_CAP, MAX_PAIRS, NoRows
from core.domain.dataset import Dataset
from core.domain.field import FieldType
from core.domain.schedule import Schedule
from core.errors import BroadsheetError, InvalidInput
from pages.widgets import burst_state as state
from pages.widgets import form_values as form
from pages.widgets.app import broadsheet
from pages.widgets.burst_look import look_section
from pages.widgets.states import problem

_SPLITS = (FieldType.TEXT, FieldType.INTEGER, FieldType.BOOLEAN, FieldType.DATE)
_OPTIONAL = {
    "name": ("Name", "Stands in texts as {recipient.name}."),
    "locale": ("Language", "Stands in texts as {recipient.locale}."),
    "timezone": ("Timezone", "Days of the report begin at midnight there."),
    "format": ("File format", "Which file each gets: csv, xlsx, pdf and so on. Empty: the files chosen below."),
}
_NO_ROWS = {NoRows.SKIP: "Send them nothing", NoRows.SEND: "Send them a file without rows"}


def whom_choice(values: dict[str, Any]) -> bool:
    """Draw where the recipients stand; returns whether in the data."""
    st.segmented_control(
        "Recipients", [state.NAMED, state.DATA], key=form.keep("whom", values), label_visibility="collapsed"
    )
    return state.is_data(form.read())


def burst_section(
    principal: Principal,
    values: dict[str, Any],
    report_id: UUID | None,
    schedule: Schedule | None,
    wrong: InvalidInput | None,
) -> None:
    """Draw the section, for a report that is chosen."""
    if report_id is None:
        st.caption("Recipients from data are for reports, not for dashboards.")
        return
    try:
        definition = broadsheet().reports.get(principal, report_id).definition
        datasets = {one.id: one for one in broadsheet().catalog.datasets(principal)}
    except BroadsheetError as error:
        problem(error)
        return
    report = datasets.get(definition.dataset_id)
    if report is None:
        st.caption("You may not see the data behind this report.")
        return
    st.caption("Each address gets its own rows in a mail of its own. Several rows of one address come together.")
    chosen = _dataset_choice(datasets, report, values)
    _field("Address", "burst_address", chosen, values, types=(FieldType.TEXT,), help_="Whom the mail goes to.")
    _pairs(chosen, report, values)
    with st.expander("Name, language, timezone and format"):
        for name, (label, help_) in _OPTIONAL.items():
            _field(label, f"burst_{name}", chosen, values, types=(FieldType.TEXT,), help_=help_)
    left, right = st.columns(2)
    left.selectbox(
        "If there are no rows for somebody",
        list(_NO_ROWS),
        key=form.keep("burst_no_rows", values),
        format_func=lambda choice: _NO_ROWS[choice],
    )
    right.number_input(
        "At most this many recipients",
        min_value=1,
        max_value=MAX_CAP,
        key=form.keep("burst_cap", values),
        help="If the data names more, nothing is sent at all.",
    )
    form.error_at(wrong, "recipients")
    look_section(principal, report_id, schedule)


def _dataset_choice(datasets: dict[UUID, Dataset], report: Dataset, values: dict[str, Any]) -> Dataset:
    choices: list[UUID | str] = [state.OWN, *(one for one in datasets if one != report.id)]
    if form.read()["burst_dataset"] not in choices:
        form.put("burst_dataset", state.OWN)
    picked = st.selectbox(
        "Dataset with the recipients",
        choices,
        key=form.keep("burst_dataset", values),
        format_func=lambda one: f"{report.label} (the report's own)" if one == state.OWN else datasets[one].label,
    )
    return report if picked == state.OWN else datasets[picked]


def _pairs(chosen: Dataset, report: Dataset, values: dict[str, Any]) -> None:
    st.markdown("**Whose rows are whose**")
    count = int(form.read()["burst_pairs"])
    for n in range(count):
        left, right = st.columns(2)
        with left:
            _field("Where the recipient's", f"burst_mine_{n}", chosen, values, types=_SPLITS)
        with right:
            _field("is the report's", f"burst_theirs_{n}", report, values, types=_SPLITS)
    with st.container(horizontal=True):
        if count < MAX_PAIRS:
            st.button(
                "And another field", key="burst_more", icon=":material/add:", on_click=_set_pairs, args=(count + 1,)
            )
        if count > 1:
            st.button("Remove the last", key="burst_less", type="tertiary", on_click=_set_pairs, args=(count - 1,))


def _set_pairs(count: int) -> None:
    form.put("burst_pairs", count)


def _field(
    label: str,
    name: str,
    dataset: Dataset,
    values: dict[str, Any],
    *,
    types: tuple[FieldType, ...],
    help_: str | None = None,
) -> None:
    fields = {field.name: field.label for field in dataset.fields if field.type in types and not field.is_hidden}
    if form.read()[name] not in (None, *fields):
        form.put(name, None)
    st.selectbox(
        label,
        list(fields),
        index=None,
        key=form.keep(name, values),
        format_func=lambda one: fields.get(one, ""),
        help=help_,
        placeholder="Choose a field",
    )
