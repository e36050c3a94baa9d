"""One watched process: started in a group of its own, started again when it dies, ended with everything it started."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.launcher.logs import ChildLog
from core.processes import end_with_parent

#: A process that lived this long was well: the next death counts from one again.
_WELL_AFTER_S = 60
_LONGEST_PAUSE_S = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """What to start."""

    name: str  #: for messages: "web app", "daemon"
    command: Sequence[str]
    log: str  #: file in the log folder that gets everything it prints


class Child:
    """A process after a spec. `deaths` counts how often it ended by itself without having been well in between."""

    def __init__(self, spec: ChildSpec, *, environment: Mapping[str, str], folder: Path, log_dir: Path) -> None:
        self.spec = spec
        self.deaths = 0
        self.log = ChildLog(log_dir / spec.log)
        self._environment = dict(environment)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._due_at = 0.0

    @property
    def pid(self) -> int | None:
        """Number of the running process."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process; it gets SIGTERM when we die, however we die."""
        self._started_at = time.monotonic()
        with self.log.open() as output:
            self._process = subprocess.Popen(  # noqa: S603 - commands of our own
                self.spec.command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=partial(end_with_parent, signal.SIGTERM, os.getpid()),  # noqa: PLW1509 - no threads here
            )

    def watch(self) -> str | None:
        """Look after the process: start it again when its pause is over. Returns what happened, once, for people."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._due_at:
                self.start()
            return None
        code = self._process.poll()
        if code is None:
            self.log.keep_short()
            return None
        self._end_group()
        self._process = None
        self.deaths = 1 if now - self._started_at > _WELL_AFTER_S else self.deaths + 1
        pause_s = min(0.5 * 2 ** (self.deaths - 1), _LONGEST_PAUSE_S)
        self._due_at = now + pause_s
        news = f"The {self.spec.name} ended ({_words(code)}); it is started again in {pause_s:g} s."
        return "\n    ".join((news, *self.log.last_lines()))

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the process; it stops what it started."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def end(self, *, patience_s: float, hurry: Callable[[], bool] = lambda: False) -> None:
        """Wait up to `patience_s`, or until `hurry`; then kill the process and whatever is left of its group."""
        if self._process is None:
            return
        deadline = time.monotonic() + patience_s
        while self._process.poll() is None and time.monotonic() < deadline and not hurry():
            time.sleep(0.02)
        self._process.kill()
        self._end_group()
        self._process.wait()
        self._process = None

    def _end_group(self) -> None:
        """Kill what the process left running, a browser say: nobody else would."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # macOS refuses for a group of zombies
            return


def _words(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
