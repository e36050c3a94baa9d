"""The step between database and children: a look whether all is prepared, else a command that migrates and seeds.

The command says on its output how to go on. It is a process of its own, so that what it loads is gone again.
"""

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from core.db.migrate import find_urls, has_organization, is_current
from core.errors import DatabaseUnavailable
from core.processes import end_with_parent
from core.secrets import app_role_password
from core.settings import Settings


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


def find_prepared(settings: Settings) -> Prepared | None:
    """Return how to go on where an earlier start has prepared everything; None where the command has to run.

    Whatever is odd is left to the command, which says what it is.
    """
    try:
        urls = find_urls(settings, app_password=app_role_password(settings))
        if not is_current(urls.app) or (urls.owner is not None and not has_organization(urls.owner)):
            return None
    except DatabaseUnavailable:
        return None
    return Prepared(app_url=urls.app.set(drivername="postgresql").render_as_string(hide_password=False))


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
