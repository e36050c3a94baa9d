"""What things are called in files: their file names, and how others refer to them by name instead of by id."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from core.errors import BroadsheetError, InvalidInput

MAX_STEM = 80
_NO_WORD = re.compile(r"[^a-z0-9]+", re.ASCII)


class LeftOut(BroadsheetError):
    """It stands on something that is not in the files."""


@dataclass(slots=True, kw_only=True, eq=False)
class Slot:
    """A thing that others may refer to: one that is there, one that a file describes, or both."""

    folder: str
    name: str
    stem: str  #: its file's name without the ending; empty: it has no file of its own
    reference: str = ""
    id: UUID | None = None  #: None: it is not made yet
    is_lost: bool = False  #: it could not be made; what stands on it is not tried


@dataclass(slots=True)
class Names:
    """Every thing by its kind's folder. A name refers to the one thing that has it; otherwise its file's name does."""

    _slots: dict[str, list[Slot]] = field(default_factory=dict)

    def add(self, slot: Slot) -> Slot:
        """Take a thing in; how others refer to it is fixed by what is known of its kind by then."""
        self._slots.setdefault(slot.folder, []).append(slot)
        return slot

    def settle(self, folder: str) -> None:
        """Fix how the things of a kind are referred to, for those that have no reference yet."""
        slots = self._slots.get(folder, [])
        names = [slot.name for slot in slots]
        for slot in slots:
            slot.reference = slot.reference or (slot.name if names.count(slot.name) == 1 else slot.stem)

    def find(self, folder: str, reference: str, *, noun: str) -> Slot:
        """Return what a reference stands for. Raises InvalidInput where that is nothing, or several things."""
        slots = self._slots.get(folder, [])
        named = [slot for slot in slots if slot.name == reference]
        if len(named) == 1:
            return named[0]
        filed = [slot for slot in slots if slot.stem == reference]
        if len(filed) == 1:
            return filed[0]
        if named:
            stems = ", ".join(sorted(slot.stem for slot in named))
            raise InvalidInput(f"Several are called {reference!r}. Name one by its file: {stems}.")
        raise InvalidInput(f"There is no {noun} called {reference[:200]!r}, neither in the files nor in the workspace.")

    def id_of(self, folder: str, reference: str, *, noun: str) -> UUID:
        """Return the id of what a reference stands for. Raises InvalidInput."""
        slot = self.find(folder, reference, noun=noun)
        if slot.id is None:
            raise InvalidInput(f"The {noun} {reference!r} is not there yet.")
        return slot.id

    def reference(self, folder: str, thing_id: UUID) -> str:
        """Return how a thing is referred to. Raises LeftOut where it is not among those that files speak of."""
        for slot in self._slots.get(folder, []):
            if slot.id == thing_id:
                return slot.reference
        raise LeftOut(f"it stands on one of the {folder} that is archived or cannot be seen")


def slug(name: str, noun: str) -> str:
    """A name as a file may be called: plain letters, digits and hyphens; by its hash where it has none of them."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = _NO_WORD.sub("-", plain).strip("-")[:MAX_STEM].strip("-")
    return words or f"{noun}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def stems(named: Sequence[tuple[str, str]], noun: str) -> list[str]:
    """The file names of things, given as name and content: the same for the same things, in whatever order they come.

    Things that would be called alike are numbered; a number is passed over where another thing has such a name.
    """
    order = sorted(range(len(named)), key=lambda index: (slug(named[index][0], noun), named[index]))
    taken = {slug(name, noun) for name, _ in named} | {name for name, _ in named}
    found, given = [""] * len(named), set[str]()
    for index in order:
        first = slug(named[index][0], noun)
        found[index] = first if first not in given else _numbered(first, taken | given)
        given.add(found[index])
    return found


def _numbered(stem: str, taken: Iterable[str]) -> str:
    known, number = frozenset(taken), 2
    while f"{stem}-{number}" in known:
        number += 1
    return f"{stem}-{number}"
