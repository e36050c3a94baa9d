"""The harness's PostgreSQL: the product's own, in a process that has no threads, as starting it asks for."""

import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy.engine import URL

from core.db.embedded import start_embedded


def keep_database(folder: Path, line: Connection) -> None:
    """Run the server; at each word on the line kill it as the system would and start it again, at its end stop it."""
    os.setsid()
    server = start_embedded(folder)
    try:
        while True:
            line.send((server.owner_url, server.administrator_url.set(database=server.owner_url.database)))
            line.recv()
            os.kill(server.pid, signal.SIGKILL)
            server.start()
    except (EOFError, OSError):
        pass
    finally:
        server.stop()


class KilledPostgres:
    """The server from where the harness sits. Its port stays the same."""

    owner_url: URL
    administrator_url: URL

    def __init__(self, process: object, line: Connection) -> None:
        self._process = process
        self._line = line
        self._hear()

    def crash(self) -> None:
        """Kill it and have it start again; its sessions die with it."""
        self._line.send("crash")
        self._hear()

    def stop(self) -> None:
        """Stop it for good."""
        self._line.close()
        self._process.join(30)  # type: ignore[attr-defined]

    def _hear(self) -> None:
        if not self._line.poll(200):
            raise RuntimeError("the database did not come back")
        self.owner_url, self.administrator_url = self._line.recv()
