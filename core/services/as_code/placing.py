"""Where a file has what a service refuses: services name the places of their own forms."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from core.errors import InvalidInput

_NOTHING: Mapping[str, str] = {}


@contextmanager
def within(outer: str, *, but: Collection[str] = (), renamed: str | None = None) -> Iterator[None]:
    """Mistakes lie inside `outer`, but for those at the keys `but`; or all of them at `renamed`."""
    try:
        yield
    except InvalidInput as error:
        place = error.place or ""
        first = place.partition(".")[0].partition("[")[0]
        if renamed is not None:
            error.place = renamed
        elif first not in but:
            error.place = ".".join(part for part in (outer, place) if part)
        raise
