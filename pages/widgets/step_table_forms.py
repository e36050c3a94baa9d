"""The forms of the steps that read another table or change what a row is: union, look-up, pivot and unpivot."""

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.domain.dataset import Dataset
from core.domain.definition import Aggregation
from core.domain.field import FieldType
from core.domain.relation import JoinKey, LookUpStep, PivotStep, SourceColumn, TableOrigin, UnionStep, UnpivotStep
from core.errors import BroadsheetError
from pages.widgets import catalog_words as catalog
from pages.widgets import dataset_draft as drafts
from pages.widgets import dataset_edits as edits
from pages.widgets.app import broadsheet
from pages.widgets.scalars import values_of
from pages.widgets.states import problem
from pages.widgets.step_place import Place, column_choice, columns_choice, name_input, values_button
from pages.widgets.table_choice import origin_of, tables_of

if TYPE_CHECKING:
    from core.services.sources import TableDraft


def union(step: UnionStep, at: Place) -> None:
    """Draw which table's rows are added."""
    _table_choice(at, "Add the rows of", step.table)
    if not step.table.columns:
        return
    theirs = {column.name for column in step.table.columns}
    same = [name for name in at.columns if name in theirs]
    lacking = [name for name in at.columns if name not in theirs]
    st.caption(
        f"Columns match by name: {', '.join(same) or 'none do'}."
        + (f" Empty in the added rows: {', '.join(lacking)}." if lacking else "")
    )


def look_up(step: LookUpStep, at: Place) -> None:
    """Draw the table, the pair of columns that match, and the columns to take."""
    _table_choice(at, "Look up in", step.table)
    theirs = [column.name for column in step.table.columns]
    if not theirs:
        return
    key = step.keys[0] if step.keys else None
    with st.grid(2, min_column_width=200):
        _key_choice(at, "left", "Where column", key.left if key else None, list(at.columns))
        _key_choice(at, "right", f"equals column of {step.table.table_name}", key.right if key else None, theirs)
    columns_choice(at, "columns", "Take the columns", step.columns, theirs)
    name_input(at, "prefix", "Put before their names (optional)", step.prefix)
    st.caption("No row is added: where several match, one of them is taken, the same one every time.")


def _key_choice(at: Place, side: str, label: str, value: str | None, options: list[str]) -> None:
    def edit(d: Dataset, picked: str | None) -> Dataset:
        step = d.steps[at.position]
        if not isinstance(step, LookUpStep) or picked is None:
            return d
        first = (
            step.keys[0] if step.keys else JoinKey(left=next(iter(at.columns), ""), right=step.table.columns[0].name)
        )
        changed = replace(first, **{side: picked})
        return edits.set_step(d, at.position, replace(step, keys=(changed, *step.keys[1:])))

    drafts.control(
        st.selectbox, label, key=at.key(f"key_{side}"), value=value, edit=edit, options=options, placeholder="Choose"
    )


def _table_choice(at: Place, label: str, table: TableOrigin) -> None:
    try:
        named = {catalog.table_name(origin_of(one)): one for one in tables_of(at.principal, at.source)}
    except BroadsheetError as error:
        problem(error)
        return

    def edit(d: Dataset, picked: str | None) -> Dataset:
        step = d.steps[at.position]
        if picked not in named or not isinstance(step, UnionStep | LookUpStep):
            return d
        changed = replace(step, table=_with_columns(named[picked]))
        if isinstance(changed, LookUpStep):
            changed = replace(changed, keys=_likely_key(at, named[picked]), columns=())
        return edits.set_step(d, at.position, changed)

    value = catalog.table_name(table) if table.table_name else None
    drafts.control(
        st.selectbox,
        label,
        key=at.key("table"),
        value=value,
        edit=edit,
        options=list(named) if value in named or value is None else [value, *named],
        placeholder=f"Choose one of {len(named):,} tables",
    )


def _with_columns(table: "TableDraft") -> TableOrigin:
    columns = tuple(SourceColumn(name=f.source_column, type=f.type, scale=f.scale) for f in table.fields)
    return replace(origin_of(table), columns=columns)


def _likely_key(at: Place, table: "TableDraft") -> tuple[JoinKey, ...]:
    """Their key, and the column of ours that seems to name it."""
    right = table.primary_key[0] if table.primary_key else table.fields[0].source_column
    one = catalog.one(table.table_name)
    left = next((name for name in (f"{one}_{right}", f"{one}_id", right) if name in at.columns), None)
    return (JoinKey(left=left, right=right),) if left else ()


def pivot(step: PivotStep, at: Place) -> None:
    """Draw what stays a row, what becomes columns, and what stands in them."""
    kind = at.types().get(step.column, FieldType.TEXT)
    columns_choice(at, "keys", "One row for each", step.keys)
    with st.grid(2, min_column_width=200):
        column_choice(at, "column", "Columns from the values of", step.column)
        drafts.control(
            st.text_input,
            "Those values",
            key=at.key("values"),
            value=", ".join(str(value) for value in step.values),
            edit=at.setter("values", lambda text: values_of(text or "", kind)),
            placeholder="north, south",
        )
        drafts.control(
            st.selectbox,
            "In them",
            key=at.key("aggregation"),
            value=step.aggregation,
            edit=_set_aggregation(at),
            options=[item for item in Aggregation if item is not Aggregation.PERCENTILE],
            format_func=lambda item: catalog.AGGREGATIONS[item],
        )
        if step.aggregation is not Aggregation.COUNT:
            allowed = broadsheet().reports.aggregations_for
            column_choice(
                at, "value_column", "of", step.value_column, only=lambda f: step.aggregation in allowed(f.type)
            )
    values_button(at, step.column, lambda found: {"values": found}, sign=",")


def _set_aggregation(at: Place) -> drafts.Edit:
    def edit(d: Dataset, picked: Aggregation) -> Dataset:
        step = d.steps[at.position]
        if not isinstance(step, PivotStep):
            return d
        number = next((name for name, field in at.columns.items() if field.type.is_number), None)
        value = None if picked is Aggregation.COUNT else step.value_column or number
        return edits.set_step(d, at.position, replace(step, aggregation=picked, value_column=value))

    return edit


def unpivot(step: UnpivotStep, at: Place) -> None:
    """Draw which columns become rows, and the two columns that hold them then."""
    columns_choice(at, "columns", "These columns become rows", step.columns)
    with st.grid(2, min_column_width=200):
        name_input(at, "name_into", "Their names into", step.name_into)
        name_input(at, "value_into", "Their values into", step.value_into)
    st.caption("They must be of one type.")
