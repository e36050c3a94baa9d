"""A press whose files are made by processes of their own: one may die, hang or grow, and only its run fails."""

import logging
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from core.errors import RenderBroke, RenderTooLarge
from core.processes import ProcessIdentity
from core.runs.guard import Guard
from core.runs.press import RenderJob, writing
from core.runs.press_child import Failed, Started, Word, Written
from core.runs.rendering import RenderedFile

logger = logging.getLogger(__name__)

_ROOT = Path(__file__).parents[2]
#: Seconds between two looks at the guard and at the memory taken.
_LOOK_S = 0.1
_MEBI = 1024 * 1024
#: Of the daemon's environment: the rest, secrets among it, is no matter of a file.
_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ")


class ProcessPress:
    """Makes each file in a process that ends with it. Any number of threads may call it."""

    def __init__(self, *, memory_mb: int, renderers: str = "core.render") -> None:
        """`memory_mb`: MiB a process may have in memory. `renderers`: the module whose registry RENDERERS is used."""
        self._memory_mb = memory_mb
        self._renderers = renderers
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._orders: socket.socket | None = None

    def start(self) -> None:
        """Have everything loaded before the first file is asked for. Returns at once."""
        with self._lock:
            self._open_orders()

    def render(self, job: RenderJob, guard: Guard) -> RenderedFile:
        """Make the file; the process is killed when the guard says stop, and when it takes too much memory."""
        with self._line() as line:
            work = _Work(line, job, guard, memory_mb=self._memory_mb)
            try:
                return work.done()
            finally:
                work.end()

    def close(self) -> None:
        """End the server, and with it whatever is being made; the next file starts it again."""
        with self._lock:
            self._close()

    def _line(self) -> Connection:
        """One end of a pipe whose other end a new process has."""
        ours, theirs = multiprocessing.Pipe()
        try:
            with self._lock, theirs:
                socket.send_fds(self._open_orders(), [b"\n"], [theirs.fileno()])
        except BaseException:
            ours.close()
            raise
        return ours

    def _open_orders(self) -> socket.socket:
        """The socket to the server, which is started where it does not run."""
        if self._server is not None and self._server.poll() is not None:
            logger.warning("press_server_ended code=%s", self._server.returncode)
            self._close()
        if self._orders is None:
            self._orders, theirs = socket.socketpair()
            with theirs:
                self._server = subprocess.Popen(  # noqa: S603 - our own module
                    (sys.executable, "-m", "core.runs.press_server", self._renderers),
                    cwd=_ROOT,
                    env={name: os.environ[name] for name in _KEPT if name in os.environ},
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                )
        return self._orders

    def _close(self) -> None:
        if self._orders is not None:
            self._orders.close()
        if self._server is not None:
            self._server.kill()
            self._server.wait()
        self._orders, self._server = None, None


class _Work:
    """One file being made."""

    def __init__(self, line: Connection, job: RenderJob, guard: Guard, *, memory_mb: int) -> None:
        self._line = line
        self._job = job
        self._guard = guard
        self._memory_mb = memory_mb
        self._process: ProcessIdentity | None = None
        self._is_done = False

    def done(self) -> RenderedFile:
        """The file, once it is there. Raises what ended the work."""
        note = writing(self._job, self._guard)
        note(0, 0)
        while True:
            word = self._next_word()
            if isinstance(word, Started):
                self._process = word.process
                self._line.send(self._job)
            elif isinstance(word, Written):
                note(word.rows, word.size_bytes)
            else:
                self._is_done = True
                if isinstance(word, Failed):
                    if word.details:
                        logger.error("render_failed format=%s\n%s", self._job.format, word.details)
                    raise word.error
                return word

    def end(self) -> None:
        """See to it that nothing writes any more."""
        if self._process is not None and not self._is_done:
            self._process.end(first=signal.SIGKILL, patience_s=0.0)

    def _next_word(self) -> Word:
        try:
            while not self._line.poll(_LOOK_S):
                self._guard.check()
                self._check_memory()
            self._guard.check()
            word: Word = self._line.recv()
        except (EOFError, ConnectionResetError, BrokenPipeError) as error:
            self._guard.check()
            logger.warning("render_broke_off format=%s report=%s", self._job.format, self._job.head.report_id)
            raise RenderBroke from error
        return word

    def _check_memory(self) -> None:
        if self._process is None:
            return
        try:
            taken = psutil.Process(self._process.pid).memory_info().rss
        except psutil.NoSuchProcess:
            return  # its last word is on the line, or the line is at its end
        if taken > self._memory_mb * _MEBI:
            logger.warning("render_too_large format=%s taken_mb=%s", self._job.format, taken // _MEBI)
            raise RenderTooLarge(
                f"The file could not be made: it takes more than {self._memory_mb:,} MiB of memory. "
                "Ask for fewer rows, or for CSV, which takes next to none."
            )
