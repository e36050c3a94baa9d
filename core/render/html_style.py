"""Style rules of an HTML report that depend on its organization and on its conditional formatting, light and dark."""

from collections.abc import Mapping

from core.render.palette import inks
from core.render.rules import Look
from core.render.tones import SIGNS, TONE_WORDS, Paint, paint


def look_class(code: int) -> str:
    """The class of cells with that look."""
    return f"k{code}"


def accent_rules(accent: str | None) -> str:
    """The organization's accent in both modes; nothing where it has none."""
    if accent is None:
        return ""
    light, dark = (f":root {{ --accent: {inks(dark=dark, accent=accent).accent}; }}" for dark in (False, True))
    return f"{light}\n{_when_dark(dark)}"


def look_rules(looks: Mapping[int, Look], accent: str | None) -> str:
    """A rule for each look in both modes."""
    if not looks:
        return ""
    light = "".join(_rule(code, paint(look, accent=accent)) for code, look in sorted(looks.items()))
    dark = "".join(_rule(code, paint(look, dark=True, accent=accent)) for code, look in sorted(looks.items()))
    signs = "".join(_sign(code, look, paint(look)) for code, look in sorted(looks.items()))
    return f"{light}{signs}{_when_dark(dark)}"


def _when_dark(rules: str) -> str:
    return f"@media screen and (prefers-color-scheme: dark) {{ {rules.strip()} }}\n"


def _rule(code: int, painted: Paint) -> str:
    parts = []
    if painted.fill is not None:
        parts.append(f"background: {painted.fill}")
    if painted.bar is not None:
        start, end, bar = f"{painted.starts:.0%}", f"{painted.ends:.0%}", painted.bar
        parts.append(
            f"background: linear-gradient(to right, transparent {start}, {bar} {start} {end}, transparent {end})"
        )
    if painted.ink is not None:
        parts.append(f"color: {painted.ink}")
    if painted.is_bold:
        parts.append("font-weight: 600")
    return f"td.{look_class(code)} {{ {'; '.join(parts)}; }}\n" if parts else ""


def _sign(code: int, look: Look, painted: Paint) -> str:
    """The sign before the text: read out as a word, and no part of what is copied."""
    if not painted.sign:
        return ""
    words, sign = TONE_WORDS[look.tone], SIGNS[look.tone]
    return f'td.{look_class(code)}::before {{ content: "{sign} "; content: "{sign} " / "{words}: "; }}\n'
