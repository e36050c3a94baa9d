"""One look: what the drawing of one screen asks for again and again is asked once, and forgotten when it is drawn."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Answer = TypeVar("Answer")
_SEEN: ContextVar[dict[Hashable, Any] | None] = ContextVar("seen in one look", default=None)


@contextmanager
def one_look() -> Iterator[None]:
    """Everything drawn within is drawn from one look at what does not change meanwhile; one within another is the same.

    It is for drawing alone: whoever changes something within would not see it.
    """
    if _SEEN.get() is not None:
        yield
        return
    token = _SEEN.set({})
    try:
        yield
    finally:
        _SEEN.reset(token)


def once(key: Hashable, ask: Callable[[], Answer]) -> Answer:
    """Return what `ask` answers, or answered before in this look. `key` names everything that the answer hangs on."""
    seen = _SEEN.get()
    if seen is None:
        return ask()
    if key not in seen:
        seen[key] = ask()
    answer: Answer = seen[key]
    return answer
