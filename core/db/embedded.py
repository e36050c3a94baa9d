"""The life of the embedded PostgreSQL: start, wait until it answers, start again after a crash, stop.

The wheel brings the programs only. See docs/decisions/001-embedded-postgresql.md.
"""

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psycopg
from sqlalchemy.engine import URL

from core.db import cluster
from core.db.server_account import choose_account
from core.errors import DatabaseUnavailable

#: Recovery after a crash replays a few checkpoints' worth of log at most; this is far above it.
_READY_WITHIN_S = 180
#: How long a second start waits for a command that has the server for itself.
_LOCK_WITHIN_S = 30
_LOG_LIMIT_BYTES = 5_000_000
_SETTINGS = {
    "listen_addresses": cluster.HOST,
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}
#: What the server's log says where another attempt helps: the port was taken in between, or the processes of a server
#: that was killed are still going away.
_PASSING = ("could not create any TCP/IP sockets", "pre-existing shared memory block", 'lock file "postmaster.pid"')


class EmbeddedPostgres:
    """A server that this process started, and the lock that says so."""

    def __init__(self, folder: Path, *, lock: IO[str]) -> None:
        self._folder = folder
        self._lock = lock
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self.port = 0

    @property
    def owner_url(self) -> URL:
        """URL of the database's owner, an ordinary role that may create roles."""
        return cluster.url_of(self._folder, cluster.OWNER, cluster.DATABASE, self.port)

    @property
    def administrator_url(self) -> URL:
        """URL of the superuser; for setting up and for tests, never for the app."""
        return cluster.url_of(self._folder, cluster.ADMINISTRATOR, "postgres", self.port)

    @property
    def pid(self) -> int:
        """Number of the postmaster's process."""
        if self._process is None:
            raise RuntimeError("the embedded PostgreSQL was not started")
        return self._process.pid

    def is_running(self) -> bool:
        """Whether the postmaster is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server and wait until it answers; after a crash, on the same port. Raises DatabaseUnavailable."""
        account = choose_account(self._folder, cluster.program("postgres"))
        cluster.initialize(self._folder, account)
        cluster.stop_orphan(self._folder / "data")
        deadline = time.monotonic() + _READY_WITHIN_S
        pause_s = 0.05
        while True:
            self.port = self.port or _free_port()
            self._launch(account.enter(ends_with_us=signal.SIGINT))
            reason = self._wait_until_ready(deadline)
            if reason is None:
                return
            self._end()
            if time.monotonic() > deadline or not any(words in reason for words in _PASSING):
                raise DatabaseUnavailable(
                    f"The embedded PostgreSQL did not start: {reason.splitlines()[-1]} (log: {self._folder}/server.log)"
                )
            self.port = 0 if _PASSING[0] in reason else self.port
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, 1)

    def stop(self) -> None:
        """Stop the server (sessions are ended, nothing is lost) and give the lock back; harmless when repeated."""
        self._end()
        self._lock.close()

    def _launch(self, become: Callable[[], None]) -> None:
        log = self._folder / "server.log"
        if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
            log.unlink()
        options = [option for name, value in _SETTINGS.items() for option in ("-c", f"{name}={value}")]
        with log.open("ab") as output:
            self._log_start = output.tell()
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [cluster.program("postgres"), "-D", self._folder / "data", "-p", str(self.port), *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=cluster.server_environment(),
                cwd="/",
                start_new_session=True,
                preexec_fn=become,  # noqa: PLW1509 - whoever starts servers has no threads yet
            )

    def _wait_until_ready(self, deadline: float) -> str | None:
        """Return None once the server answers, else why it does not."""
        pause_s = 0.01
        while time.monotonic() < deadline:
            try:
                cluster.set_up(self._folder, self.port)
            except psycopg.OperationalError:
                if not self.is_running():
                    break
            else:
                return None
            time.sleep(pause_s)
            pause_s = min(pause_s * 1.5, 0.25)
        with (self._folder / "server.log").open("rb") as log:
            log.seek(self._log_start)
            return log.read(20_000).decode(errors="replace").strip() or "it said nothing"

    def _end(self) -> None:
        """Fast shutdown, then immediate shutdown (recovered from at the next start), then kill."""
        if self._process is None:
            return
        for number, patience_s in ((signal.SIGINT, 8), (signal.SIGQUIT, 2), (signal.SIGKILL, 5)):
            if self._process.poll() is None:
                self._process.send_signal(number)
            try:
                self._process.wait(patience_s)
            except subprocess.TimeoutExpired:
                continue
            break
        self._process = None


def start_embedded(data_dir: Path) -> EmbeddedPostgres:
    """Start the data folder's server; what a killed predecessor left is stopped first. Raises DatabaseUnavailable."""
    folder, lock = cluster.claim(data_dir, within_s=_LOCK_WITHIN_S)
    server = EmbeddedPostgres(folder, lock=lock)
    try:
        server.start()
    except BaseException:
        server.stop()
        raise
    return server


@contextmanager
def embedded_owner_url(data_dir: Path) -> Iterator[URL]:
    """The owner's URL at the server that runs in this data folder, or at one started for as long as this lasts."""
    running = cluster.owner_url_of_running(data_dir)
    if running is not None:
        yield running
        return
    server = start_embedded(data_dir)
    try:
        yield server.owner_url
    finally:
        server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((cluster.HOST, 0))
        port: int = probe.getsockname()[1]
        return port
