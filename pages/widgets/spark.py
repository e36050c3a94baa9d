"""The course of a number as a thin line, which is read out in words."""

from base64 import b64encode
from collections.abc import Sequence

_WIDTH, _HEIGHT, _PAD = 190, 46, 3
_INK = {False: "#5E6672", True: "#A8ADB5"}


def spark(trend: Sequence[float], *, dark: bool) -> str:
    """Return the line as HTML; `trend` holds two numbers or more."""
    low, high = min(trend), max(trend)
    span, step = (high - low) or 1, (_WIDTH - 2 * _PAD) / (len(trend) - 1)
    points = " ".join(
        f"{_PAD + place * step:.1f},{_HEIGHT - _PAD - (value - low) / span * (_HEIGHT - 2 * _PAD):.1f}"
        for place, value in enumerate(trend)
    )
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"><polyline points="{points}" '
        f'fill="none" stroke="{_INK[dark]}" stroke-width="1.8" stroke-linejoin="round"/></svg>'
    )
    said = f"{len(trend)} points: from {trend[0]:,.6g} to {trend[-1]:,.6g}, lowest {low:,.6g}, highest {high:,.6g}"
    return f'<img class="bs-spark" alt="{said}" src="data:image/svg+xml;base64,{b64encode(picture.encode()).decode()}">'
