"""Tiles of a dashboard moved and sized with the pointer: a component of our own, for Streamlit has no dragging.

It draws nothing: its script listens for the grips and corners that the tiles carry. What is done is one move, which
becomes an edit like any other. The buttons above each tile do the same for keys, and on phones.
"""

from collections.abc import Mapping
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from core.domain.dashboard import COLUMNS, DashboardContent, ReportTile, Show, Tile, TileHeight
from core.domain.dashboard_edits import Side, put_beside, sized
from pages.widgets import board_state as state
from pages.widgets import keys
from pages.widgets.board_tile import ROOM

_COMPONENT = st.components.v2.component(
    "broadsheet_drag_tiles",
    html="<span hidden></span>\n<span hidden></span>",
    js=(Path(__file__).parent / "drag_tiles.js").read_text("utf-8"),
)


def tile_dragging(content: DashboardContent) -> None:
    """Let the tiles of the draft be moved by their grips and sized by their corners."""
    heights = [{"id": str(height), "px": room} for height, room in ROOM.items()]
    data = {"tiles": [_told(tile) for tile in content.tiles], "columns": COLUMNS, "heights": heights}
    _COMPONENT(key=keys.DASHBOARD_DRAG, data=data, on_move_change=_moved, height=0)


def _told(tile: Tile) -> dict[str, Any]:
    """What the script needs to know of a tile; words and numbers are as high as they are."""
    is_high = isinstance(tile, ReportTile) and tile.show is not Show.KPI
    return {"id": tile.id, "row": tile.row, "width": tile.width, "height": str(tile.height), "is_high": is_high}


def grip(tile: Tile) -> None:
    """Draw what a tile is moved by."""
    st.html(f'<span class="bs-grip" data-tile="{escape(tile.id)}" title="Drag to move" aria-hidden="true"></span>')


def corner(tile: Tile) -> None:
    """Draw what a tile is sized by."""
    st.html(f'<span class="bs-corner" data-tile="{escape(tile.id)}" title="Drag to resize" aria-hidden="true"></span>')


def _moved() -> None:
    """Make what the browser did the draft's next state; what makes no sense changes nothing."""
    sent = st.session_state[keys.DASHBOARD_DRAG].get("move")
    if isinstance(sent, Mapping):
        state.change(partial(_edited, sent=sent))


def _edited(content: DashboardContent, sent: Mapping[str, Any]) -> DashboardContent:
    what, width = str(sent.get("what")), sent.get("width")
    if sent.get("do") == "put" and sent.get("side") in list(Side):
        return put_beside(content, what, other_id=str(sent.get("by")), side=Side(sent["side"]))
    if sent.get("do") == "size" and sent.get("height") in list(TileHeight) and isinstance(width, int | float):
        return sized(content, what, width=min(max(int(width), 1), COLUMNS), height=TileHeight(sent["height"]))
    return content
