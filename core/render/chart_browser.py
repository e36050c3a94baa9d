"""The headless browser that draws charts: where it is, how it is started without a network, how it ends."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

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
#: What Plotly leaves in a page is little; so many pictures later it is loaded anew all the same.
_PICTURES_A_PAGE = 200
CLOSE_S = 10.0  #: seconds a browser has to end by itself


def find_browser() -> Path | None:
    """The Chrome or Chromium to draw with: BROWSER_PATH, else the first one installed; None where there is none."""
    chosen = os.environ.get("BROWSER_PATH")
    if chosen:
        return Path(chosen) if os.access(chosen, os.X_OK) else None
    found = next((path for path in map(shutil.which, _NAMES) if path), None)
    if found is None:
        found = next((place for place in _PLACES if os.access(place, os.X_OK)), None)
    return Path(found) if found else None


def kill(process: "subprocess.Popen[bytes] | None") -> None:
    """End the browser with all its processes, and take note of its end."""
    if process is None:
        return
    if process.poll() is None:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait(CLOSE_S)


def serve(loop: asyncio.AbstractEventLoop) -> None:
    """Run the loop until it is stopped, then end what is left on it."""
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=CLOSE_S / 2))
    finally:
        loop.close()


def new_kaleido(browser: Path, timeout_s: float, fonts_file: Path) -> Any:
    """Kaleido's browser with our flags and fonts, the Plotly script of the installed package, and no MathJax."""
    import kaleido
    import plotly
    from choreographer.browsers import Chromium

    class QuietChromium(Chromium):
        """Chromium that stays off the network and knows the fonts of the PDF."""

        def get_cli(self) -> list[str]:
            return [*super().get_cli(), *_FLAGS]

        def get_env(self) -> dict[str, str]:
            return {**super().get_env(), "FONTCONFIG_FILE": str(fonts_file), "TZ": "UTC"}

    class WarmKaleido(kaleido.Kaleido):  # type: ignore[misc]
        """Kaleido without its way of loading Plotly anew after each picture, which takes longer than the picture."""

        drawn = 0

        async def _return_kaleido_tab(self, tab: Any) -> None:
            self.drawn += 1
            if self.drawn % _PICTURES_A_PAGE == 0:
                await tab.reload()
            await self.tabs_ready.put(tab)

    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    page = kaleido.PageGenerator(plotly=script.as_uri(), mathjax=False)
    return WarmKaleido(
        n=1, timeout=timeout_s, page_generator=page, path=str(browser), browser_cls=QuietChromium, enable_sandbox=False
    )


def font_settings() -> "tempfile.TemporaryDirectory[str]":
    """A fontconfig file that puts our fonts beside the machine's."""
    folder = tempfile.TemporaryDirectory(prefix="broadsheet-fonts-")
    (Path(folder.name) / "fonts.conf").write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{_FONTS}</dir><cachedir>{folder.name}</cachedir>"
        '<include ignore_missing="yes">/etc/fonts/fonts.conf</include></fontconfig>',
        encoding="utf-8",
    )
    return folder
