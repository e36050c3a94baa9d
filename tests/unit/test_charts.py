import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import plotly.graph_objects as go
import pyarrow as pa
import pytest

from core.domain.appearance import Chart, ChartKind
from core.domain.field import FieldType, Format, NumberStyle
from core.domain.result import ColumnRole, ResultColumn
from core.render import palette
from core.render.charts import build_figure, default_chart


def column(key: str, kind: FieldType, role: ColumnRole = ColumnRole.DIMENSION, **style: object) -> ResultColumn:
    return ResultColumn(key=key, label=key.title(), type=kind, role=role, format=Format(**style))


DAY = column("day", FieldType.DATE)
CITY = column("city", FieldType.TEXT)
AMOUNT = column("sum__amount", FieldType.DECIMAL, ColumnRole.MEASURE, unit="EUR")
AVERAGE = column("average__amount", FieldType.DECIMAL, ColumnRole.MEASURE)
COLUMNS = (DAY, CITY, AMOUNT, AVERAGE)
CITIES = 12


def a_table() -> pa.Table:
    rows = [(date(2026, 11, 16 + day), f"City {city}", city + 1) for day in range(3) for city in range(CITIES)]
    amounts = [Decimal(100 * value) for _, _, value in rows]
    return pa.table(
        {
            "day": [day for day, _, _ in rows],
            "city": [city for _, city, _ in rows],
            "sum__amount": pa.array(amounts, pa.decimal128(12, 2)),
            "average__amount": pa.array(amounts, pa.decimal128(12, 2)),
        }
    )


def figure(kind: ChartKind, x: str = "day", y: str = "sum__amount", color: str | None = None) -> go.Figure:
    return build_figure(COLUMNS, Chart(kind=kind, x=x, y=(y,), color=color), a_table())


def sentence(drawn: go.Figure) -> str:
    return " ".join(note.text for note in drawn.layout.annotations)


@pytest.mark.parametrize("kind", list(ChartKind))
def test_every_kind_is_drawn(kind: ChartKind) -> None:
    drawn = figure(kind, x="city")
    assert len(drawn.data) == 1
    json.loads(drawn.to_json())


def test_rows_of_one_place_are_added_up() -> None:
    drawn = figure(ChartKind.LINE)
    assert list(drawn.data[0].x) == ["2026-11-16", "2026-11-17", "2026-11-18"]
    assert list(drawn.data[0].y) == [7800.0] * 3
    assert drawn.layout.yaxis.title.text == "Sum__Amount (EUR)"


def test_past_seven_colours_the_rest_is_merged_and_said_so() -> None:
    drawn = figure(ChartKind.BAR, color="city")
    names = [trace.name for trace in drawn.data]
    assert names == [f"City {number}" for number in range(11, 4, -1)] + ["Others (5 more)"]
    assert sum(sum(trace.y) for trace in drawn.data) == 3 * 7800


def test_averages_are_never_added_up() -> None:
    assert "cannot be added up" in sentence(figure(ChartKind.LINE, y="average__amount"))
    drawn = figure(ChartKind.LINE, y="average__amount", color="city")
    assert drawn.data[-1].name == "5 more are not shown"
    assert [value for value in drawn.data[-1].y if value is not None] == []
    assert "does not add up" in sentence(figure(ChartKind.PIE, x="city", y="average__amount"))


def test_a_pie_has_at_most_five_slices() -> None:
    drawn = figure(ChartKind.PIE, x="city")
    assert list(drawn.data[0].labels) == ["City 11", "City 10", "City 9", "City 8", "Others (8 more)"]
    assert sum(drawn.data[0]["values"]) == 3 * 7800


def test_a_pie_of_negative_values_says_why_it_is_empty() -> None:
    table = pa.table({"city": ["a", "b"], "sum__amount": pa.array([1.0, -2.0])})
    drawn = build_figure(COLUMNS, Chart(kind=ChartKind.PIE, x="city", y=("sum__amount",)), table)
    assert "positive values" in sentence(drawn)


@pytest.mark.parametrize("kind", list(ChartKind))
def test_no_rows_are_said_calmly(kind: ChartKind) -> None:
    drawn = build_figure(COLUMNS, Chart(kind=kind, x="day", y=("sum__amount",)), a_table().slice(0, 0))
    assert "No rows match" in sentence(drawn)


def test_a_chart_of_a_column_that_is_gone_is_said() -> None:
    assert "no longer has" in sentence(figure(ChartKind.BAR, x="gone"))


def test_labels_are_characters_not_markup() -> None:
    table = pa.table({"city": ["<a href='x'>$y$</a>"], "sum__amount": [1.0]})
    chart = Chart(kind=ChartKind.BAR, x="city", y=("sum__amount",))
    drawn = build_figure(COLUMNS, chart, table, title="<b>&</b>$x$")
    assert drawn.data[0].x[0] == "&lt;a href='x'&gt;&#36;y&#36;&lt;/a&gt;"
    assert drawn.layout.title.text == "&lt;b&gt;&amp;&lt;/b&gt;&#36;x&#36;"


def test_nulls_become_gaps_and_a_label_of_their_own() -> None:
    table = pa.table({"city": [None, "b"], "sum__amount": pa.array([1.0, None])})
    drawn = build_figure(COLUMNS, Chart(kind=ChartKind.BAR, x="city", y=("sum__amount",)), table)
    assert list(drawn.data[0].x) == ["(empty)", "b"]
    assert list(drawn.data[0].y) == [1.0, None]


def test_long_labels_that_begin_alike_stay_apart() -> None:
    table = pa.table({"city": ["x" * 40 + "1", "x" * 40 + "2"], "sum__amount": [1.0, 2.0]})
    drawn = build_figure(COLUMNS, Chart(kind=ChartKind.BAR, x="city", y=("sum__amount",)), table)
    assert len(set(drawn.data[0].x)) == 2


def test_lines_that_end_apart_carry_their_names() -> None:
    table = a_table().filter(pa.compute.is_in(a_table()["city"], pa.array(["City 0", "City 11"])))
    drawn = build_figure(COLUMNS, Chart(kind=ChartKind.LINE, x="day", y=("sum__amount",), color="city"), table)
    assert sentence(drawn) == "City 11 City 0"
    assert drawn.layout.showlegend is False


def test_percents_are_ticked_as_percents() -> None:
    share = column("sum__share", FieldType.DECIMAL, ColumnRole.MEASURE, style=NumberStyle.PERCENT)
    table = pa.table({"city": ["a"], "sum__share": [0.5]})
    drawn = build_figure((CITY, share), Chart(kind=ChartKind.BAR, x="city", y=("sum__share",)), table)
    assert drawn.layout.yaxis.tickformat == ",.0%"


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ((DAY, AMOUNT), Chart(kind=ChartKind.LINE, x="day", y=("sum__amount",))),
        ((CITY, AMOUNT), Chart(kind=ChartKind.BAR, x="city", y=("sum__amount",))),
        ((CITY, DAY, AMOUNT), Chart(kind=ChartKind.LINE, x="day", y=("sum__amount",), color="city")),
        ((CITY,), None),
        ((AMOUNT,), None),
        ((), None),
    ],
)
def test_default_chart(columns: tuple[ResultColumn, ...], expected: Chart | None) -> None:
    assert default_chart(columns) == expected


def test_importing_charts_does_not_load_plotly() -> None:
    code = "import sys, core.render.charts; sys.exit('plotly.graph_objects' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_text_has_enough_contrast(dark: bool) -> None:
    inks = palette.inks(dark=dark)
    for ground in (inks.paper, inks.card, inks.zebra):
        for colour in (inks.ink, inks.quiet, inks.accent, inks.green, inks.amber):
            assert _contrast(colour, ground) >= 4.5


def test_neighbours_in_the_palette_differ_in_grey() -> None:
    lightness = [116 * _luminance(colour) ** (1 / 3) - 16 for colour in palette.CATEGORICAL]
    assert all(abs(one - other) >= 20 for one, other in pairwise(lightness))


@pytest.mark.parametrize("dark", [False, True])
def test_the_accent_of_the_organization_is_the_first_colour(dark: bool) -> None:
    def colours(accent: str | None) -> list[str]:
        chart = Chart(kind=ChartKind.BAR, x="day", y=("sum__amount",), color="city")
        drawn = build_figure(COLUMNS, chart, a_table(), dark=dark, accent=accent)
        return [trace.marker.color for trace in drawn.data]

    own = colours("#0b6e4f")
    first = palette.towards("#0B6E4F", palette.inks(dark=dark).card, 3.0)
    assert own[0] == first
    assert own[-1] == palette.others_colour(dark=dark)
    assert first not in colours(None)
    # the palette's green looks like it and is left out
    assert palette.CATEGORICAL[4] not in colours("#0b6e4f")


def spread_figure(cities: int, key: str = "sum__amount") -> go.Figure:
    """A chart of a pivot: a column a city."""
    spread = [replace(AMOUNT, key=f"{key}|{n}", spans=(f"City {n}",)) for n in range(cities)]
    table = pa.table(
        {"day": [date(2026, 11, 16), date(2026, 11, 17)]} | {one.key: [n, 1] for n, one in enumerate(spread)}
    )
    return build_figure((DAY, *spread), Chart(kind=ChartKind.LINE, x="day", y=(key,)), table)


def test_a_pivots_columns_are_series_named_after_what_they_hold() -> None:
    assert [trace.name for trace in spread_figure(3).data] == ["City 0", "City 1", "City 2"]


def test_many_columns_of_a_pivot_are_merged_where_they_add_up() -> None:
    drawn = spread_figure(12)
    assert (len(drawn.data), drawn.data[-1].name) == (8, "Others (5 more)")
    assert sum(value for trace in drawn.data for value in trace.y) == sum(range(12)) + 12
    assert len(spread_figure(12, "average__amount").data) == 12
