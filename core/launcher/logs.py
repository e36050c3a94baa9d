"""What the children print: a file each, the one of the start before kept beside it, and never without bound."""

import shutil
from pathlib import Path
from typing import IO

_LIMIT_BYTES = 20_000_000
_LAST_LINES = 12
_LAST_BYTES = 8_000


class ChildLog:
    """The log of one child over all its starts."""

    def __init__(self, path: Path) -> None:
        """Put away the file of the launch before."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._older = path.with_name(f"{path.name}.1")
        self._start = 0
        if path.exists():
            path.replace(self._older)

    def open(self) -> IO[bytes]:
        """Open the file for a process that is about to start."""
        output = self._path.open("ab")
        self._path.chmod(0o600)
        self._start = output.tell()
        return output

    def last_lines(self) -> tuple[str, ...]:
        """Return what the process that was started last said in the end."""
        with self._path.open("rb") as log:
            end = log.seek(0, 2)
            log.seek(max(self._start, end - _LAST_BYTES) if end > self._start else 0)
            lines = log.read().decode(errors="replace").splitlines()
        return tuple(line.rstrip() for line in lines if line.strip())[-_LAST_LINES:]

    def keep_short(self) -> None:
        """Move what is there to the older file once it is large; the process goes on writing at the end."""
        if self._path.stat().st_size > _LIMIT_BYTES:
            shutil.copyfile(self._path, self._older)
            with self._path.open("r+b") as log:
                log.truncate()
            self._start = 0
