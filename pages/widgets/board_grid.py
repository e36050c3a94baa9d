"""The grid of a dashboard: its rows as columns of the page, each tile a fragment that is drawn again by itself."""

from collections.abc import Mapping

import streamlit as st

from core.domain.dashboard import COLUMNS, DashboardContent, Tile
from core.domain.parameters import ParameterValue
from pages.widgets.board_edit import tile_tools
from pages.widgets.board_tile import draw_tile
from pages.widgets.drag_tiles import corner, tile_dragging
from pages.widgets.mishap import shielded


def draw_grid(content: DashboardContent, given: Mapping[str, ParameterValue], *, is_edited: bool) -> None:
    """Draw every tile in its place; while the dashboard is edited, each with its tools."""
    refresh = None if is_edited else content.refresh_s
    for number, row in enumerate(content.rows):
        with st.container(key=f"dashboard_row_{number}"):
            for tile, place in _places(row):
                with place, st.container(key=f"dashboard_tile_{tile.id}"):
                    if is_edited:
                        tile_tools(content, tile)
                    st.fragment(shielded(draw_tile), run_every=refresh, key=f"dashboard_{tile.id}")(
                        content, tile, given
                    )
                    if is_edited:
                        corner(tile)
    if is_edited:
        tile_dragging(content)


def _places(row: tuple[Tile, ...]) -> "list[tuple[Tile, st.delta_generator.DeltaGenerator]]":
    """A column for each tile, as wide as it is, with empty ones where the grid is."""
    widths: list[int] = []
    indexes: list[int] = []
    end = 0
    for tile in row:
        if tile.column > end:
            widths.append(tile.column - end)
        indexes.append(len(widths))
        widths.append(tile.width)
        end = tile.column + tile.width
    if end < COLUMNS:
        widths.append(COLUMNS - end)
    columns = st.columns(widths, gap="medium")
    return [(tile, columns[index]) for tile, index in zip(row, indexes, strict=True)]
