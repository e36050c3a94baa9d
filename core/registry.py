"""Plug-ins by key that are loaded when they are first asked for: no start waits for drivers and fonts."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, TypeVar

Entry = TypeVar("Entry")


class LazyRegistry(Mapping[str, Entry]):
    """`places` says where each entry is, as `module:name`; `make` gives the entry of what stands there."""

    def __init__(self, places: Mapping[str, str], make: Callable[[Any], Entry]) -> None:
        self._places = places
        self._make = make
        self._loaded: dict[str, Entry] = {}

    def __getitem__(self, key: str) -> Entry:
        if key not in self._loaded:
            module, name = self._places[key].split(":")
            # Two threads at once make it twice; whichever is kept, entries hold no state.
            self._loaded.setdefault(key, self._make(getattr(import_module(module), name)))
        return self._loaded[key]

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
