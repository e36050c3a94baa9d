"""The colours of Broadsheet, the chart palettes, and the one Plotly template of screen, PDF and mail.

The categorical palette alternates dark and light so that neighbours stay apart in grey print and for
colour-blind readers.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True, slots=True, kw_only=True)
class Inks:
    """The colours of one mode, as #RRGGBB."""

    paper: str
    card: str
    ink: str
    quiet: str  #: secondary text
    hairline: str
    zebra: str
    accent: str  #: press red: the primary action and marks that need an eye; an organization may have its own
    accent_ink: str  #: the accent as far as it can be read: for texts
    green: str  #: states only
    amber: str  #: states only


LIGHT = Inks(
    paper="#FBFAF7",
    card="#FFFFFF",
    ink="#1C2024",
    quiet="#5E6672",
    hairline="#E4E1DA",
    zebra="#F7F5F0",
    accent="#A4262C",
    accent_ink="#A4262C",
    green="#2E6B3F",
    amber="#8A5A00",
)
DARK = Inks(
    paper="#15171A",
    card="#1D2024",
    ink="#ECE9E2",
    quiet="#A3A9B2",
    hairline="#33373D",
    zebra="#22262B",
    accent="#E0696B",
    accent_ink="#E0696B",
    green="#7FBF8E",
    amber="#D9A44A",
)

#: Lines, bars and slices in this order; the neighbours differ in lightness by more than 20 of 100.
CATEGORICAL = ("#1F3A5F", "#D98E32", "#8E2A4A", "#6FA8CF", "#2F6B57", "#C9B458", "#5B4B8A", "#C98BA8")
CATEGORICAL_DARK = ("#7FB2E5", "#E8A850", "#D96C86", "#BBD9EE", "#63B598", "#E0D080", "#A594D6", "#E3B4C8")
#: What is merged into "Others".
OTHERS = "#A9A69F"
OTHERS_DARK = "#6E737A"
#: Few to many.
SEQUENTIAL = ("#F3EFE6", "#CBD7E1", "#94B1CB", "#5A83AB", "#335A86", "#1F3A5F")
#: Below, at, and above the middle.
DIVERGING = ("#8E2A4A", "#C77B8E", "#EAD3D6", "#F3EFE6", "#CBD7E1", "#7FA3C4", "#1F3A5F")

FONT_SANS = "Broadsheet Sans, Source Sans, Inter, Helvetica Neue, Arial, sans-serif"
FONT_SERIF = "Broadsheet Serif, Source Serif, Georgia, serif"


_READABLE = 4.5  #: WCAG AA, ordinary text
_VISIBLE = 3.0  #: WCAG AA, lines and marks
_APART = 90.0  #: of two chart colours, as a distance of their red, green and blue


@cache
def inks(*, dark: bool = False, accent: str | None = None) -> Inks:
    """The colours of a mode; with an organization's accent ("#RRGGBB"), which is lightened for dark paper."""
    colours = DARK if dark else LIGHT
    if accent is None:
        return colours
    seen = towards(accent, colours.card, _VISIBLE) if dark else accent.upper()
    return replace(colours, accent=seen, accent_ink=towards(seen, colours.card, _READABLE))


def mixed(first: str, second: str, share: float) -> str:
    """`first` with `share` (0 to 1) of `second` in it."""
    pairs = zip(_channels(first), _channels(second), strict=True)
    return "#" + "".join(f"{round(one + (other - one) * share):02X}" for one, other in pairs)


def contrast(first: str, second: str) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((_luminance(first), _luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def towards(colour: str, paper: str, least: float) -> str:
    """`colour`, darker or lighter as the paper needs until it has a contrast of `least` with it."""
    far = "#000000" if _luminance(paper) > 0.2 else "#FFFFFF"
    steps = (mixed(colour, far, step / 50) for step in range(51))
    return next((step for step in steps if contrast(step, paper) >= least), far)


def ink_on(colour: str) -> str:
    """White or ink, whichever reads better on `colour`."""
    return max(("#FFFFFF", LIGHT.ink), key=lambda ink: contrast(ink, colour))


@cache
def chart_colours(*, dark: bool = False, accent: str | None = None) -> tuple[str, ...]:
    """The categorical palette; an organization's accent comes first, and what looks like it goes."""
    colours = CATEGORICAL_DARK if dark else CATEGORICAL
    if accent is None:
        return colours
    first = towards(accent, inks(dark=dark).card, _VISIBLE)
    return (first, *(colour for colour in colours if _distance(colour, first) >= _APART))


def series_colour(position: int, *, dark: bool = False, accent: str | None = None) -> str:
    """The colour of the series at `position`, beginning again after the last."""
    colours = chart_colours(dark=dark, accent=accent)
    return colours[position % len(colours)]


def others_colour(*, dark: bool = False) -> str:
    """The colour of what was merged."""
    return OTHERS_DARK if dark else OTHERS


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    shares = [channel / 255 for channel in _channels(colour)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _distance(first: str, second: str) -> float:
    pairs = zip(_channels(first), _channels(second), strict=True)
    return float(sum((one - other) ** 2 for one, other in pairs) ** 0.5)


@cache
def template(*, dark: bool = False, accent: str | None = None) -> "go.layout.Template":
    """The Plotly template: thin axes, one light grid, no frame, no box around the legend."""
    import plotly.graph_objects as go  # half a second that only charts should pay

    colours = inks(dark=dark)
    axis: dict[str, Any] = {
        "showgrid": False,
        "zeroline": False,
        "showline": True,
        "linecolor": colours.quiet if dark else "#B9B5AC",
        "linewidth": 1,
        "ticks": "",
        "tickfont": {"color": colours.quiet, "size": 12},
        "title": {"font": {"color": colours.quiet, "size": 12}, "standoff": 10},
        "automargin": True,
        "fixedrange": True,
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT_SANS, "size": 13, "color": colours.ink},
            "title": {"font": {"family": FONT_SERIF, "size": 18, "color": colours.ink}, "x": 0, "xref": "container"},
            "paper_bgcolor": colours.card,
            "plot_bgcolor": colours.card,
            "colorway": list(chart_colours(dark=dark, accent=accent)),
            "colorscale": {
                "sequential": [[step / (len(SEQUENTIAL) - 1), colour] for step, colour in enumerate(SEQUENTIAL)],
                "diverging": [[step / (len(DIVERGING) - 1), colour] for step, colour in enumerate(DIVERGING)],
            },
            "margin": {"l": 8, "r": 28, "t": 24, "b": 8},
            "xaxis": axis,
            "yaxis": {**axis, "showgrid": True, "gridcolor": colours.hairline, "gridwidth": 1, "showline": False},
            "legend": {
                "orientation": "h",
                "x": 0,
                "y": 1.02,
                "xanchor": "left",
                "yanchor": "bottom",
                "bgcolor": "rgba(0,0,0,0)",
                "font": {"size": 12, "color": colours.ink},
                "itemclick": False,
                "itemdoubleclick": False,
            },
            "hoverlabel": {"bgcolor": colours.card, "bordercolor": colours.hairline, "font": {"family": FONT_SANS}},
            "separators": ".,",
            "bargap": 0.28,
        }
    )
