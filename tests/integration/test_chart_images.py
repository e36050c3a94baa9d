import io
import os
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import plotly.graph_objects as go
import pytest
from PIL import Image

from core.domain.appearance import Chart, ChartKind
from core.render.chart_images import NO_BROWSER, NOT_DRAWN, ChartRenderer, find_browser
from core.render.chart_svg import plain_svg
from core.render.charts import build_figure
from core.render.palette import template
from core.render.renderer import ChartImage
from tests.render_results import ORDINARY_COLUMNS, ordinary_table

needs_browser = pytest.mark.skipif(find_browser() is None, reason="no Chrome or Chromium is installed")


def a_figure() -> go.Figure:
    figure = go.Figure(layout={"template": template()})
    figure.add_trace(go.Bar(x=["山田", "Zoë"], y=[3, 5], name="Orders"))
    return figure


@pytest.fixture(scope="module")
def renderer() -> Iterator[ChartRenderer]:
    renderer = ChartRenderer()
    yield renderer
    renderer.close()


@needs_browser
def test_the_same_figure_gives_the_same_bytes(renderer: ChartRenderer) -> None:
    first = renderer.png(a_figure(), width=400, height=200, scale=1.5)
    second = renderer.png(a_figure(), width=400, height=200, scale=1.5)
    assert first is not None
    assert first == second
    with Image.open(io.BytesIO(first.png)) as picture:
        assert picture.size == (first.width, first.height) == (600, 300)
        assert picture.info == {}
        assert len(picture.getcolors(100_000) or []) > 10


@needs_browser
@pytest.mark.parametrize("kind", ChartKind)
def test_an_svg_is_the_same_on_every_call(renderer: ChartRenderer, kind: ChartKind) -> None:
    along = "customer" if kind in (ChartKind.PIE, ChartKind.BAR, ChartKind.HORIZONTAL_BAR) else "ship_on"
    chart = Chart(kind=kind, x=along, y=("quantity",), color=None if kind is ChartKind.PIE else "paid")
    figure = build_figure(ORDINARY_COLUMNS, chart, ordinary_table(40))
    first = renderer.svg(figure, width=400, height=200)
    assert renderer.png(a_figure(), width=200, height=100) is not None
    assert first is not None
    assert first == renderer.svg(build_figure(ORDINARY_COLUMNS, chart, ordinary_table(40)), width=400, height=200)
    document = ElementTree.fromstring(first)
    named = {element.get("id") for element in document.iter()}
    wanted = re.findall(rb"url\((?:&quot;|[\"'])?#([\w-]+)", first)
    assert wanted or kind is ChartKind.PIE
    assert named.issuperset(name.decode() for name in wanted)


def test_words_in_an_svg_are_left_alone() -> None:
    raw = b'<svg><defs id="defs-07405f"></defs><g clip-path="url(#clip07405fx)"></g><a b="07405f">07405f</a></svg>'
    named = raw.replace(b"defs-07405f", b"defs-chart").replace(b"clip07405fx", b"clipchartx")
    assert plain_svg(raw) == named
    assert plain_svg(b'<svg><g b="2" a="1"/></svg>') == plain_svg(b'<svg><g a="1" b="2"/></svg>')


@needs_browser
def test_a_browser_nobody_asks_is_stopped() -> None:
    renderer = ChartRenderer(idle_s=0.01)
    assert renderer.png(a_figure(), width=200, height=100) is not None
    timer = renderer._timer
    assert timer is not None
    timer.join(30)
    assert renderer._kaleido is None
    assert renderer.png(a_figure(), width=200, height=100) is not None
    renderer.close()


@needs_browser
def test_a_killed_browser_is_started_again(renderer: ChartRenderer) -> None:
    assert renderer.png(a_figure(), width=200, height=100) is not None
    process = renderer._kaleido.subprocess
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert renderer.png(a_figure(), width=200, height=100) is not None
    assert renderer.reason is None


@needs_browser
def test_threads_share_the_browser(renderer: ChartRenderer) -> None:
    images: list[ChartImage | None] = []
    threads = [
        threading.Thread(target=lambda: images.append(renderer.png(a_figure(), width=200, height=100)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(images) == 4
    assert None not in images


@needs_browser
def test_the_deadline_holds() -> None:
    renderer = ChartRenderer(timeout_s=0.001)
    assert renderer.png(a_figure(), width=200, height=100) is None
    assert renderer.reason == NOT_DRAWN
    renderer.close()


def test_without_a_browser_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER_PATH", "/nowhere/chrome")
    renderer = ChartRenderer()
    assert find_browser() is None
    assert renderer.png(a_figure(), width=200, height=100) is None
    assert renderer.reason == NO_BROWSER


def test_a_program_that_is_no_browser_is_given_up(tmp_path: Path) -> None:
    program = tmp_path / "chrome"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    renderer = ChartRenderer(browser=program, timeout_s=5)
    assert renderer.png(a_figure(), width=200, height=100) is None
    assert renderer.reason == NOT_DRAWN
