"""What draws: a browser that really makes a picture, and the fonts that files carry."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.render.chart_images import ChartRenderer
from core.render.pdf.faces import FACE_NAMES, FALLBACKS, FOLDER
from core.services.checkup.finding import Finding, fail, ok, warn

_WITHIN_S = 30.0


def check_browser(browser: Path | None = None) -> Finding:
    """Draw a small chart, as for a file. `browser`: None looks for an installed one."""
    import plotly.graph_objects as go  # a tenth of a second that only this check pays for

    with _renderer(browser) as renderer:
        if renderer.png(go.Figure(go.Bar(x=["a"], y=[1])), width=120, height=80, scale=1.0) is not None:
            return ok("browser", "It draws charts.")
        return warn(
            "browser",
            f"{renderer.reason} Files go out without pictures and say so.",
            "On Debian: apt-get install chromium. Elsewhere install Chrome, or set BROWSER_PATH to one.",
        )


def check_fonts(folder: Path = FOLDER) -> Finding:
    """Open every font that files are set in."""
    from fontTools.ttLib import TTFont, TTLibError

    broken = []
    for name in FACE_NAMES:
        try:
            with TTFont(folder / f"{name}.ttf", lazy=True) as font:
                font.getBestCmap()
        except (OSError, TTLibError, AssertionError):
            broken.append(name)
    mend = "Install Broadsheet anew: its folder core/render/fonts is not whole."
    if any(name not in FALLBACKS for name in broken):
        return fail("fonts", f"{', '.join(broken)} cannot be read: no PDF can be made.", mend)
    if broken:
        return warn("fonts", f"{', '.join(broken)} cannot be read: such letters would be missing.", mend)
    return ok("fonts", f"All {len(FACE_NAMES)} fonts are there.")


@contextmanager
def _renderer(browser: Path | None) -> Iterator[ChartRenderer]:
    renderer = ChartRenderer(browser=browser, timeout_s=_WITHIN_S)
    try:
        yield renderer
    finally:
        renderer.close()
