"""A workspace as it is, in the form of files."""

from dataclasses import dataclass
from uuid import UUID

from core.services.as_code.desk import Desk, Json, canonical
from core.services.as_code.folder import HEADER
from core.services.as_code.kind import NOUNS
from core.services.as_code.kinds import KINDS
from core.services.as_code.names import Slot, stems
from core.services.as_code.yaml_text import write_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something that is there, as its file would say it."""

    id: UUID
    folder: str
    name: str
    data: Json
    slot: Slot

    @property
    def path(self) -> str:
        """Where its file would lie."""
        return f"{self.folder}/{self.slot.stem}.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything that is there, and what no file can say, with why."""

    things: tuple[Thing, ...]
    left_out: tuple[str, ...]

    def files(self) -> dict[str, str]:
        """The files by path."""
        return {thing.path: f"{HEADER}{NOUNS[thing.folder]}.json\n{write_yaml(thing.data)}" for thing in self.things}


def read_workspace(desk: Desk) -> Snapshot:
    """Read everything, what others stand on first, and learn how things are called."""
    things: list[Thing] = []
    left_out: list[str] = []
    for kind in KINDS:
        noun = NOUNS[kind.folder]
        for thing_id, name in kind.kept(desk):
            desk.names.add(Slot(folder=kind.folder, name=name, stem="", reference=name, id=thing_id))
        found: list[tuple[UUID, str, Json]] = []
        for thing_id, name, data in kind.read_all(desk):
            if isinstance(data, str):
                left_out.append(f"The {noun} {name!r} is left out: {data}.")
            else:
                found.append((thing_id, name, data))
        called = stems([(name, canonical(data)) for _, name, data in found], noun)
        for (thing_id, name, data), stem in zip(found, called, strict=True):
            slot = desk.names.add(Slot(folder=kind.folder, name=name, stem=stem, id=thing_id))
            things.append(Thing(id=thing_id, folder=kind.folder, name=name, data=data, slot=slot))
        desk.names.settle(kind.folder)
    return Snapshot(things=tuple(things), left_out=tuple(left_out))
