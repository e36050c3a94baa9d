"""Files of whole dashboards: one file a format and this registry. Other formats become a ZIP of each tile's file."""

from collections.abc import Mapping
from typing import BinaryIO, Protocol

from core.domain.artifact import Rendering
from core.registry import LazyRegistry
from core.render.boards.board import Board
from core.render.renderer import Wishes


class BoardRenderer(Protocol):
    """Writes a dashboard as one file. It reads no clock: the same dashboard gives the same bytes."""

    @property
    def format(self) -> str:
        """Key in the registry."""
        ...

    @property
    def extension(self) -> str:
        """Ending of the file's name, without the dot."""
        ...

    @property
    def media_type(self) -> str:
        """IANA media type of the file."""
        ...

    def write(self, board: Board, target: BinaryIO, wishes: Wishes) -> Rendering:
        """Write the dashboard to `target`, which must be seekable. Raises RenderError."""
        ...


#: Format key -> renderer.
BOARD_RENDERERS: Mapping[str, BoardRenderer] = LazyRegistry(
    {
        "xlsx": "core.render.boards.board_xlsx:XlsxBoard",
        "pdf": "core.render.boards.board_pdf:PdfBoard",
        "html": "core.render.boards.board_html:HtmlBoard",
    },
    make=lambda renderer: renderer(),
)
