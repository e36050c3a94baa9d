"""The dataset being edited: one draft in the session, its undo history, and controls bound to it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.catalog import Problem
from core.domain.dataset import Dataset
from core.errors import NotFound
from pages.widgets import keys
from pages.widgets.app import broadsheet, guard
from pages.widgets.control import show
from pages.widgets.dataset_edits import complete

_UNDO_DEPTH = 60
Edit = Callable[[Dataset, Any], Dataset]
PlainEdit = Callable[[Dataset], Dataset]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetDraft:
    """What is on the screen."""

    dataset: Dataset
    saved: Dataset | None = None  #: as last saved; None: never
    past: tuple[Dataset, ...] = ()
    future: tuple[Dataset, ...] = ()
    problems: tuple[Problem, ...] = ()  #: what stood in the way of the last save
    revision: int = 0  #: counts changes of fields made outside of their table, which then starts anew

    @property
    def is_changed(self) -> bool:
        """Whether there is something to save."""
        return self.dataset != self.saved


def current() -> DatasetDraft:
    """Return the draft on the screen."""
    draft: DatasetDraft = _drafts()[st.session_state[keys.DATASET_OPEN]]
    return draft


def put(draft: DatasetDraft) -> None:
    """Make `draft` the one on the screen; unsaved changes to other datasets are kept beside it."""
    st.session_state[keys.DATASET_OPEN] = draft.dataset.id
    _drafts()[draft.dataset.id] = draft


def begin(dataset: Dataset) -> None:
    """Put a dataset that was never saved on the screen."""
    put(DatasetDraft(dataset=dataset))


def take_saved(dataset: Dataset) -> None:
    """Put a dataset on the screen as it was just saved."""
    before = _drafts().get(dataset.id)
    put(DatasetDraft(dataset=dataset, saved=dataset, revision=before.revision + 1 if before else 0))


def discard(dataset_id: UUID) -> None:
    """Drop the changes; the next run opens the dataset as it was saved."""
    _drafts().pop(dataset_id, None)
    forget_questions()


def forget_questions() -> None:
    """Leave behind what was asked about the draft before."""
    for name in (keys.DATASET_NOTICE, keys.DATASET_BREAKS, keys.DATASET_JOINING):
        st.session_state.pop(name, None)


def load(principal: Principal, dataset_id: UUID, *, entered: bool) -> DatasetDraft:
    """Return the draft of a dataset, opening it where there is none; raises NotFound.

    `entered`: the screen was just opened, so a draft without changes is read again.
    """
    present = _drafts().get(dataset_id)
    if present is None or (entered and present.saved is not None and not present.is_changed):
        try:
            dataset = broadsheet().catalog.dataset_as_made(principal, dataset_id)
        except NotFound as error:
            raise NotFound("This dataset was deleted, or it was a draft that nobody saved.") from error
        present = DatasetDraft(dataset=dataset, saved=dataset)
    if st.session_state.get(keys.DATASET_OPEN) != dataset_id:
        for name in (keys.DATASET_STEP, keys.DATASET_MEASURE, keys.DATASET_COMPUTED):
            st.session_state.pop(name, None)
        forget_questions()
    put(present)
    return present


def change(dataset: Dataset, *, by_table: bool = False) -> None:
    """Put a changed dataset on the screen, to be undone if asked. `by_table`: the table of fields shows it already."""
    draft = current()
    if dataset != draft.dataset:
        past = (*draft.past, draft.dataset)[-_UNDO_DEPTH:]
        is_shown = by_table or dataset.fields == draft.dataset.fields
        revision = draft.revision + (0 if is_shown else 1)
        put(replace(draft, dataset=dataset, past=past, future=(), revision=revision, problems=_recheck(draft, dataset)))


def undo() -> None:
    """Go one change back."""
    draft = current()
    if draft.past:
        back = draft.past[-1]
        future = (draft.dataset, *draft.future)
        put(replace(draft, dataset=back, past=draft.past[:-1], future=future, revision=draft.revision + 1, problems=()))


def redo() -> None:
    """Go one change forward again."""
    draft = current()
    if draft.future:
        past = (*draft.past, draft.dataset)
        ahead = draft.future[0]
        put(replace(draft, dataset=ahead, past=past, future=draft.future[1:], revision=draft.revision + 1, problems=()))


def note(problems: tuple[Problem, ...]) -> None:
    """Keep what stands in the way of saving, to be shown beside its place."""
    put(replace(current(), problems=problems))


def problem_at(*places: str) -> str:
    """Return what is wrong at a place or inside of it; empty where nothing is."""
    found = (p.message for p in current().problems if any(_is_inside(p.place or "", place) for place in places))
    return " ".join(found)


def control(widget: Callable[..., Any], label: str, *, key: str, value: Any, edit: Edit, **options: Any) -> None:
    """Draw a widget that shows `value`; a change of it makes `edit(dataset, new value)` the draft."""
    show(widget, label, key=key, value=value, on_change=_apply, args=(key, edit), **options)


def act(label: str, *, key: str, edit: PlainEdit, **options: Any) -> None:
    """Draw a button that makes `edit(dataset)` the draft."""
    st.button(label, key=key, on_click=_apply_click, args=(edit,), **options)


def _apply(key: str, edit: Edit) -> None:
    change(edit(current().dataset, st.session_state[key]))


def _apply_click(edit: PlainEdit) -> None:
    change(edit(current().dataset))


def _recheck(draft: DatasetDraft, dataset: Dataset) -> tuple[Problem, ...]:
    """Once something stood in the way, every change is looked at again."""
    if not draft.problems:
        return ()
    return broadsheet().datasets.check(guard(), complete(dataset))


def _is_inside(place: str, outer: str) -> bool:
    return place == outer or place.startswith((f"{outer}.", f"{outer}["))


def _drafts() -> dict[UUID, DatasetDraft]:
    drafts: dict[UUID, DatasetDraft] = st.session_state.setdefault(keys.DATASET_DRAFTS, {})
    return drafts
