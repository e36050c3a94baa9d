"""Files of dashboards: every tile is there under its name, odd values are told, equal dashboards give equal bytes."""

import io
from dataclasses import replace

import openpyxl
import pyarrow as pa
import pypdf
import pytest

from core.domain.field import FieldType
from core.domain.result import Result
from core.render.boards import BOARD_RENDERERS
from core.render.boards.board import KPI, TABLE, TEXT, Board, BoardTile, figures_result, text_result
from core.render.renderer import Wishes
from tests.render_results import odd_result, ordinary_result


def tile(number: int, show: str, result: Result, *, title: str = "Orders", text: str = "") -> BoardTile:
    return BoardTile(title=title, show=show, row=number, column=0, width=12, result=result, text=text)


@pytest.fixture
def board() -> Board:
    """Two tables of the same name, one with every odd value, a headline number and a text."""
    ordinary, odd = ordinary_result(20), odd_result(["a", "\x00b", "=1+1"], pa.string(), FieldType.TEXT)
    head = replace(ordinary.head, title="Board & <co>", filters_in_words=("Country: DE",), chart=None)
    words = "## Read <this>\n- **now**"
    return Board(
        head=head,
        tiles=(
            tile(0, TEXT, text_result(head, words), title="", text=words),
            tile(1, KPI, figures_result(ordinary.head), title="Revenue"),
            replace(tile(2, TABLE, ordinary), note="Not filtered by Country."),
            tile(3, TABLE, odd),
        ),
    )


def written(board: Board, format_: str) -> bytes:
    target = io.BytesIO()
    BOARD_RENDERERS[format_].write(board, target, Wishes())
    return target.getvalue()


@pytest.mark.parametrize("format_", list(BOARD_RENDERERS))
def test_equal_dashboards_give_equal_bytes_and_tell_what_they_altered(board: Board, format_: str) -> None:
    target = io.BytesIO()
    said = BOARD_RENDERERS[format_].write(board, target, Wishes())
    assert target.getvalue() == written(board, format_)
    assert said.altered
    assert all(label.startswith("Orders: ") for label in said.altered)
    assert "Orders: Not filtered by Country." in said.notes


def test_sheets_bear_the_names_of_their_tiles(board: Board) -> None:
    book = openpyxl.load_workbook(io.BytesIO(written(board, "xlsx")))
    assert book.sheetnames == ["About", "Read <this>", "Revenue", "Orders", "Orders 2"]
    assert book["Revenue"]["A2"].value == "Revenue"
    assert book["Revenue"]["B2"].value == pytest.approx(1748202.51)
    cover = [str(cell.value) for row in book["About"].iter_rows() for cell in row if cell.value]
    assert cover[0] == "Board & <co>"
    assert any(text.startswith("Filters: Country: DE.") for text in cover)


def test_pages_hold_the_tiles_in_order(board: Board) -> None:
    reader = pypdf.PdfReader(io.BytesIO(written(board, "pdf")))
    titles = [one.title for one in reader.outline if not isinstance(one, list)]
    assert titles == ["Board & <co>", "Read <this>", "Revenue", "Orders", "Orders", "About this report"]


def test_a_page_runs_nothing(board: Board) -> None:
    page = written(board, "html").decode()
    assert "Read &lt;this&gt;" in page
    assert "<this>" not in page
    assert page.count('<section class="tile') == len(board.tiles)
