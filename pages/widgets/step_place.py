"""Where a step stands in the editor, and the controls that the forms of the steps share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset, Source
from core.domain.field import Field, FieldType
from core.domain.filter import Scalar
from core.domain.relation import FillStep
from core.errors import BroadsheetError
from pages.widgets import dataset_draft as drafts
from pages.widgets import dataset_edits as edits
from pages.widgets import dataset_questions as questions
from pages.widgets import keys
from pages.widgets.scalars import value_of
from pages.widgets.step_starts import blank

#: Rows looked at for the values that a column has, and how many of those are taken over.
_LOOKED_AT, _MOST_VALUES = 500, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a step stands and what it can speak of."""

    position: int
    columns: Mapping[str, Field]  #: of the rows before it
    principal: Principal
    source: Source

    def key(self, part: str) -> str:
        """Return the key of one of its controls."""
        return f"dataset_step_{self.position}_{part}"

    def types(self) -> dict[str, FieldType]:
        """Return the types of the columns before it."""
        return {name: field.type for name, field in self.columns.items()}

    def setter(self, part: str, read: Callable[[Any], Any] = lambda value: value) -> drafts.Edit:
        """Return the edit that writes one part of the step."""

        def edit(d: Dataset, value: Any) -> Dataset:
            return edits.set_step(d, self.position, replace(d.steps[self.position], **{part: read(value)}))

        return edit


def column_choice(
    at: Place, part: str, label: str, value: str | None, *, only: Callable[[Field], bool] | None = None
) -> None:
    """Draw the choice of one column."""
    names = [name for name, field in at.columns.items() if only is None or only(field)]
    options = names if value in names or value is None else [value, *names]
    edit = _with_column(at) if part == "column" else at.setter(part)
    drafts.control(st.selectbox, label, key=at.key(part), value=value, edit=edit, options=options, placeholder="Choose")


def _with_column(at: Place) -> drafts.Edit:
    """Return the edit that turns a step to another column: what was named or written for the first one follows."""

    def edit(d: Dataset, picked: str) -> Dataset:
        step: Any = d.steps[at.position]
        changes: dict[str, Any] = {"column": picked}
        into = getattr(step, "into", None)
        if isinstance(into, str):
            changes["into"] = _renamed(into, step.column, picked)
        elif into is not None:
            changes["into"] = tuple(_renamed(name, step.column, picked) for name in into)
        if hasattr(step, "values"):
            changes["values"] = ()
        if isinstance(step, FillStep) and at.types().get(step.column) is not at.types()[picked]:
            changes["value"] = blank(at.types()[picked])
        return edits.set_step(d, at.position, replace(step, **changes))

    return edit


def _renamed(name: str, before: str, after: str) -> str:
    """Return a name that was made of the column before, made of the one after; others stay."""
    return after + name.removeprefix(before) if name == before or name.startswith(f"{before}_") else name


def columns_choice(at: Place, part: str, label: str, values: tuple[str, ...], options: list[str] | None = None) -> None:
    """Draw the choice of several columns."""
    names = list(at.columns) if options is None else options
    drafts.control(
        st.multiselect,
        label,
        key=at.key(part),
        value=list(values),
        edit=at.setter(part, tuple),
        options=list(dict.fromkeys([*values, *names])),
        placeholder="Choose columns",
    )


def name_input(at: Place, part: str, label: str, value: str) -> None:
    """Draw the input of a column's name."""
    edit = at.setter(part, lambda text: (text or "").strip())
    drafts.control(st.text_input, label, key=at.key(part), value=value, edit=edit, max_chars=60)


def values_button(
    at: Place, column: str, changes: Callable[[tuple[Scalar, ...]], dict[str, Any]], *, sign: str
) -> None:
    """Draw the button that writes the values a column has into the step, where it names none yet.

    `sign` divides the values where they are written; those that hold it are left out.
    """
    step = drafts.current().dataset.steps[at.position]
    if getattr(step, "values", ()) or column not in at.columns:
        return
    st.button(
        "Fill in the values it has",
        key=at.key("find_values"),
        icon=":material/playlist_add_check:",
        on_click=_write_values,
        args=(at, column, changes, sign),
        help="Those of the first rows; values further down can be added by hand.",
    )


def _write_values(at: Place, column: str, changes: Callable[[tuple[Scalar, ...]], dict[str, Any]], sign: str) -> None:
    dataset = drafts.current().dataset
    try:
        found = questions.sample(at.principal, dataset, steps=at.position, rows=_LOOKED_AT).table
    except BroadsheetError as error:
        st.session_state[keys.DATASET_NOTICE] = error
        return
    values = _distinct(found.column(column).to_pylist(), at.columns[column].type, sign)
    if not values:
        st.toast(f"The first rows have no value in {column}.", icon=":material/info:")
        return
    drafts.change(edits.set_step(dataset, at.position, replace(dataset.steps[at.position], **changes(values))))


def _distinct(cells: Sequence[Any], kind: FieldType, sign: str) -> tuple[Scalar, ...]:
    """Return the different values in their order."""
    texts = {str(cell) for cell in cells if cell is not None}
    known = {value_of(text, kind) for text in texts if text and sign not in text}
    return tuple(sorted(value for value in known if value is not None))[:_MOST_VALUES]  # type: ignore[type-var]
