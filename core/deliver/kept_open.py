"""Connections to mail servers that stay open between the mails of one piece of work, one thread each."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar


class Closing(Protocol):
    """Something open."""

    def close(self) -> None:
        """Take leave."""
        ...


Kept = TypeVar("Kept", bound=Closing)


class KeptOpen(Generic[Kept]):
    """Keeps what was used well, by whom it leads to, while its thread is inside `keeping`."""

    def __init__(self) -> None:
        self._here = threading.local()

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Keep what is used inside the block, and close it at its end."""
        mine: dict[object, Kept] = {}
        self._here.kept = mine
        try:
            yield
        finally:
            self._here.kept = None
            for one in mine.values():
                one.close()

    def take(self, key: object) -> Kept | None:
        """Return what was kept for `key`, which nobody else gets then."""
        mine: dict[object, Kept] | None = getattr(self._here, "kept", None)
        return None if mine is None else mine.pop(key, None)

    def give_back(self, key: object, one: Kept) -> None:
        """Keep it for the next, or close it where nothing is kept."""
        mine: dict[object, Kept] | None = getattr(self._here, "kept", None)
        if mine is None:
            one.close()
        else:
            mine[key] = one
