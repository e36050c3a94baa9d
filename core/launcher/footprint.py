"""One launcher a data folder, and what a killed one left: its children carry its mark in their environment."""

import fcntl
import signal
import time
import uuid
from pathlib import Path
from typing import IO

import psutil

from core.errors import SettingError
from core.processes import ProcessIdentity, identify

#: Every process that a launcher starts inherits this variable with the launcher's mark.
MARK_VARIABLE = "BROADSHEET_LAUNCH"
_PATIENCE_S = 12


class Footprint:
    """The lock of a data folder, held until `clear` or our death, with the mark of this launch in it."""

    def __init__(self, lock: IO[str], mark: str) -> None:
        self._lock = lock
        self.mark = mark

    def clear(self) -> None:
        """Say that nothing of ours is left, and let others start."""
        self._lock.truncate(0)
        self._lock.close()


def claim_data_folder(data_dir: Path) -> Footprint:
    """Take the data folder for this launch and end what a killed launch left. Raises SettingError where it is taken."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            f"DATA_DIR: {data_dir} cannot be made: {error.strerror}. Choose a folder that you may write to.",
            place="DATA_DIR",
        ) from error
    lock = (data_dir / "launcher.lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise SettingError(
            f"DATA_DIR: Broadsheet already runs on {data_dir}. Stop it first, or set DATA_DIR and PORT to others.",
            place="DATA_DIR",
        ) from None
    lock.seek(0)
    _end_marked(lock.read().strip())
    mark = uuid.uuid4().hex
    lock.seek(0)
    lock.truncate()
    lock.write(mark)
    lock.flush()
    return Footprint(lock, mark)


def _end_marked(mark: str) -> None:
    """End every process that carries `mark`: all are asked first, then killed after a while."""
    left = _marked(mark) if mark else []
    for process in left:
        process.send(signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE_S
    while any(process.is_running() for process in left):
        if time.monotonic() > deadline:
            for process in left:
                process.send(signal.SIGKILL)
        time.sleep(0.05)


def _marked(mark: str) -> list[ProcessIdentity]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK_VARIABLE) == mark:
                found.append(identify(process.pid))
        except psutil.Error:
            continue
    return [identity for identity in found if identity is not None]
