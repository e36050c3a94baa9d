"""The JSON of dashboards: read and written alike, every mistake with its place, filters put into questions."""

from typing import Any
from uuid import UUID

import pytest

from core.domain.dashboard import DashboardContent, ReportTile, Show, TileHeight
from core.domain.dashboard_edits import Direction, Side, added, moved, put_beside, removed, sized
from core.domain.dashboard_filters import tile_question, unheeded_words
from core.domain.dashboard_json import (
    content_schema,
    content_sha256,
    dump_content,
    dump_question,
    parse_content,
    parse_filters,
    parse_question,
)
from core.domain.definition import Aggregation, Measure, Period, ReportDefinition
from core.domain.filter import Condition, DateWindow, FilterGroup, Match, Operator, WindowKind
from core.domain.rich_text import plain_text, rich_html
from core.errors import InvalidDefinition, InvalidInput

REPORT = UUID(int=7)
CHART = {"kind": "report", "id": "a", "report_id": str(REPORT), "show": "table", "row": 0, "column": 0, "width": 6}
TEXT = {"kind": "text", "id": "b", "text": "Hello", "row": 0, "column": 6, "width": 6}
COUNTRY = {
    "name": "country",
    "label": "Country",
    "value_type": "text",
    "is_list": True,
    "targets": [{"tile": "a", "field": "country"}],
}
ORDERED = {"name": "ordered", "label": "Ordered", "type": "window", "targets": [{"tile": "a", "field": "ordered_at"}]}


def content(**changes: Any) -> DashboardContent:
    return parse_content({"tiles": [CHART, TEXT], "filters": [COUNTRY, ORDERED], **changes})


def test_it_is_written_as_it_was_read() -> None:
    read = content(refresh_s=60, timezone="Europe/Vienna")
    assert parse_content(dump_content(read)) == read
    assert content_sha256(read) != content_sha256(content())
    question = parse_question(dump_question(REPORT, 3, dump_content(read)))
    assert question is not None
    assert (question.dashboard_id, question.version, question.content) == (REPORT, 3, read)
    assert parse_question({"dataset_id": str(REPORT)}) is None
    assert {"tiles", "filters", "refresh_s"} <= content_schema()["properties"].keys()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"tiles": [{**CHART, "width": 13}]}, "tiles[0].width"),
        ({"tiles": [{**CHART, "column": 7}]}, "tiles[0]"),
        ({"tiles": [{**CHART, "kind": "movie"}]}, "tiles[0]"),
        ({"tiles": [{**CHART, "show": "pie"}]}, "tiles[0].show"),
        ({"tiles": [{**CHART, "colour": "red"}]}, "tiles[0].colour"),
        ({"tiles": [CHART, CHART]}, "tiles[1].id"),
        ({"tiles": [CHART, {**TEXT, "column": 5}]}, "tiles[1].column"),
        ({"tiles": [CHART, {**TEXT, "text": "  "}]}, "tiles[1].text"),
        ({"filters": [COUNTRY, COUNTRY]}, "filters[1].name"),
        ({"filters": [{**COUNTRY, "targets": [{"tile": "z", "field": "x"}]}]}, "filters[0].targets[0].tile"),
        ({"filters": [{**COUNTRY, "targets": [{"tile": "b", "field": "x"}]}]}, "filters[0].targets[0].tile"),
        ({"filters": [{**COUNTRY, "targets": [{"tile": "a"}]}]}, "filters[0].targets[0]"),
        ({"filters": [{**COUNTRY, "default": [3]}]}, "filters[0].default"),
        ({"filters": [{**ORDERED, "value_type": "text"}]}, "filters[0]"),
        ({"refresh_s": 1}, "refresh_s"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
    ],
)
def test_a_mistake_has_its_place(change: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        content(**change)
    assert caught.value.place == place


def test_values_of_filters_are_read_as_those_of_reports() -> None:
    given = parse_filters(content(), {"country": ["Chile"], "ordered": {"kind": "last", "n": 7, "unit": "day"}})
    assert given["country"] == ("Chile",)
    with pytest.raises(InvalidInput) as caught:
        parse_filters(content(), {"land": "Chile"})
    assert (caught.value.place, "no filter 'land'" in caught.value.user_message) == ("filters.land", True)


def test_a_filter_becomes_part_of_the_question_it_is_mapped_to() -> None:
    window, other = (DateWindow(kind=WindowKind.LAST, n=n) for n in (7, 30))
    either = FilterGroup(match=Match.ANY, items=(Condition(field="x", operator=Operator.IS, values=(1,)),))
    definition = ReportDefinition(
        dataset_id=REPORT,
        measures=(Measure(aggregation=Aggregation.COUNT),),
        period=Period(field="ordered_at", window=other),
        filters=either,
    )
    board = content()
    (tile, _) = board.in_order
    assert isinstance(tile, ReportTile)
    asked = tile_question(board, tile, definition, {"country": ("Chile",), "ordered": window})
    assert asked.definition.period is not None
    assert asked.definition.period.window == window
    country = Condition(field="country", operator=Operator.IS, values=("Chile",))
    assert asked.definition.filters == FilterGroup(items=(either, country))
    assert asked.unheeded == ()
    none = content(filters=[{**COUNTRY, "targets": []}])
    asked = tile_question(none, tile, definition, {"country": ("Chile",)})
    assert asked.definition.filters == either
    assert unheeded_words(asked.unheeded) == "Not filtered by Country."


def test_a_tile_asks_only_for_what_it_shows() -> None:
    definition = ReportDefinition(dataset_id=REPORT, columns=("a",), kpis=(Measure(aggregation=Aggregation.COUNT),))
    tile = ReportTile(id="a", report_id=REPORT, row=0, column=0, width=6)
    assert tile_question(content(), tile, definition, {}).definition.kpis == ()
    chart = ReportTile(id="a", report_id=REPORT, show=Show.CHART, row=0, column=0, width=6)
    with pytest.raises(InvalidDefinition, match="no chart"):
        tile_question(content(), chart, definition, {})


def places(board: DashboardContent) -> list[tuple[str, int, int]]:
    return [(tile.id, tile.row, tile.column) for tile in board.in_order]


def board_of(*ids: str, width: int = 4) -> DashboardContent:
    board = DashboardContent()
    for id_ in ids:
        board = added(board, ReportTile(id=id_, report_id=REPORT, row=0, column=0, width=width))
    return board


def test_tiles_are_arranged() -> None:
    board = board_of("a", "b", "c", "d")
    assert places(board) == [("a", 0, 0), ("b", 0, 4), ("c", 0, 8), ("d", 1, 0)]
    assert places(moved(board, "b", Direction.LEFT))[0] == ("b", 0, 0)
    assert places(moved(board, "b", Direction.DOWN)) == [("a", 0, 0), ("c", 0, 4), ("d", 1, 0), ("b", 1, 4)]
    assert places(moved(board, "d", Direction.UP)) == [("d", 0, 0), ("a", 1, 0), ("b", 1, 4), ("c", 1, 8)]
    assert moved(board, "a", Direction.LEFT) == board
    assert moved(board, "d", Direction.DOWN) == board
    wide = sized(board, "a", width=8, height=TileHeight.TALL)
    assert places(wide) == [("a", 0, 0), ("b", 0, 8), ("c", 1, 0), ("d", 2, 0)]
    assert places(removed(board, "b")) == [("a", 0, 0), ("c", 0, 4), ("d", 1, 0)]
    assert parse_content(dump_content(wide)) == wide


def test_a_tile_is_put_down_beside_another() -> None:
    board = board_of("a", "b", "c", "d")
    assert places(put_beside(board, "a", other_id="b", side=Side.RIGHT))[:2] == [("b", 0, 0), ("a", 0, 4)]
    beside = [("a", 0, 0), ("d", 0, 4), ("b", 0, 8), ("c", 1, 0)]
    assert places(put_beside(board, "d", other_id="b", side=Side.LEFT)) == beside
    below = [("a", 0, 0), ("c", 0, 4), ("b", 1, 0), ("d", 2, 0)]
    assert places(put_beside(board, "b", other_id="c", side=Side.BELOW)) == below
    assert places(put_beside(board, "d", other_id="a", side=Side.ABOVE))[0] == ("d", 0, 0)
    for tile, other in (("a", "a"), ("a", "gone"), ("gone", "a")):
        assert put_beside(board, tile, other_id=other, side=Side.LEFT) == board


def test_words_carry_a_few_marks_and_nothing_else() -> None:
    text = "# Hi\n- *one*\n- **two**\n\n[here](https://a.b/?x=1&y=2) <script>x</script>\n[no](javascript:x)"
    assert rich_html(text) == (
        "<h3>Hi</h3><ul><li><em>one</em></li><li><strong>two</strong></li></ul>"
        '<p><a href="https://a.b/?x=1&amp;y=2" target="_blank" rel="noreferrer noopener">here</a> '
        "&lt;script&gt;x&lt;/script&gt; [no](javascript:x)</p>"
    )
    assert plain_text(text).splitlines()[1] == "\u2022 one"
