"""What files and a workspace differ in: the changes that make it what the files say, or what forbids them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.services.as_code.folder import Problem


class Action(StrEnum):
    """What is done to a thing."""

    CREATE = "create"
    CHANGE = "change"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that becomes what its file says, or goes."""

    action: Action
    kind: str  #: the word for what it is
    name: str
    file: str  #: of what goes: where its file would lie
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that would happen. With problems nothing does."""

    changes: tuple[Change, ...] = ()
    unchanged: int = 0
    only_here: tuple[Change, ...] = ()  #: what no file speaks of and what is left as it is
    problems: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As programs read it."""
        return {
            "changes": [_json(change) | {"differences": list(change.differences)} for change in self.changes],
            "unchanged": self.unchanged,
            "would_remove": [_json(change) for change in self.only_here],
            "problems": [
                {"file": one.file, "line": one.line, "place": one.place, "message": one.message}
                for one in self.problems
            ],
        }


def _json(change: Change) -> dict[str, Any]:
    return {"action": str(change.action), "kind": change.kind, "name": change.name, "file": change.file}
