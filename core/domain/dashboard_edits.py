"""Arranging a dashboard: tiles are added, moved, sized and taken away, and the grid closes up behind them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum

from core.domain.dashboard import COLUMNS, DashboardContent, SharedFilter, Target, Tile, TileHeight

Rows = list[list[Tile]]


class Direction(StrEnum):
    """Where a tile moves."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


class Side(StrEnum):
    """Where a tile is put down, seen from another one."""

    LEFT = "left"
    RIGHT = "right"
    ABOVE = "above"  #: in a row of its own above the other's
    BELOW = "below"  #: in a row of its own below the other's


def added(content: DashboardContent, tile: Tile) -> DashboardContent:
    """The content with one more tile, in the last row where it fits there, else in a row of its own."""
    rows = _rows(content)
    if rows and _room(rows[-1]) >= tile.width:
        rows[-1].append(tile)
    else:
        rows.append([tile])
    return _packed(content, rows)


def removed(content: DashboardContent, tile_id: str) -> DashboardContent:
    """The content without a tile; filters forget what it was to them."""
    rows = [[tile for tile in row if tile.id != tile_id] for row in _rows(content)]
    filters = tuple(
        replace(shared, targets=tuple(target for target in shared.targets if target.tile != tile_id))
        for shared in content.filters
    )
    return _packed(replace(content, filters=filters), rows)


def changed(content: DashboardContent, tile_id: str, change: Callable[[Tile], Tile]) -> DashboardContent:
    """The content with one tile changed; where its row has no room any more, what does not fit goes below."""
    rows = [[change(tile) if tile.id == tile_id else tile for tile in row] for row in _rows(content)]
    return _packed(content, rows)


def sized(content: DashboardContent, tile_id: str, *, width: int, height: TileHeight) -> DashboardContent:
    """The content with a tile of another size."""
    return changed(content, tile_id, lambda tile: replace(tile, width=width, height=height))


def moved(content: DashboardContent, tile_id: str, direction: Direction) -> DashboardContent:
    """The content with a tile moved past its neighbour, or into the row above or below; the same where it cannot."""
    rows = _rows(content)
    for number, row in enumerate(rows):
        for place, tile in enumerate(row):
            if tile.id == tile_id:
                if direction in (Direction.LEFT, Direction.RIGHT):
                    _aside(row, place, -1 if direction is Direction.LEFT else 1)
                else:
                    _to_row(rows, number, place, -1 if direction is Direction.UP else 1)
                return _packed(content, rows)
    return content


def put_beside(content: DashboardContent, tile_id: str, *, other_id: str, side: Side) -> DashboardContent:
    """The content with a tile put down beside another one; the same where either is gone or both are one."""
    tile = next((one for one in content.tiles if one.id == tile_id), None)
    rows = [[one for one in row if one.id != tile_id] for row in _rows(content)]
    found = [(number, place) for number, row in enumerate(rows) for place, one in enumerate(row) if one.id == other_id]
    if tile is None or not found:
        return content
    number, place = found[0]
    if side in (Side.LEFT, Side.RIGHT):
        rows[number].insert(place + (side is Side.RIGHT), tile)
    else:
        rows.insert(number + (side is Side.BELOW), [tile])
    return _packed(content, rows)


def can_move(content: DashboardContent, tile_id: str, direction: Direction) -> bool:
    """Whether moving changes anything."""
    return moved(content, tile_id, direction) != _packed(content, _rows(content))


def mapped(content: DashboardContent, name: str, fields: dict[str, str | None]) -> DashboardContent:
    """The content with a filter that means these fields to these tiles; None: nothing, or a report's parameter."""
    named = tuple(Target(tile=tile, field=field) for tile, field in fields.items() if field is not None)

    def change(shared: SharedFilter) -> SharedFilter:
        kept = tuple(one for one in shared.targets if one.parameter is not None and fields.get(one.tile) is None)
        return replace(shared, targets=(*named, *kept))

    return with_filter(content, name, change)


def with_filter(
    content: DashboardContent, name: str, change: Callable[[SharedFilter], SharedFilter]
) -> DashboardContent:
    """The content with one filter changed."""
    filters = tuple(change(shared) if shared.name == name else shared for shared in content.filters)
    return replace(content, filters=filters)


def free_id(taken: Sequence[str], stem: str) -> str:
    """A name that is not taken: `tile`, `tile-2`."""
    number, name = 1, stem
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    return name


def _rows(content: DashboardContent) -> Rows:
    return [list(row) for row in content.rows]


def _room(row: Sequence[Tile]) -> int:
    return COLUMNS - sum(tile.width for tile in row)


def _aside(row: list[Tile], place: int, step: int) -> None:
    other = place + step
    if 0 <= other < len(row):
        row[place], row[other] = row[other], row[place]


def _to_row(rows: Rows, number: int, place: int, step: int) -> None:
    """Into the next row where there is room; else into a new one between; alone in its row, past the next one."""
    other, is_alone = number + step, len(rows[number]) == 1
    tile = rows[number].pop(place)
    if 0 <= other < len(rows) and _room(rows[other]) >= tile.width:
        rows[other].append(tile)
    elif not is_alone:
        rows.insert(number if step < 0 else number + 1, [tile])
    else:
        rows.pop(number)
        rows.insert(max(other, 0), [tile])


def _packed(content: DashboardContent, rows: Rows) -> DashboardContent:
    """The tiles in their rows from left to right, without gaps; empty rows close up, full ones go on below."""
    lines: Rows = []
    for row in rows:
        line: list[Tile] = []
        for tile in row:
            if line and _room(line) < tile.width:
                lines.append(line)
                line = []
            line.append(tile)
        if line:
            lines.append(line)
    return replace(content, tiles=tuple(tile for number, line in enumerate(lines) for tile in _placed(line, number)))


def _placed(line: Sequence[Tile], number: int) -> list[Tile]:
    placed, column = [], 0
    for tile in line:
        placed.append(replace(tile, row=number, column=column))
        column += tile.width
    return placed
