"""Pictures of charts: one warm headless browser a process, with a deadline, restarted when it dies, and no network."""

import asyncio
import atexit
import logging
import tempfile
import threading
from collections.abc import Callable, Coroutine
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from core.render.chart_browser import CLOSE_S, find_browser, font_settings, kill, new_kaleido, serve
from core.render.chart_svg import plain_svg, with_names
from core.render.plain_png import plain_png
from core.render.renderer import ChartImage

if TYPE_CHECKING:
    import plotly.graph_objects as go

logger = logging.getLogger(__name__)

NO_BROWSER = "The chart is missing: no Chrome or Chromium was found."
NOT_DRAWN = "The chart is missing: the browser that draws it did not answer."
Picture = TypeVar("Picture")


class ChartRenderer:
    """Draws figures as PNG and SVG. Starts its browser at first use; any number of threads may call it."""

    def __init__(self, *, browser: Path | None = None, timeout_s: float = 30.0, idle_s: float | None = None) -> None:
        """`timeout_s` bounds one picture, the browser's start included; after `idle_s` without one it is stopped."""
        self._browser = browser
        self._idle_s = idle_s
        self._timer: threading.Timer | None = None
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._opening: futures.Future[Any] | None = None
        self._kaleido: Any = None
        self._font_settings: tempfile.TemporaryDirectory[str] | None = None
        self.reason: str | None = None  #: why the last picture is missing, as a sentence

    def png(self, figure: "go.Figure", *, width: int, height: int, scale: float = 2.0) -> ChartImage | None:
        """The figure at `width` x `height` pixels times `scale`, or None, and then `reason` says why."""
        return self._drawn(figure, {"format": "png", "width": width, "height": height, "scale": scale}, plain_png)

    def svg(self, figure: "go.Figure", *, width: int, height: int) -> bytes | None:
        """The figure as an SVG document, or None, and then `reason` says why. Equal figures give equal bytes."""
        return self._drawn(figure, {"format": "svg", "width": width, "height": height}, plain_svg)

    def _drawn(
        self, figure: "go.Figure", options: dict[str, Any], finish: Callable[[bytes], Picture]
    ) -> Picture | None:
        """Draw; a browser that fails is ended, and a new one tries once more."""
        with self._lock:
            self._rest()
            self.reason = None
            browser = self._browser or find_browser()
            if browser is None or not browser.exists():
                self.reason = NO_BROWSER
                return None
            raw = self._tried(with_names(figure.to_dict()), browser, options)
            self._sleep_later()
        return None if raw is None else finish(raw)

    def _tried(self, figure: dict[str, Any], browser: Path, options: dict[str, Any]) -> bytes | None:
        for attempt in (1, 2):
            try:
                return self._draw(figure, browser, options)
            except Exception as error:  # noqa: BLE001 - a report goes out without its picture, whatever the browser does
                logger.warning("chart_not_drawn attempt=%s error=%s", attempt, type(error).__name__)
                self._stop()
        self.reason = NOT_DRAWN
        return None

    def close(self) -> None:
        """Stop the browser; the next picture starts it again."""
        with self._lock:
            self._rest()
            self._stop()

    def _draw(self, figure: dict[str, Any], browser: Path, options: dict[str, Any]) -> bytes:
        if self._kaleido is None:
            self._start(browser)
        raw: bytes = self._run(self._kaleido.calc_fig(figure, opts=options), self._timeout_s)
        return raw

    def _sleep_later(self) -> None:
        """Stop the browser once nobody has asked it for a while."""
        if self._idle_s is not None and self._loop is not None:
            self._timer = threading.Timer(self._idle_s, self.close)
            self._timer.daemon = True
            self._timer.start()

    def _rest(self) -> None:
        """Forget about stopping."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start(self, browser: Path) -> None:
        """Open the browser on an event loop of its own."""
        loop = asyncio.new_event_loop()
        self._loop = loop
        atexit.register(self.close)
        self._thread = threading.Thread(target=serve, args=(loop,), name="chart-browser", daemon=True)
        self._thread.start()
        self._font_settings = font_settings()
        self._kaleido = new_kaleido(browser, self._timeout_s, Path(self._font_settings.name) / "fonts.conf")
        self._opening = asyncio.run_coroutine_threadsafe(self._kaleido.open(), loop)
        self._opening.result(self._timeout_s)

    def _run(self, work: Coroutine[Any, Any, Any], timeout_s: float) -> Any:
        if self._loop is None:
            raise RuntimeError("the browser's loop is not running")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(timeout_s)
        finally:
            future.cancel()

    def _stop(self) -> None:
        """Close the browser, or kill it where it does not close, and end its loop."""
        kaleido, loop, opening = self._kaleido, self._loop, self._opening
        self._kaleido, self._loop, self._opening = None, None, None
        if loop is None:
            return
        if opening is not None:
            # An opening that is cancelled would forget the process it has just started.
            futures.wait([opening], timeout=CLOSE_S / 2)
        try:
            if kaleido is not None:
                asyncio.run_coroutine_threadsafe(kaleido.close(), loop).result(CLOSE_S)
        except Exception as error:  # noqa: BLE001 - a dead browser fails in many ways; it is killed below
            logger.warning("chart_browser_not_closed error=%s", type(error).__name__)
        kill(getattr(kaleido, "subprocess", None))
        atexit.unregister(self.close)
        loop.call_soon_threadsafe(loop.stop)
        if self._thread is not None:
            self._thread.join(CLOSE_S)
        if self._font_settings is not None:
            self._font_settings.cleanup()
            self._font_settings = None
