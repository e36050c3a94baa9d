"""A dashboard as a workbook: a cover that lists its tiles, and a sheet with the rows of each."""

from typing import BinaryIO

from core.domain.artifact import Rendering
from core.domain.shown import shown_result
from core.render.boards.board import CHART, TEXT, Board, BoardTile, merged
from core.render.boards.board_words import board_line
from core.render.renderer import Wishes
from core.render.xlsx.sheet import MOST_ROWS
from core.render.xlsx.workbook import Pictures, Workbook


class XlsxBoard:
    """Writes workbooks of dashboards."""

    format = "xlsx"
    extension = "xlsx"
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def write(self, board: Board, target: BinaryIO, wishes: Wishes) -> Rendering:
        """Write every tile to sheets of its own. `target` must be seekable. Raises RenderError."""
        workbook = Workbook(target, wishes=wishes, rows_per_sheet=MOST_ROWS)
        said = [(tile.name, _add(workbook, tile)) for tile in board.tiles]
        workbook.close(board.head.title, lead=(board.head.description, board_line(board.head)), of="Tiles")
        return merged(said)


def _add(workbook: Workbook, tile: BoardTile) -> Rendering:
    pictures = Pictures(image=tile.picture, missing=tile.picture_note if tile.show == CHART else None)
    return workbook.add(
        shown_result(tile.named_result), name=tile.name, pictures=pictures, note=tile.note, is_words=tile.show == TEXT
    )
