"""The files of a dashboard: one of the formats that hold a whole one, or a ZIP with a file of each tile."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from core.artifacts.archive import Member, pack
from core.artifacts.file_names import artifact_file_name, unique_name
from core.domain.artifact import Rendering
from core.domain.result import Result
from core.errors import RenderError
from core.render.boards import BOARD_RENDERERS
from core.render.boards.board import CHART, TEXT, Board, BoardTile, merged
from core.render.renderer import Renderer, Wishes
from core.runs.progress import CountedBatches, Passed
from core.runs.rendering import Drawer, Picture, RenderedFile, described_file, draw_picture, write_file

_ZIP, _ZIP_TYPE = "zip", "application/zip"


def board_extension(format: str) -> str:  # noqa: A002 - the domain's word
    """What the name of a dashboard's file of a format ends in."""
    return BOARD_RENDERERS[format].extension if format in BOARD_RENDERERS else _ZIP


def with_pictures(board: Board, drawer: Drawer, *, accent: str | None) -> tuple[Board, Picture]:
    """Return the dashboard with the pictures of its charts, and the first of them, which a mail shows."""
    tiles, first = [], Picture()
    for tile in board.tiles:
        if tile.show != CHART:
            tiles.append(tile)
            continue
        picture = draw_picture(tile.result, drawer, accent=accent)
        tiles.append(replace(tile, picture=picture.image, picture_note=picture.missing or picture.note))
        first = first if first.image is not None else picture
    return replace(board, tiles=tuple(tiles)), first


def make_board_file(
    board: Board,
    format: str,  # noqa: A002 - the domain's word
    *,
    folder: Path,
    wishes: Wishes,
    renderers: Mapping[str, Renderer],
    passed: Passed,
) -> RenderedFile:
    """Make one file of a dashboard in `folder`; `passed` is told the rows so far. Raises RenderError."""
    path = folder / f"board.{format}"
    board = _watched(board, passed, path)
    if format in BOARD_RENDERERS:
        renderer = BOARD_RENDERERS[format]
        with path.open("w+b") as target:
            rendering = renderer.write(board, target, wishes)
        media_type = renderer.media_type
    else:
        rendering, media_type = _packed(board, path, _renderer(renderers, format).fitted(wishes), passed), _ZIP_TYPE
    name = artifact_file_name(board.head.title, None, board_extension(format))
    return described_file(path, format=format, file_name=name, media_type=media_type, rendering=rendering)


def _renderer(renderers: Mapping[str, Renderer], format: str) -> Renderer:  # noqa: A002
    if format not in renderers:
        raise RenderError(f"There is no file format called {format!r}.")
    return renderers[format]


def _packed(board: Board, path: Path, renderer: Renderer, passed: Passed) -> Rendering:
    """A ZIP with a file of every tile, numbered in reading order."""
    members, said, names = [], [], list[str]()
    for number, tile in enumerate(board.tiles, start=1):
        part = path.parent / f"tile-{number}.{renderer.extension}"
        rendering = write_file(_rows_of(tile), renderer, part, Picture())
        name = unique_name(artifact_file_name(f"{number:02} {tile.name}", None, renderer.extension), names)
        names.append(name)
        members.append(Member(name=name, path=part))
        noted = (*rendering.notes, tile.note) if tile.note else rendering.notes
        said.append((tile.name, replace(rendering, notes=noted)))
    pack(members, path, check=lambda: passed(0, 0))
    for member in members:
        member.path.unlink()
    return merged(said)


def _rows_of(tile: BoardTile) -> Result:
    """A file of bare rows draws no chart and shows no headline numbers."""
    return replace(tile.result, head=replace(tile.result.head, chart=None)) if tile.show != TEXT else tile.result


def _watched(board: Board, passed: Passed, path: Path) -> Board:
    """The dashboard, its rows counted on their way through one file."""
    counter = _Counter(passed, path)
    return replace(board, tiles=tuple(counter.watch(tile) for tile in board.tiles))


class _Counter:
    """Adds up the rows of tiles that are written one after the other."""

    def __init__(self, passed: Passed, path: Path) -> None:
        self._passed = passed
        self._path = path
        self._rows: dict[int, int] = {}

    def watch(self, tile: BoardTile) -> BoardTile:
        """The tile, whose rows are counted; read again they count once."""
        number = len(self._rows)
        self._rows[number] = 0

        def note(rows: int, _size: int) -> None:
            self._rows[number] = max(self._rows[number], rows)
            self._passed(sum(self._rows.values()), self._path.stat().st_size if self._path.exists() else 0)

        return replace(tile, result=replace(tile.result, batches=CountedBatches(tile.result.batches, note)))


def tile_names(tiles: Sequence[BoardTile]) -> str:
    """The tiles in a sentence."""
    return ", ".join(tile.name for tile in tiles if tile.show != TEXT)
