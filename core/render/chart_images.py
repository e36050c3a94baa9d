"""Pictures of charts: one warm headless browser a process, with a deadline, restarted when it dies, and no network."""

import asyncio
import atexit
import io
import logging
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Coroutine
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.render.renderer import ChartImage

if TYPE_CHECKING:
    import plotly.graph_objects as go

logger = logging.getLogger(__name__)

NO_BROWSER = "The chart is missing: no Chrome or Chromium was found."
NOT_DRAWN = "The chart is missing: the browser that draws it did not answer."

_FONTS = Path(__file__).resolve().parent / "fonts"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
)
#: Beside kaleido's own: nothing may leave the machine, and the same figure must give the same pixels.
_FLAGS = (
    "--disable-background-networking",
    "--disable-extensions",
    "--disable-default-apps",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--lang=en-US",
    "--hide-scrollbars",
    "--mute-audio",
)
_CLOSE_S = 10.0


def find_browser() -> Path | None:
    """The Chrome or Chromium to draw with: BROWSER_PATH, else the first one installed; None where there is none."""
    chosen = os.environ.get("BROWSER_PATH")
    if chosen:
        return Path(chosen) if os.access(chosen, os.X_OK) else None
    found = next((path for path in map(shutil.which, _NAMES) if path), None)
    if found is None:
        found = next((place for place in _PLACES if os.access(place, os.X_OK)), None)
    return Path(found) if found else None


class ChartRenderer:
    """Draws figures as PNG. Starts its browser at first use; any number of threads may call it."""

    def __init__(self, *, browser: Path | None = None, timeout_s: float = 30.0) -> None:
        """`timeout_s` bounds one picture, the browser's start included."""
        self._browser = browser
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
        with self._lock:
            self.reason = None
            browser = self._browser or find_browser()
            if browser is None or not browser.exists():
                self.reason = NO_BROWSER
                return None
            for attempt in (1, 2):
                try:
                    return self._draw(
                        figure, browser, {"format": "png", "width": width, "height": height, "scale": scale}
                    )
                except Exception as error:  # noqa: BLE001 - a report goes out without its picture, whatever the browser does
                    logger.warning("chart_not_drawn attempt=%s error=%s", attempt, type(error).__name__)
                    self._stop()
            self.reason = NOT_DRAWN
            return None

    def close(self) -> None:
        """Stop the browser; the next picture starts it again."""
        with self._lock:
            self._stop()

    def _draw(self, figure: "go.Figure", browser: Path, options: dict[str, Any]) -> ChartImage:
        if self._kaleido is None:
            self._start(browser)
        raw: bytes = self._run(self._kaleido.calc_fig(figure, opts=options), self._timeout_s)
        return _plain_png(raw)

    def _start(self, browser: Path) -> None:
        """Open the browser on an event loop of its own."""
        loop = asyncio.new_event_loop()
        self._loop = loop
        atexit.register(self.close)
        self._thread = threading.Thread(target=_serve, args=(loop,), name="chart-browser", daemon=True)
        self._thread.start()
        self._font_settings = _font_settings()
        self._kaleido = _new_kaleido(browser, self._timeout_s, Path(self._font_settings.name) / "fonts.conf")
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
            futures.wait([opening], timeout=_CLOSE_S / 2)
        try:
            if kaleido is not None:
                asyncio.run_coroutine_threadsafe(kaleido.close(), loop).result(_CLOSE_S)
        except Exception as error:  # noqa: BLE001 - a dead browser fails in many ways; it is killed below
            logger.warning("chart_browser_not_closed error=%s", type(error).__name__)
        _kill(getattr(kaleido, "subprocess", None))
        atexit.unregister(self.close)
        loop.call_soon_threadsafe(loop.stop)
        if self._thread is not None:
            self._thread.join(_CLOSE_S)
        if self._font_settings is not None:
            self._font_settings.cleanup()
            self._font_settings = None


def _kill(process: "subprocess.Popen[bytes] | None") -> None:
    """End the browser with all its processes, and take note of its end."""
    if process is None:
        return
    if process.poll() is None:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait(_CLOSE_S)


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    """Run the loop until it is stopped, then end what is left on it."""
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=_CLOSE_S / 2))
    finally:
        loop.close()


def _new_kaleido(browser: Path, timeout_s: float, font_settings: Path) -> Any:
    """Kaleido's browser with our flags and fonts, the Plotly script of the installed package, and no MathJax."""
    import kaleido
    import plotly
    from choreographer.browsers import Chromium

    class QuietChromium(Chromium):
        """Chromium that stays off the network and knows the fonts of the PDF."""

        def get_cli(self) -> list[str]:
            return [*super().get_cli(), *_FLAGS]

        def get_env(self) -> dict[str, str]:
            return {**super().get_env(), "FONTCONFIG_FILE": str(font_settings), "TZ": "UTC"}

    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    page = kaleido.PageGenerator(plotly=script.as_uri(), mathjax=False)
    return kaleido.Kaleido(
        n=1, timeout=timeout_s, page_generator=page, path=str(browser), browser_cls=QuietChromium, enable_sandbox=False
    )


def _font_settings() -> "tempfile.TemporaryDirectory[str]":
    """A fontconfig file that puts our fonts beside the machine's."""
    folder = tempfile.TemporaryDirectory(prefix="broadsheet-fonts-")
    (Path(folder.name) / "fonts.conf").write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{_FONTS}</dir><cachedir>{folder.name}</cachedir>"
        '<include ignore_missing="yes">/etc/fonts/fonts.conf</include></fontconfig>',
        encoding="utf-8",
    )
    return folder


def _plain_png(raw: bytes) -> ChartImage:
    """The picture without any metadata, so that the same pixels are the same bytes."""
    from PIL import Image

    with Image.open(io.BytesIO(raw)) as picture:
        flat = picture.convert("RGB")
    target = io.BytesIO()
    flat.save(target, "PNG", optimize=False, compress_level=6)
    return ChartImage(png=target.getvalue(), width=flat.width, height=flat.height)
