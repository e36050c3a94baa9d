"""The small forms of the steps: a function a kind; every control writes into the step at its place."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.domain.field import FieldType
from core.domain.relation import (
    BucketStep,
    CastStep,
    ComputeStep,
    FillStep,
    FilterStep,
    LookUpStep,
    MapStep,
    PivotStep,
    RenameStep,
    SplitStep,
    Step,
    UnionStep,
    Unmapped,
    UnpivotStep,
)
from pages.widgets import catalog_words as catalog
from pages.widgets import dataset_draft as drafts
from pages.widgets import step_table_forms as tables
from pages.widgets.expression_help import check, help_button, verdict
from pages.widgets.filter_form import filter_form
from pages.widgets.scalars import numbers_of, pairs_of, pairs_text, scalar_input, texts_of
from pages.widgets.step_place import Place, column_choice, name_input, values_button


def step_form(step: Step, at: Place) -> None:
    """Draw the form of a step."""
    _FORMS[type(step)](step, at)


def _cast(step: CastStep, at: Place) -> None:
    with st.grid(2, min_column_width=200):
        column_choice(at, "column", "Column", step.column)
        drafts.control(
            st.selectbox,
            "Read as",
            key=at.key("type"),
            value=step.type,
            edit=at.setter("type"),
            options=list(FieldType),
            format_func=lambda kind: catalog.TYPES[kind],
        )
    st.caption("Values that cannot be read become empty.")


def _rename(step: RenameStep, at: Place) -> None:
    with st.grid(2, min_column_width=200):
        column_choice(at, "column", "Column", step.column)
        name_input(at, "into", "New name", step.into)


def _map(step: MapStep, at: Place) -> None:
    kind = at.types().get(step.column, FieldType.TEXT)
    with st.grid(2, min_column_width=200):
        column_choice(at, "column", "Column", step.column)
        name_input(at, "into", "Into the column", step.into)
    drafts.control(
        st.text_area,
        "Replace, one a line",
        key=at.key("values"),
        value=pairs_text(step.values),
        edit=at.setter("values", lambda text: pairs_of(text or "", kind)),
        height=130,
        placeholder="DE = Germany\nFR = France",
    )
    values_button(at, step.column, lambda found: {"values": tuple((value, str(value)) for value in found)}, sign="=")
    with st.grid(2, min_column_width=200):
        drafts.control(
            st.selectbox,
            "Others",
            key=at.key("unmapped"),
            value=step.unmapped,
            edit=at.setter("unmapped"),
            options=list(Unmapped),
            format_func=lambda item: catalog.UNMAPPED[item],
        )
        if step.unmapped is Unmapped.OTHER:
            name_input(at, "other", "That value", step.other)


def _bucket(step: BucketStep, at: Place) -> None:
    with st.grid(2, min_column_width=200):
        column_choice(at, "column", "Number", step.column, only=lambda field: field.type.is_number)
        name_input(at, "into", "Into the column", step.into)
        drafts.control(
            st.text_input,
            "A range ends below",
            key=at.key("bounds"),
            value=", ".join(f"{bound:g}" for bound in step.bounds),
            edit=at.setter("bounds", numbers_of),
            placeholder="10, 100, 1000",
        )
        drafts.control(
            st.text_input,
            "Names of the ranges (optional)",
            key=at.key("labels"),
            value=", ".join(step.labels),
            edit=at.setter("labels", texts_of),
            placeholder=f"{len(step.bounds) + 1} names, with commas between",
        )


def _split(step: SplitStep, at: Place) -> None:
    with st.grid(3, min_column_width=180):
        column_choice(at, "column", "Text", step.column, only=lambda field: field.type is FieldType.TEXT)
        drafts.control(
            st.text_input,
            "Cut at",
            key=at.key("separator"),
            value="" if step.separator == " " else step.separator,
            edit=at.setter("separator", lambda text: text or " "),
            max_chars=20,
            placeholder="A space",
        )
        drafts.control(
            st.text_input,
            "Into the columns",
            key=at.key("into"),
            value=", ".join(step.into),
            edit=at.setter("into", texts_of),
            placeholder="first, second",
        )


def _fill(step: FillStep, at: Place) -> None:
    kind = at.types().get(step.column, FieldType.TEXT)
    with st.grid(2, min_column_width=200):
        column_choice(at, "column", "Column", step.column)
        scalar_input("Empty ones become", key=at.key("value"), kind=kind, value=step.value, edit=at.setter("value"))


def _filter(step: FilterStep, at: Place) -> None:
    filter_form(
        at.key("filters"),
        step.filters,
        at.columns,
        lambda d, group: at.setter("filters")(d, group),
        verb="Keep the rows for which",
    )


def _compute(step: ComputeStep, at: Place) -> None:
    name_input(at, "into", "Into the column", step.into)
    drafts.control(
        st.text_input,
        "Computed as",
        key=at.key("expression"),
        value=step.expression,
        edit=at.setter("expression", lambda text: (text or "").strip()),
        max_chars=2000,
        placeholder="quantity * unit_price",
    )
    verdict(*check(step.expression, at.types()))
    help_button({name: field.label for name, field in at.columns.items()}, with_aggregates=False)


_FORMS: dict[type[Step], Callable[[Any, Place], None]] = {
    CastStep: _cast,
    RenameStep: _rename,
    MapStep: _map,
    BucketStep: _bucket,
    SplitStep: _split,
    FillStep: _fill,
    FilterStep: _filter,
    ComputeStep: _compute,
    UnionStep: tables.union,
    LookUpStep: tables.look_up,
    PivotStep: tables.pivot,
    UnpivotStep: tables.unpivot,
}
