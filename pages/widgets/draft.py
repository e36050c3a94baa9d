"""The report being built: one draft in the session, its undo history, and controls bound to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import streamlit as st

from core.domain.access import Principal
from core.domain.definition import ReportDefinition
from core.domain.parameters import ParameterValue
from core.domain.report import Report
from pages.widgets import keys
from pages.widgets.app import broadsheet
from pages.widgets.control import show
from pages.widgets.edits import complete

_UNDO_DEPTH = 60
Edit = Callable[[ReportDefinition, Any], ReportDefinition]
PlainEdit = Callable[[ReportDefinition], ReportDefinition]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is on the screen; `definition` may hold filters that still lack their value."""

    id: UUID  #: the report's, where it was saved
    report_id: UUID | None = None
    version: int | None = None
    name: str
    description: str = ""
    definition: ReportDefinition
    saved: tuple[str, str, ReportDefinition] | None = None  #: name, description, definition as last saved
    first_name: str = ""  #: of a new report: what it was called at first
    past: tuple[ReportDefinition, ...] = ()
    future: tuple[ReportDefinition, ...] = ()

    @property
    def asked(self) -> ReportDefinition:
        """The definition without unfinished filters."""
        return complete(self.definition)

    @property
    def is_changed(self) -> bool:
        """Whether there is something to save."""
        return self.saved != (self.name, self.description, self.asked)

    @property
    def is_touched(self) -> bool:
        """Whether somebody would miss it."""
        if self.saved is not None:
            return self.is_changed
        return bool(self.past or self.future) or self.name != self.first_name


def current() -> Draft:
    """Return the draft on the screen."""
    draft: Draft = _drafts()[st.session_state[keys.DRAFT]]
    return draft


def put(draft: Draft) -> None:
    """Make `draft` the one on the screen; unsaved changes to other reports are kept beside it."""
    st.session_state[keys.DRAFT] = draft.id
    _drafts()[draft.id] = draft


def forget_new() -> None:
    """Take a report that was never saved off the screen, so that the next new one starts afresh."""
    present = _drafts().get(st.session_state.get(keys.DRAFT))
    if present is None or present.report_id is None:
        st.session_state.pop(keys.DRAFT, None)


def discard() -> None:
    """Drop the changes on the screen; the next run opens the report as it was saved."""
    _drafts().pop(st.session_state.pop(keys.DRAFT, None), None)


def _drafts() -> dict[UUID, Draft]:
    drafts: dict[UUID, Draft] = st.session_state.setdefault(keys.DRAFTS, {})
    return drafts


def change(definition: ReportDefinition) -> None:
    """Put a new definition on the screen, so that it can be undone."""
    draft = current()
    if definition != draft.definition:
        past = (*draft.past, draft.definition)[-_UNDO_DEPTH:]
        put(replace(draft, definition=definition, past=past, future=()))
        st.session_state[keys.BUILDER_PAGE] = 1


def given_values() -> dict[str, ParameterValue]:
    """Return the values tried for the parameters of the report on the screen; what is put into them is kept."""
    kept: dict[UUID, dict[str, ParameterValue]] = st.session_state.setdefault(keys.BUILDER_GIVEN, {})
    return kept.setdefault(st.session_state[keys.DRAFT], {})


def given(definition: ReportDefinition) -> Mapping[str, ParameterValue]:
    """Return the values tried for the parameters that a definition has."""
    names = {parameter.name for parameter in definition.parameters}
    return {name: value for name, value in given_values().items() if name in names}


def undo() -> None:
    """Go one change back."""
    draft = current()
    if draft.past:
        future = (draft.definition, *draft.future)
        put(replace(draft, definition=draft.past[-1], past=draft.past[:-1], future=future))
        st.session_state[keys.BUILDER_PAGE] = 1


def redo() -> None:
    """Go one change forward again."""
    draft = current()
    if draft.future:
        past = (*draft.past, draft.definition)
        put(replace(draft, definition=draft.future[0], past=past, future=draft.future[1:]))
        st.session_state[keys.BUILDER_PAGE] = 1


def of_report(report: Report) -> Draft:
    """Return a saved report as a draft without changes."""
    return Draft(
        id=report.id,
        report_id=report.id,
        version=report.version,
        name=report.name,
        description=report.description,
        definition=report.definition,
        saved=(report.name, report.description, report.definition),
    )


def new(definition: ReportDefinition, name: str) -> Draft:
    """Return a report that was never saved."""
    return Draft(id=uuid4(), name=name, definition=definition, first_name=name)


def find(report_id: UUID | None, draft_id: UUID | None) -> Draft | None:
    """Return the session's draft of a report, the new one with an id, or the new one that is on the screen."""
    wanted = report_id or draft_id or st.session_state.get(keys.DRAFT)
    present = _drafts().get(wanted) if wanted else None
    is_other = report_id is None and draft_id is None and present is not None and present.report_id is not None
    return None if is_other else present


def start(principal: Principal, dataset_id: UUID, label: str) -> Draft:
    """Return a new report's draft: a question that already has an answer, with the chart that suits it."""
    reports = broadsheet().reports
    definition = reports.new_definition(principal, dataset_id)
    if definition.chart is None:
        definition = replace(definition, chart=reports.default_chart(principal, definition))
    return new(definition, first_name(label))


def first_name(label: str) -> str:
    """Return the name of a report over a dataset until someone gives it a better one."""
    return f"{label} report"


def control(widget: Callable[..., Any], label: str, *, key: str, value: Any, edit: Edit, **options: Any) -> None:
    """Draw a widget that shows `value`; a change of it makes `edit(definition, new value)` the draft."""
    show(widget, label, key=key, value=value, on_change=_apply, args=(key, edit), **options)


def act(label: str, *, key: str, edit: PlainEdit, **options: Any) -> None:
    """Draw a button that makes `edit(definition)` the draft."""
    st.button(label, key=key, on_click=_apply_click, args=(edit,), **options)


def _apply(key: str, edit: Edit) -> None:
    change(edit(current().definition, st.session_state[key]))


def _apply_click(edit: PlainEdit) -> None:
    change(edit(current().definition))
