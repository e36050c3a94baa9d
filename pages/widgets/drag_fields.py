"""The fields to choose from and the places they are dragged to: a component of our own, for Streamlit has no dragging.

Two views of one script: the searchable list of fields, and the shelves with rows, columns and values. What is done in
either is a move, which becomes an edit like any other. Searching and menus happen in the browser alone.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from core.domain.dataset import Dataset, DatasetMeasure
from core.domain.definition import Grouping, Measure, ReportDefinition
from core.domain.field import Field, FieldType
from core.domain.filter import Grain
from pages.widgets import draft as drafts
from pages.widgets import edits, field_moves, keys, words
from pages.widgets.filter_add import add_filter
from pages.widgets.filter_place import over_fields
from pages.widgets.measures import preferred

_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "broadsheet_drag_fields",
    html='<div class="root"></div>',
    css=(_HERE / "drag_fields.css").read_text("utf-8"),
    js=(_HERE / "drag_fields.js").read_text("utf-8"),
)
_ICONS = {kind: icon.removeprefix(":material/").rstrip(":") for kind, icon in words.FIELD_ICONS.items()}
_COMMON_GRAINS = (Grain.DAY, Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.YEAR)


def field_list(dataset: Dataset, definition: ReportDefinition) -> None:
    """Draw the dataset's fields with a search; a click takes one into the report or out of it, a drag places it."""
    groups = [
        _group("Dimensions", "dimension", (f for f in dataset.fields if not f.is_measure and not f.folder), definition),
        *(_folder(name, dataset, definition) for name in dict.fromkeys(f.folder for f in dataset.fields if f.folder)),
        _group("Measures", "measure", (f for f in dataset.fields if f.is_measure), definition),
        _figures(dataset.measures, definition),
    ]
    places = [field_moves.ROWS, field_moves.COLUMNS, field_moves.VALUES] if definition.is_summary else []
    data = {
        "view": "fields",
        "places": places or [field_moves.TABLE],
        "groups": [group for group in groups if group["items"]],
        "nothing": f"No field of {dataset.label} is called that.",
    }
    _mount(keys.BUILDER_FIELDS, data, dataset)


def shelves(dataset: Dataset, definition: ReportDefinition) -> None:
    """Draw what is in the rows, the columns and the values, each with its menu."""
    if definition.is_summary:
        places = [
            _place(field_moves.ROWS, "Rows", [_grouping(one, dataset) for one in field_moves.rows_of(definition)]),
            _place(
                field_moves.COLUMNS, "Columns", [_grouping(one, dataset) for one in field_moves.across_of(definition)]
            ),
            _place(field_moves.VALUES, "Values", [_value(one, dataset) for one in definition.measures]),
        ]
    else:
        chips = [{"id": name, **_named(dataset.field(name), name)} for name in definition.columns]
        places = [_place(field_moves.TABLE, "Columns", chips)]
    _mount(keys.BUILDER_SHELVES, {"view": "shelves", "shelves": places}, dataset)


def _mount(key: str, data: dict[str, Any], dataset: Dataset) -> None:
    _COMPONENT(key=key, data=data, on_move_change=partial(_moved, key, dataset))


def _moved(key: str, dataset: Dataset) -> None:
    """Make a move of the browser the draft's next definition."""
    move = field_moves.Move.of(st.session_state[key].get("move"))
    if move is None:
        return
    definition = drafts.current().definition
    name = move.what.removeprefix(field_moves.FIELD)
    if move.do == "filter" and dataset.field(name) is not None:
        add_filter(over_fields(dataset), name)
        return
    if move.do == "more":
        position = next((n for n, m in enumerate(definition.measures) if m.key == move.what), None)
        st.session_state[keys.BUILDER_OPEN] = None if position is None else f"measure_{position}"
        return
    drafts.change(field_moves.moved(definition, dataset, move, preferred))


def _folder(name: str, dataset: Dataset, definition: ReportDefinition) -> dict[str, Any]:
    return _group(name, "dimension", (f for f in dataset.fields if f.folder == name and not f.is_measure), definition)


def _group(title: str, kind: str, fields: Iterable[Field], definition: ReportDefinition) -> dict[str, Any]:
    items = [
        {
            "id": field_moves.FIELD + field.name,
            "used": edits.uses(definition, field),
            "help": field.description,
            "words": " ".join((field.label, field.name, *field.synonyms)).lower(),
            **_named(field, field.name),
        }
        for field in fields
        if not field.is_hidden or edits.uses(definition, field)
    ]
    return {"title": title, "kind": kind, "items": items}


def _figures(measures: Sequence[DatasetMeasure], definition: ReportDefinition) -> dict[str, Any]:
    """Figures that the dataset defines once for all."""
    taken = {measure.dataset_measure for measure in definition.measures}
    items = [
        {
            "id": field_moves.MEASURE + one.name,
            "label": one.label,
            "icon": "function",
            "personal": False,
            "used": one.name in taken,
            "help": one.description,
            "words": " ".join((one.label, one.name, *one.synonyms)).lower(),
            "only": [field_moves.VALUES],
        }
        for one in measures
    ]
    return {"title": "Figures of the catalog", "kind": "measure", "items": items}


def _named(field: Field | None, name: str) -> dict[str, Any]:
    if field is None:
        return {"label": name, "icon": "help", "personal": False}
    return {"label": field.label, "icon": _ICONS[field.type], "personal": field.is_personal}


def _place(name: str, title: str, chips: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": name, "title": title, "chips": chips}


def _grouping(grouping: Grouping, dataset: Dataset) -> dict[str, Any]:
    field = dataset.field(grouping.field)
    chip = {"id": grouping.key, **_named(field, grouping.field)}
    if grouping.label:
        chip["label"] = grouping.label
    if field is None or not field.type.is_temporal:
        return chip
    return chip | {"part": _grain_words(grouping.grain), "choices": _grains(grouping, field), "choose": "grain"}


def _grains(grouping: Grouping, field: Field) -> list[dict[str, Any]]:
    rest = [g for g in Grain if g not in _COMMON_GRAINS]
    suits = [g for g in rest if g is not Grain.HOUR_OF_DAY or field.type is FieldType.DATETIME]
    offered = [*_COMMON_GRAINS, *suits, None]
    return [
        {"value": str(grain or ""), "label": _grain_words(grain), "chosen": grain is grouping.grain}
        for grain in offered
    ]


def _grain_words(grain: Grain | None) -> str:
    return f"by {words.GRAINS[grain]}" if grain else "exact"


def _value(measure: Measure, dataset: Dataset) -> dict[str, Any]:
    field = dataset.field(measure.field) if measure.field else None
    chip = {"id": measure.key, "label": words.measure(measure, dataset), "icon": "function", "personal": False}
    chip |= {"more": "Name, filters …"}
    if field is None:
        return chip
    choices = [
        {"value": str(how), "label": words.AGGREGATIONS[how], "chosen": how is measure.aggregation}
        for how in preferred(field)
    ]
    return chip | {"personal": field.is_personal, "choices": choices, "choose": "condense"}
