"""What a check says."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it stands with a part."""

    OK = "ok"  #: nothing to do
    WARN = "warn"  #: it works, less well or less safely than it could
    FAIL = "fail"  #: something does not work


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How it stands with one part."""

    part: str  #: database, storage, mail, …
    state: State
    found: str  #: one sentence
    mend: str = ""  #: what to do about it; empty where there is nothing to do


def ok(part: str, found: str) -> Finding:
    """A part that is fine."""
    return Finding(part=part, state=State.OK, found=found)


def warn(part: str, found: str, mend: str) -> Finding:
    """A part that works, but."""
    return Finding(part=part, state=State.WARN, found=found, mend=mend)


def fail(part: str, found: str, mend: str) -> Finding:
    """A part that does not work."""
    return Finding(part=part, state=State.FAIL, found=found, mend=mend)


def exit_code(findings: tuple[Finding, ...]) -> int:
    """0: all is well; 1: there are warnings; 2: something does not work."""
    states = {finding.state for finding in findings}
    return 2 if State.FAIL in states else int(State.WARN in states)
