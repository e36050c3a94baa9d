"""The step between database and children: a command migrates and seeds, and says on its output how to go on."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from core.processes import end_with_parent


class PreparingFailedError(Exception):
    """The command failed and has said why; `code` is its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit code {code}")
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """How to go on. It holds secrets and goes through a pipe, never through arguments or a file."""

    app_url: str  #: whom the children connect as
    email: str | None = None  #: the first sign-in; None where there was one before
    password: str | None = None  #: None where it was set by ADMIN_PASSWORD

    def to_json(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> "Prepared":
        """Read what `to_json` wrote."""
        return cls(**json.loads(line))


def run_prepare(command: Sequence[str], *, environment: Mapping[str, str], folder: Path) -> Prepared:
    """Run the command to its end. Raises PreparingFailedError; the reason is on standard error by then."""
    done = subprocess.run(  # noqa: S603 - a command of our own
        command,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        preexec_fn=partial(end_with_parent, signal.SIGTERM, os.getpid()),
    )
    if done.returncode != 0:
        raise PreparingFailedError(done.returncode)
    return Prepared.from_json(done.stdout)
