"""The editor's first tab: the fields as a table to write in, columns without a field, and computed fields."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from core.domain.access import Principal
from core.domain.dataset import Dataset
from core.domain.field import Field
from pages.widgets import catalog_words as catalog
from pages.widgets import dataset_draft as drafts
from pages.widgets import dataset_edits as edits
from pages.widgets import keys
from pages.widgets.catalog_search import items
from pages.widgets.computed_fields import computed_panel
from pages.widgets.dataset_questions import columns_of
from pages.widgets.scalars import texts_of

_ROW_HEIGHT = 34
_MOST_ROWS_SHOWN = 16
_VIEW = "dataset_fields_view"
_FIRST_VIEW = "Names"
#: The table is wide; a part of it at a time fits on a screen.
_VIEWS = {
    _FIRST_VIEW: ("label", "problem", "description", "folder", "synonyms", "hidden", "found_as"),
    "Types and formats": ("label", "problem", "type", "role", "style", "decimals", "unit", "personal", "found_as"),
}
_TYPES = {label: kind for kind, label in catalog.TYPES.items()}
_STYLES = {label: style for style, label in (*catalog.NUMBER_STYLES.items(), *catalog.DATE_STYLES.items())}


def fields_panel(_principal: Principal, draft: drafts.DatasetDraft) -> None:
    """Draw the fields."""
    dataset = draft.dataset
    with st.container(horizontal=True, vertical_alignment="center"):
        search = st.text_input(
            "Search fields",
            key=keys.DATASET_SEARCH,
            label_visibility="collapsed",
            placeholder=f"Search {len(dataset.fields):,} fields",
            icon=":material/search:",
            width=320,
            live=True,
        )
        view: str = st.segmented_control(
            "Show", list(_VIEWS), key=_VIEW, default=_FIRST_VIEW, label_visibility="collapsed", required=True
        )
    shown = _shown(dataset, search or "")
    if shown:
        _table(draft, shown, view)
    else:
        st.caption("No field is called that.")
    loose_ends(dataset)
    computed_panel(draft)


def _shown(dataset: Dataset, search: str) -> list[Field]:
    if not search.strip():
        return list(dataset.fields)
    visible = {item.name for item in items(dataset, search)}
    hidden = [f.name for f in dataset.fields if f.is_hidden and search.lower() in f"{f.label} {f.name}".lower()]
    return [field for field in dataset.fields if field.name in visible or field.name in hidden]


def _table(draft: drafts.DatasetDraft, shown: list[Field], view: str) -> None:
    wrong = {
        field.name: drafts.problem_at(f"fields[{position}]") for position, field in enumerate(draft.dataset.fields)
    }
    frame = pd.DataFrame([_row(field, wrong[field.name]) for field in shown]).set_index("name")
    if not frame["problem"].any():
        frame = frame.drop(columns="problem")
    key = f"{keys.DATASET_FIELDS}_{draft.revision}_{list(_VIEWS).index(view)}"
    st.data_editor(
        frame,
        key=key,
        on_change=_edit,
        args=(key, [field.name for field in shown]),
        hide_index=True,
        row_height=_ROW_HEIGHT,
        height=(min(len(frame), _MOST_ROWS_SHOWN) + 1) * _ROW_HEIGHT + 4,
        disabled=["problem", "found_as"],
        column_config=_COLUMNS,
        column_order=[name for name in _VIEWS[view] if name in frame.columns],
        placeholder="",
        alt="Fields of the dataset",
    )


_COLUMN = st.column_config
_COLUMNS: dict[str, Any] = {
    "label": _COLUMN.TextColumn("Label", width=190, max_chars=200, required=True),
    "problem": _COLUMN.TextColumn("What is wrong", width=260),
    "description": _COLUMN.TextColumn("Description", width=370),
    "type": _COLUMN.SelectboxColumn("Type", width=150, options=list(_TYPES), required=True),
    "role": _COLUMN.SelectboxColumn("Role", width=130, options=catalog.ROLES, required=True),
    "style": _COLUMN.SelectboxColumn("Written as", width=180, options=["", *_STYLES]),
    "decimals": _COLUMN.NumberColumn("Decimals", width=115, min_value=0, max_value=10, step=1),
    "unit": _COLUMN.TextColumn("Unit", width=100, max_chars=20),
    "folder": _COLUMN.TextColumn("Folder", width=140, max_chars=200),
    "synonyms": _COLUMN.TextColumn("Also called", width=220, help="Other words that find it, with commas between."),
    "personal": _COLUMN.CheckboxColumn("Personal data", width=140),
    "hidden": _COLUMN.CheckboxColumn("Hidden", width=95, help="Not offered; reports that use it go on."),
    "found_as": _COLUMN.TextColumn("Comes from", width=215),
}


def _row(field: Field, problem: str) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": field.label,
        "problem": problem,
        "description": field.description,
        "type": catalog.TYPES[field.type],
        "role": catalog.ROLES[field.is_measure],
        "style": catalog.style_of(field),
        "decimals": field.format.decimals,
        "unit": field.format.unit or "",
        "folder": field.folder,
        "synonyms": ", ".join(field.synonyms),
        "personal": field.is_personal,
        "hidden": field.is_hidden,
        "found_as": _comes_from(field),
    }


def _comes_from(field: Field) -> str:
    if field.expression is not None:
        return f"= {field.expression}"
    return f"{field.table}.{field.source_column}" if field.table else field.source_column


def _edit(key: str, names: list[str]) -> None:
    """Take what was written in the table over into the draft."""
    dataset = drafts.current().dataset
    edited: dict[int, dict[str, Any]] = st.session_state[key]["edited_rows"]
    is_refused = False
    for position, cells in edited.items():
        name = names[int(position)]
        for column, value in cells.items():
            changed = edit_cell(dataset, name, column, value)
            is_refused |= column in ("type", "style") and value != _cell(changed, name, column)
            dataset = changed
    drafts.change(dataset, by_table=not is_refused)
    if is_refused:
        st.toast(
            "That does not go with this field: joined and computed fields keep their type.", icon=":material/info:"
        )


def _cell(dataset: Dataset, name: str, column: str) -> Any:
    field = dataset.field(name)
    return _row(field, "")[column] if field else None


def edit_cell(dataset: Dataset, name: str, column: str, value: Any) -> Dataset:
    """Return the dataset with one cell of the table of fields written."""
    field = dataset.field(name)
    if field is None:
        return dataset
    if column == "type":
        base = columns_of(dataset, 0)
        return edits.set_type(dataset, name, _TYPES[value], edits.source_columns(base)) if value in _TYPES else dataset
    if column == "style":
        return edits.set_style(dataset, name, _STYLES[value]) if value in _STYLES else dataset
    return edits.set_field(dataset, name, **_WRITERS[column](field, value))


def _text(value: Any) -> str:
    return str(value).strip() if value is not None else ""


_WRITERS: dict[str, Callable[[Field, Any], dict[str, Any]]] = {
    "label": lambda field, value: {"label": _text(value) or field.label},
    "description": lambda _, value: {"description": _text(value)},
    "role": lambda _, value: {"is_measure": value == catalog.ROLES[1]},
    "decimals": lambda field, value: {"format": replace(field.format, decimals=None if value is None else int(value))},
    "unit": lambda field, value: {"format": replace(field.format, unit=_text(value) or None)},
    "folder": lambda _, value: {"folder": _text(value)},
    "synonyms": lambda _, value: {"synonyms": texts_of(_text(value))},
    "personal": lambda _, value: {"is_personal": bool(value)},
    "hidden": lambda _, value: {"is_hidden": bool(value)},
}


def loose_ends(dataset: Dataset) -> None:
    """Draw columns that are no fields, fields of another type than their column, and those whose column is gone."""
    columns = columns_of(dataset)
    if not columns:
        return
    base = [field for field in dataset.fields if field.table is None and field.expression is None]
    used = {field.source_column for field in base}
    free = [column for column in columns if column.source_column not in used]
    lost = [field for field in base if field.source_column not in {column.source_column for column in columns}]
    if free:
        listed = ", ".join(column.source_column for column in free[:8]) + (" …" if len(free) > 8 else "")
        with st.container(horizontal=True, vertical_alignment="center", key="dataset_free"):
            st.caption(f"No fields yet: {listed}", width="stretch")
            drafts.act(
                "Add as fields", key="dataset_add_fields", edit=lambda d: edits.add_fields(d, free), type="secondary"
            )
    types = {column.source_column: column.type for column in columns}
    turned = [field for field in base if types.get(field.source_column, field.type) is not field.type]
    if turned:
        said = ", ".join(f"{one.label} is {catalog.TYPES[types[one.source_column]].lower()}" for one in turned[:8])
        with st.container(horizontal=True, vertical_alignment="center", key="dataset_turned"):
            st.caption(f"Of another type after the steps: {said}", width="stretch")
            drafts.act("Take over these types", key="dataset_turn_fields", edit=lambda d: edits.follow_types(d, types))
    if lost:
        listed = ", ".join(field.label for field in lost[:8]) + (" …" if len(lost) > 8 else "")
        with st.container(horizontal=True, vertical_alignment="center", key="dataset_lost"):
            st.caption(f"Their column is gone after the steps: {listed}", width="stretch")
            drafts.act(
                "Take these fields out",
                key="dataset_drop_fields",
                edit=lambda d: edits.drop_fields(d, [field.name for field in lost]),
            )
