"""The builder's middle: the sentence, the shelves, the filters, and the answer, which is drawn anew by itself."""

from collections.abc import Mapping
from datetime import date

import streamlit as st

from core.domain.access import Permission, Principal
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.filter_off import applied
from core.domain.parameters import ParameterValue
from core.domain.result import Preview, ResultColumn
from core.errors import BroadsheetError
from core.services.one_look import one_look
from pages.widgets import answers, keys, words
from pages.widgets import draft as drafts
from pages.widgets.app import guard
from pages.widgets.drag_fields import shelves
from pages.widgets.filters import filter_row
from pages.widgets.mishap import shielded
from pages.widgets.parameters import parameter_inputs
from pages.widgets.result import result_area
from pages.widgets.states import problem

Given = Mapping[str, ParameterValue]


def report_page(
    principal: Principal, dataset: Dataset, columns: Mapping[str, ResultColumn], today: date
) -> Preview | None:
    """Draw the report on the screen and return its answer; None where there is none, which is said."""
    draft = drafts.current()
    sentence = st.container()
    shelves(dataset, draft.definition)
    chips = st.container()
    given = _asked_values(principal, dataset, draft.asked)
    preview = _ask(principal, draft.asked, given)
    with sentence:
        st.html(
            f'<p class="bs-sentence">{words.html(preview.sentence.rstrip(".")) + ". " if preview else ""}'
            f'<span class="bs-quiet">{_saved_words(draft)}.</span></p>'
        )
    with chips:
        filter_row(principal, dataset, columns, today, preview)
    if preview is not None:
        _answer(dataset, draft.definition, given, columns)
    return preview


@st.fragment
@shielded
@one_look()
def _answer(dataset: Dataset, definition: ReportDefinition, given: Given, columns: Mapping[str, ResultColumn]) -> None:
    """Draw the answer. Turning its pages and choosing a column draw nothing else; an edit made here draws it all."""
    draft = drafts.current()
    if draft.definition != definition:
        st.rerun()
    principal = guard(Permission.VIEW_REPORTS)
    preview = _ask(principal, draft.asked, given)
    if preview is not None:
        result_area(principal, dataset, draft.asked, given, columns, preview)


def _saved_words(draft: drafts.Draft) -> str:
    """Return where the draft stands."""
    if draft.report_id is None:
        return "Not saved yet"
    return f"Version {draft.version}" + (", with unsaved changes" if draft.is_changed else "")


def _ask(principal: Principal, definition: ReportDefinition, given: Given) -> Preview | None:
    """Return the answer, or say why there is none."""
    try:
        return answers.preview(principal, definition, st.session_state.get(keys.BUILDER_PAGE, 1), given)
    except BroadsheetError as error:
        if (error.place or "").startswith("parameters."):
            st.info(error.user_message.removeprefix(f"{error.place}: "), icon=":material/help_center:")
        else:
            problem(error)
        return None


def _asked_values(principal: Principal, dataset: Dataset, definition: ReportDefinition) -> Given:
    """Draw the controls for what the report asks and return what was given."""
    asked = applied(definition).parameters
    if not asked:
        return {}
    with st.container(horizontal=True, vertical_alignment="bottom", key="builder_asked"):
        kept, key = drafts.given_values(), f"builder_given_{st.session_state[keys.DRAFT]}"
        return parameter_inputs(principal, dataset, asked, kept, key=key)
