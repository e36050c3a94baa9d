"""The filters that a dashboard's tiles share: the bar above them, and the dialog in which they are made."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import streamlit as st

from core.domain.access import Principal
from core.domain.dashboard import DashboardContent, DataTile, KpiTile, SharedFilter, TextTile
from core.domain.dashboard_edits import free_id, mapped
from core.domain.dataset import Dataset
from core.domain.definition import ParameterType
from core.domain.field import Field, FieldType
from core.domain.parameters import ParameterValue
from core.errors import BroadsheetError
from pages.widgets import board_state as state
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.parameters import parameter_inputs

_WINDOW = "A span of dates"
_KINDS = {
    _WINDOW: None,
    "Words": FieldType.TEXT,
    "Numbers": FieldType.DECIMAL,
    "Yes or no": FieldType.BOOLEAN,
}
_NOTHING = "Not filtered by it"


def filter_bar(
    principal: Principal, content: DashboardContent, kept: dict[str, ParameterValue], *, key: str
) -> Mapping[str, ParameterValue]:
    """Draw a control for each filter and return the values given; `kept` remembers them."""
    if not content.filters:
        return {}
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}_bar"):
        for shared in content.filters:
            dataset, field = _stands_on(principal, content, shared)
            if dataset is None:
                continue
            parameter = replace(shared.parameter, field=field)
            if field is not None:
                parameter = replace(parameter, value_type=None)
            parameter_inputs(principal, dataset, (parameter,), kept, key=key)
    return {shared.name: kept[shared.name] for shared in content.filters if shared.name in kept}


def filter_list(content: DashboardContent) -> None:
    """Draw the filters of the draft with the way to change each, and to add one."""
    with st.container(horizontal=True, vertical_alignment="center", key="dashboard_filters"):
        st.html('<span class="bs-quiet">Shared filters</span>')
        for shared in content.filters:
            label = f"{words.plain(shared.label)} ({len(shared.targets)} tiles)"
            if st.button(label, key=f"dashboard_filter_{shared.name}", type="tertiary", icon=":material/filter_alt:"):
                filter_dialog(shared)
        if st.button("Add filter", key=keys.DASHBOARD_ADD_FILTER, type="tertiary", icon=":material/add:"):
            filter_dialog(None)


@st.dialog("Shared filter", width="medium")
def filter_dialog(shared: SharedFilter | None) -> None:
    """Ask what a filter is called, what it takes, and which field it is to each tile."""
    principal, draft = guard(), state.draft()
    if draft is None:
        return
    stem = shared.name if shared else "new"
    label = st.text_input(
        "Name", value=shared.label if shared else "", key=f"dashboard_filter_label_{stem}", placeholder="Country"
    )
    kind = shared.value_type if shared else _kind_choice()
    is_window = shared.type is ParameterType.WINDOW if shared else kind is None
    st.caption("Which field is it to each tile?")
    stem = stem if shared else f"new_{label}"
    fields = _field_choices(principal, draft.content, shared, None if is_window else kind, stem=stem, label=label)
    with st.container(horizontal=True):
        # Never disabled: what was typed arrives together with the click on it.
        is_kept = st.button("Keep filter", type="primary", key=keys.DASHBOARD_KEEP)
        if is_kept and not label.strip():
            st.caption("Give the filter a name.")
        elif is_kept:
            state.change(
                partial(_kept_filter, shared=shared, label=label.strip(), kind=kind, is_window=is_window, fields=fields)
            )
            st.rerun()
        if shared and st.button("Take it away", type="tertiary", key=keys.DASHBOARD_DROP_FILTER):
            state.change(partial(_without, name=shared.name))
            st.rerun()


def _kind_choice() -> FieldType | None:
    picked = st.segmented_control(
        "What it takes", list(_KINDS), default="Words", required=True, key=keys.DASHBOARD_FILTER_KIND
    )
    return _KINDS[picked or "Words"]


def _field_choices(
    principal: Principal,
    content: DashboardContent,
    shared: SharedFilter | None,
    kind: FieldType | None,
    *,
    stem: str,
    label: str,
) -> dict[str, str | None]:
    """Draw a choice of a field for each tile; for a new filter, the field that is called as it is proposed."""
    chosen: dict[str, str | None] = {}
    for tile in content.in_order:
        if isinstance(tile, TextTile):
            continue
        title, dataset = _tile_facts(principal, tile)
        if dataset is None:
            continue
        suiting = {field.name: field.label for field in dataset.fields if _suits(field, kind)}
        target = shared.target(tile.id) if shared else None
        named = next((name for name, one in suiting.items() if one.casefold() == label.strip().casefold()), None)
        present = target.field if target else (None if shared else named)
        options = [None, *suiting]
        chosen[tile.id] = st.selectbox(
            words.plain(title),
            options,
            index=options.index(present) if present in options else 0,
            format_func=lambda name, labels=suiting: labels.get(name, _NOTHING),
            key=f"dashboard_filter_{stem}_{tile.id}_{kind or 'window'}",
        )
    return chosen


def _suits(field: Field, kind: FieldType | None) -> bool:
    if kind is None:
        return field.type.is_temporal
    return field.type.is_number if kind.is_number else field.type is kind


def _kept_filter(
    content: DashboardContent,
    *,
    shared: SharedFilter | None,
    label: str,
    kind: FieldType | None,
    is_window: bool,
    fields: dict[str, str | None],
) -> DashboardContent:
    if shared is None:
        stem = "_".join("".join(c if c.isalnum() else " " for c in label.lower()).split()) or "filter"
        name = free_id([one.name for one in content.filters], stem)
        made = SharedFilter(
            name=name,
            label=label,
            type=ParameterType.WINDOW if is_window else ParameterType.VALUES,
            value_type=None if is_window else kind,
            is_list=not is_window and kind is not FieldType.BOOLEAN,
        )
        content = replace(content, filters=(*content.filters, made))
    else:
        name = shared.name
        filters = tuple(replace(one, label=label) if one.name == name else one for one in content.filters)
        content = replace(content, filters=filters)
    return mapped(content, name, fields)


def _without(content: DashboardContent, name: str) -> DashboardContent:
    return replace(content, filters=tuple(one for one in content.filters if one.name != name))


def _stands_on(
    principal: Principal, content: DashboardContent, shared: SharedFilter
) -> tuple[Dataset | None, str | None]:
    """The dataset and field whose values are offered: those of the first tile that has them. None: nobody heeds it."""
    tiles = {tile.id: tile for tile in content.tiles}
    for target in shared.targets:
        tile = tiles.get(target.tile)
        if tile is None or isinstance(tile, TextTile):
            continue
        _, dataset = _tile_facts(principal, tile)
        if dataset is not None:
            has_field = target.field is not None and shared.type is ParameterType.VALUES
            return dataset, target.field if has_field and dataset.field(target.field or "") else None
    return None, None


def _tile_facts(principal: Principal, tile: DataTile) -> tuple[str, Dataset | None]:
    """What a tile is called and the dataset behind it, None where it cannot be seen."""
    try:
        report = broadsheet().reports.get(principal, tile.report_id)
        dataset = broadsheet().catalog.dataset(principal, report.definition.dataset_id)
        title = tile.title or report.name
        if isinstance(tile, KpiTile) and tile.title is None:
            title += "".join(
                f": {words.measure(kpi, dataset)}" for kpi in report.definition.kpis if kpi.key == tile.measure
            )
        return title, dataset
    except BroadsheetError:
        return tile.title or tile.id, None
