"""Processes of ours: telling one from a later one with the same number, ending one, and children that end with us."""

import contextlib
import ctypes
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000
#: Loaded before any fork: a child may not import.
LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessIdentity:
    """A process for sure: numbers are reused, a number with its start is not."""

    pid: int
    started: str

    def is_running(self) -> bool:
        """Whether this very process still runs (a zombie does not)."""
        return identify(self.pid) == self

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process, if it still runs."""
        if self.is_running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def end(self, *, first: signal.Signals, patience_s: float) -> None:
        """Ask the process to end with `first`, kill it after `patience_s`, and wait until it is gone."""
        self.send(first)
        deadline = time.monotonic() + patience_s
        while self.is_running():
            if time.monotonic() > deadline:
                self.send(signal.SIGKILL)
            time.sleep(0.02)


def identify(pid: int) -> ProcessIdentity | None:
    """Return the identity of a running process, or None where there is none."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return ProcessIdentity(pid=pid, started=_start_of(process))
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return None


def end_with_parent(number: int, parent: int) -> None:
    """In a child, before it executes: have `number` sent to it when its parent `parent` dies, however it dies.

    Linux only (prctl(2) PR_SET_PDEATHSIG); elsewhere the next start finds what was left.
    """
    if sys.platform != "linux":
        return
    LIBC.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:  # it died in between
        os._exit(1)


def leave_network() -> None:
    """Take the network away from this process and its children, where the system grants that (Linux namespaces).

    Call it before the process has a second thread: unshare(2) refuses it then.
    """
    if sys.platform == "linux" and LIBC.unshare(_CLONE_NEWNET) != 0:
        LIBC.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def be_killed_first() -> None:
    """Have the system take this process when memory runs out, rather than one that others depend on (Linux)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _start_of(process: psutil.Process) -> str:
    """Return when a process started, in a form that a changed wall clock does not change."""
    if sys.platform != "linux":
        return repr(process.create_time())
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    # The second field is the program's name in brackets and may hold anything; the start is the 22nd (proc(5)).
    ticks = (
        Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    )
    return f"{boot}:{ticks}"
