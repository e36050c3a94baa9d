"""SQL that writes instants with the offset of a timezone: shared by the engines that write CSV themselves."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from core.catalog.sources.offsets import all_utc_offsets

#: From here on nearly all offsets are whole minutes, as `core.render.time_text` has it; before, the renderer writes.
_FIRST = datetime(1920, 1, 1, tzinfo=UTC)

Spans = Sequence[tuple[datetime, int]]


def spans_of(timezone: str) -> Spans | None:
    """As `all_utc_offsets`, from `first_instant` on; None where an offset has seconds."""
    if timezone == "UTC":
        return ((datetime(9999, 12, 31, tzinfo=UTC), 0),)
    spans = tuple(span for span in all_utc_offsets(timezone) if span[0] > _FIRST)
    return None if any(seconds % 60 for _, seconds in spans) else spans


def first_instant(timezone: str) -> datetime:
    """From when on the spans hold; up to the end of the last one."""
    return datetime(1, 1, 1, tzinfo=UTC) if timezone == "UTC" else _FIRST


def choice(name: str, spans: Spans, values: Sequence[str], literal: Callable[[datetime], str]) -> str:
    """The value of the span that the instant is in, found by halves: a timezone has hundreds of spans."""
    if len(set(values)) == 1:
        return values[0]
    half = len(spans) // 2
    earlier = choice(name, spans[:half], values[:half], literal)
    later = choice(name, spans[half:], values[half:], literal)
    return f"CASE WHEN {name} < {literal(spans[half - 1][0])} THEN {earlier} ELSE {later} END"


def offset_text(seconds: int) -> str:
    """An offset as it stands behind an instant, as +01:00."""
    minutes = abs(seconds) // 60
    return f"{'-' if seconds < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
