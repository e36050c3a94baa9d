"""The colours of conditional formatting: every look as a fill, an ink, a mark and a bar, in light and dark.

Colour is never all: good, warning and bad carry a sign as well. Text on every fill has a contrast of 4.5 and more.
"""

from dataclasses import dataclass

from core.domain.appearance import RuleKind, Tone
from core.render.palette import inks, mixed
from core.render.rules import Look

#: What stands before a marked cell's text, for those who do not tell the colours apart; in words for those who hear it.
SIGNS = {Tone.GOOD: "✓", Tone.WARNING: "!", Tone.BAD: "✕"}
TONE_WORDS = {Tone.GOOD: "good", Tone.WARNING: "warning", Tone.BAD: "bad", Tone.ACCENT: "marked", Tone.QUIET: "quiet"}

_FILLS = {Tone.GOOD: "#E0EEE2", Tone.WARNING: "#FAECCB", Tone.BAD: "#F8DEDC"}
_FILLS_DARK = {Tone.GOOD: "#1F3A2A", Tone.WARNING: "#44361A", Tone.BAD: "#4E2528"}
_INKS = {Tone.GOOD: "#1E5631", Tone.WARNING: "#6B4600", Tone.BAD: "#8A1C20"}
_INKS_DARK = {Tone.GOOD: "#A6DDB4", Tone.WARNING: "#F0CB85", Tone.BAD: "#F5B3B0"}
#: The strongest shade of a scale: with these shares of any colour, text in the mode's ink stays readable.
_MOST, _MOST_DARK = 0.45, 0.28
_LEAST = 0.04
_BAR, _BAR_DARK = 0.32, 0.28


@dataclass(frozen=True, slots=True, kw_only=True)
class Paint:
    """What a look is on paper; colours as #RRGGBB, None leaves what is there."""

    fill: str | None = None  #: behind the whole cell
    ink: str | None = None  #: of the text
    is_bold: bool = False
    sign: str = ""  #: before the text
    bar: str | None = None  #: behind the part of the cell from `starts` to `ends`
    starts: float = 0.0  #: as a share of the cell's width
    ends: float = 0.0


def paint(look: Look, *, dark: bool = False, accent: str | None = None) -> Paint:
    """The look in a mode's colours; `accent` is the organization's."""
    if look.kind is RuleKind.MARK:
        return _mark(look.tone, dark=dark, accent=accent)
    colour, paper = tone_colour(look.tone, dark=dark, accent=accent), inks(dark=dark).card
    if look.kind is RuleKind.SCALE:
        most = _MOST_DARK if dark else _MOST
        return Paint(fill=mixed(paper, colour, _LEAST + (most - _LEAST) * look.level))
    bar = mixed(paper, colour, _BAR_DARK if dark else _BAR)
    return Paint(bar=bar if look.ends > look.starts else None, starts=look.starts, ends=look.ends)


def tone_colour(tone: Tone, *, dark: bool = False, accent: str | None = None) -> str:
    """A tone's own full colour: the far end of a scale, before it is lightened."""
    colours = inks(dark=dark, accent=accent)
    return {
        Tone.GOOD: colours.green,
        Tone.WARNING: "#D9A44A" if dark else "#B97A00",
        Tone.BAD: "#E0696B" if dark else "#B3262C",
        Tone.ACCENT: colours.accent,
        Tone.QUIET: colours.quiet,
    }[tone]


def _mark(tone: Tone, *, dark: bool, accent: str | None) -> Paint:
    if tone is Tone.QUIET:
        return Paint(ink=inks(dark=dark).quiet)
    if tone is Tone.ACCENT:
        return Paint(ink=inks(dark=dark, accent=accent).accent_ink, is_bold=True)
    fills, texts = (_FILLS_DARK, _INKS_DARK) if dark else (_FILLS, _INKS)
    return Paint(fill=fills[tone], ink=texts[tone], is_bold=True, sign=SIGNS[tone])
