"""How long pictures of charts take: cold, warm, a digest of four, beside kaleido's own server; each is read back."""

import io
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import kaleido
import plotly.graph_objects as go
import pyarrow as pa
from PIL import Image

from bench.figures import Figure, table
from core.domain.appearance import Chart, ChartKind
from core.domain.field import FieldType, Format
from core.domain.result import ColumnRole, ResultColumn
from core.render.chart_images import ChartRenderer
from core.render.charts import build_figure

WIDTH, HEIGHT, SCALE = 820, 360, 3
WARM_LIMIT_S = 0.2
DIGEST_LIMIT_S = 2.0
_TIMES = 15
_COLUMNS = (
    ResultColumn(key="day", label="Day", type=FieldType.DATE, role=ColumnRole.DIMENSION),
    ResultColumn(key="city", label="City", type=FieldType.TEXT, role=ColumnRole.DIMENSION),
    ResultColumn(
        key="amount", label="Amount", type=FieldType.DECIMAL, role=ColumnRole.MEASURE, format=Format(unit="EUR")
    ),
)
_DIGEST = (
    Chart(kind=ChartKind.LINE, x="day", y=("amount",), color="city"),
    Chart(kind=ChartKind.BAR, x="city", y=("amount",)),
    Chart(kind=ChartKind.AREA, x="day", y=("amount",), color="city"),
    Chart(kind=ChartKind.PIE, x="city", y=("amount",)),
)


def rows() -> pa.Table:
    """Amounts of six cities over 90 days."""
    cities = ("Hamburg", "São Paulo", "Kraków", "Αθήνα", "New York", "Wien")
    cells = [(date(2026, 8, 1) + timedelta(days=day), city) for day in range(90) for city in cities]
    amounts = [Decimal(place * 7919 % 100_000).scaleb(-2) for place in range(len(cells))]
    return pa.table(
        {
            "day": [day for day, _ in cells],
            "city": [city for _, city in cells],
            "amount": pa.array(amounts, pa.decimal128(12, 2)),
        }
    )


def measure() -> list[Figure]:
    """Seconds of one picture and of four. Raises where one cannot be read back."""
    data, renderer = rows(), ChartRenderer()
    figure = build_figure(_COLUMNS, _DIGEST[0], data)
    cold = _seconds(lambda: _check_png(renderer, figure))
    png = statistics.median(_seconds(lambda: _check_png(renderer, figure)) for _ in range(_TIMES))
    svg = statistics.median(_seconds(lambda: _check_svg(renderer, figure)) for _ in range(_TIMES))
    digest = _seconds(lambda: [_check_png(renderer, build_figure(_COLUMNS, chart, data)) for chart in _DIGEST])
    renderer.close()
    size = f"{WIDTH} x {HEIGHT} at {SCALE}x"
    return [
        Figure(name="first PNG, the browser's start included", measured=cold, unit="s"),
        Figure(name=f"PNG, {size}, warm, median of {_TIMES}", measured=png, unit="s", limit=WARM_LIMIT_S),
        Figure(name=f"SVG, warm, median of {_TIMES}", measured=svg, unit="s", limit=WARM_LIMIT_S),
        Figure(name="four charts of a digest, figures and PNGs, warm", measured=digest, unit="s", limit=DIGEST_LIMIT_S),
        Figure(name="kaleido's own warm server, the same PNG, median of 5", measured=_kaleido(figure), unit="s"),
    ]


def _kaleido(figure: go.Figure) -> float:
    kaleido.start_sync_server(silence_warnings=True)
    options = {"format": "png", "width": WIDTH, "height": HEIGHT, "scale": SCALE}
    kaleido.calc_fig_sync(figure, opts=options)
    median = statistics.median(_seconds(lambda: kaleido.calc_fig_sync(figure, opts=options)) for _ in range(5))
    kaleido.stop_sync_server(silence_warnings=True)
    return median


def _check_png(renderer: ChartRenderer, figure: go.Figure) -> None:
    image = renderer.png(figure, width=WIDTH, height=HEIGHT, scale=SCALE)
    if image is None:
        raise RuntimeError(renderer.reason)
    with Image.open(io.BytesIO(image.png)) as picture:
        if picture.size != (WIDTH * SCALE, HEIGHT * SCALE):
            raise RuntimeError(f"the picture has {picture.size} pixels")


def _check_svg(renderer: ChartRenderer, figure: go.Figure) -> None:
    drawn = renderer.svg(figure, width=WIDTH, height=HEIGHT)
    if drawn is None:
        raise RuntimeError(renderer.reason)
    ElementTree.fromstring(drawn)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    print(table(measure()))
