"""Arranging a dashboard: the tools of each tile, and the dialogs that add one or change it."""

from dataclasses import replace
from functools import partial
from uuid import UUID

import streamlit as st

from core.domain.access import Principal
from core.domain.dashboard import DashboardContent, KpiTile, ReportTile, Show, TextTile, Tile, TileHeight, TileSize
from core.domain.dashboard_edits import Direction, added, can_move, changed, free_id, moved, removed, sized
from core.domain.definition import ReportDefinition
from core.domain.report import Report
from core.errors import BroadsheetError
from pages.widgets import board_state as state
from pages.widgets import keys, words
from pages.widgets.app import broadsheet, guard
from pages.widgets.drag_tiles import grip
from pages.widgets.states import problem

SIZES = {
    TileSize.SMALL: "Small, a quarter",
    TileSize.MEDIUM: "Medium, a half",
    TileSize.WIDE: "Wide, two thirds",
    TileSize.FULL: "Full width",
}
HEIGHTS = {TileHeight.SHORT: "Short", TileHeight.MEDIUM: "Medium", TileHeight.TALL: "Tall"}
SHOWS = {Show.TABLE: "Table", Show.CHART: "Chart", Show.KPI: "Headline numbers"}
_ARROWS = {
    Direction.LEFT: (":material/arrow_back:", "Move left"),
    Direction.RIGHT: (":material/arrow_forward:", "Move right"),
    Direction.UP: (":material/arrow_upward:", "Move up"),
    Direction.DOWN: (":material/arrow_downward:", "Move down"),
}
_NEW = "new"


def add_buttons() -> None:
    """Draw the ways to add a tile."""
    with st.container(horizontal=True, key="dashboard_add"):
        if st.button("Add report", icon=":material/table_chart:", key=keys.DASHBOARD_ADD_REPORT):
            report_dialog()
        if st.button("Add headline number", icon=":material/looks_one:", key=keys.DASHBOARD_ADD_KPI):
            kpi_dialog()
        if st.button("Add text", icon=":material/notes:", key=keys.DASHBOARD_ADD_TEXT):
            text_dialog(None)


def tile_tools(content: DashboardContent, tile: Tile) -> None:
    """Draw what moves, sizes, changes and takes away a tile."""
    with st.container(horizontal=True, gap="xxsmall", key=f"dashboard_tools_{tile.id}"):
        grip(tile)
        for direction, (icon, help_) in _ARROWS.items():
            st.button(
                help_,
                icon=icon,
                help=help_,
                type="tertiary",
                key=f"dashboard_{direction}_{tile.id}",
                disabled=not can_move(content, tile.id, direction),
                on_click=_move,
                args=(tile.id, direction),
            )
        chosen = st.menu_button(
            "Size", [*SIZES.values(), *(f"{label} height" for label in HEIGHTS.values())],
            type="tertiary", key=f"dashboard_size_{tile.id}",
        )  # fmt: skip
        if chosen is not None:
            _size(tile, chosen)
            st.rerun()
        if st.button("Change", type="tertiary", key=f"dashboard_change_{tile.id}"):
            _change(tile)
        st.button(
            "Take away",
            icon=":material/delete:",
            help="Take away",
            type="tertiary",
            key=f"dashboard_remove_{tile.id}",
            on_click=_remove,
            args=(tile.id,),
        )


def _move(tile_id: str, direction: Direction) -> None:
    state.change(partial(moved, tile_id=tile_id, direction=direction))


def _remove(tile_id: str) -> None:
    state.change(partial(removed, tile_id=tile_id))


def _size(tile: Tile, chosen: str) -> None:
    widths = {label: size.width for size, label in SIZES.items()}
    heights = {f"{label} height": height for height, label in HEIGHTS.items()}
    width, height = widths.get(chosen, tile.width), heights.get(chosen, tile.height)
    state.change(partial(sized, tile_id=tile.id, width=width, height=height))


def _change(tile: Tile) -> None:
    if isinstance(tile, TextTile):
        text_dialog(tile)
    else:
        name_dialog(tile)


@st.dialog("Text")
def text_dialog(tile: TextTile | None) -> None:
    """Ask for the words of a text tile."""
    stem = tile.id if tile else _NEW
    text = st.text_area(
        "Text",
        value=tile.text if tile else "",
        height=180,
        max_chars=10_000,
        key=f"dashboard_text_{stem}",
        help="# makes a heading, - a list, **bold**, *italic*, [words](https://…) a link.",
    )
    # Never disabled: what was typed arrives together with the click on it.
    if st.button("Keep text", type="primary", key=keys.DASHBOARD_KEEP):
        if not text.strip():
            st.caption("Write a few words first.")
            return
        if tile is None:
            _add(TextTile(id=_free("text"), text=text, row=0, column=0, width=TileSize.FULL.width))
        else:
            state.change(partial(changed, tile_id=tile.id, change=lambda one: replace(one, text=text)))
        st.rerun()


@st.dialog("Tile")
def name_dialog(tile: ReportTile | KpiTile) -> None:
    """Ask what a tile is called and what it shows."""
    title = st.text_input(
        "Title", value=tile.title or "", max_chars=200, key=f"dashboard_title_{tile.id}", placeholder="As the report"
    )
    show = None
    if isinstance(tile, ReportTile):
        options = _shows(guard(), tile.report_id)
        show = st.segmented_control(
            "Shown as",
            options,
            default=tile.show if tile.show in options else options[0],
            required=True,
            format_func=lambda one: SHOWS[one],
            key=f"dashboard_show_{tile.id}",
        )
    if st.button("Keep", type="primary", key=keys.DASHBOARD_KEEP):
        parts = {"title": title.strip() or None} | ({"show": show} if show else {})
        state.change(partial(changed, tile_id=tile.id, change=lambda one: replace(one, **parts)))
        st.rerun()


@st.dialog("Add a report")
def report_dialog() -> None:
    """Ask for a report and what is shown of it."""
    report = _report_choice(guard())
    if report is None:
        return
    options = shows_of(report.definition)
    show = st.segmented_control(
        "Shown as",
        options,
        default=Show.CHART if Show.CHART in options else options[0],
        required=True,
        format_func=lambda one: SHOWS[one],
        key=f"{keys.DASHBOARD_SHOW}_{report.id}",
    )
    size = st.selectbox("Size", list(SIZES), index=1, format_func=lambda one: SIZES[one], key=keys.DASHBOARD_SIZE)
    if st.button("Add report", type="primary", key=keys.DASHBOARD_KEEP):
        shown = show or options[0]
        height = TileHeight.SHORT if shown is Show.KPI else TileHeight.MEDIUM
        tile = ReportTile(
            id=_free("tile"), report_id=report.id, show=shown, row=0, column=0, width=size.width, height=height
        )
        _add(tile)
        st.rerun()


@st.dialog("Add a headline number")
def kpi_dialog() -> None:
    """Ask for a report's headline number."""
    principal = guard()
    report = _report_choice(principal)
    if report is None:
        return
    kpis = report.definition.kpis
    if not kpis:
        st.caption("This report has no headline numbers. Give it some in the builder, or choose another.")
        return
    dataset = broadsheet().catalog.dataset(principal, report.definition.dataset_id)
    labels = words.distinct({kpi.key: words.measure(kpi, dataset) for kpi in kpis})
    measure = st.selectbox(
        "Number", list(labels), format_func=lambda key: labels[key], key=f"{keys.DASHBOARD_MEASURE}_{report.id}"
    )
    if st.button("Add number", type="primary", key=keys.DASHBOARD_KEEP):
        width = TileSize.SMALL.width
        _add(KpiTile(id=_free("number"), report_id=report.id, measure=measure, row=0, column=0, width=width))
        st.rerun()


def shows_of(definition: ReportDefinition) -> list[Show]:
    """Return what a tile can show of a report."""
    has = {Show.CHART: definition.chart is not None, Show.KPI: bool(definition.kpis)}
    return [show for show in Show if has.get(show, True)]


def _shows(principal: Principal, report_id: UUID) -> list[Show]:
    try:
        return shows_of(broadsheet().reports.get(principal, report_id).definition)
    except BroadsheetError:
        return [Show.TABLE]


def _report_choice(principal: Principal) -> Report | None:
    try:
        reports = {item.id: item for item in broadsheet().reports.list(principal, limit=200).items}
    except BroadsheetError as error:
        problem(error)
        return None
    if not reports:
        st.caption("There is no report yet. Save one first.")
        return None
    labels = words.distinct({key: item.name for key, item in reports.items()})
    picked = st.selectbox("Report", list(reports), format_func=lambda key: labels[key], key=keys.DASHBOARD_REPORT)
    return reports[picked]


def _free(stem: str) -> str:
    present = state.draft()
    return free_id([tile.id for tile in present.content.tiles] if present else [], stem)


def _add(tile: Tile) -> None:
    state.change(partial(added, tile=tile))
