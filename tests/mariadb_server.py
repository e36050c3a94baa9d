"""A real MariaDB on loopback for the tests: a fresh data folder, a free port, gone with the test process."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql

PASSWORD = "root of the tests"
_READY_WITHIN_S = 30
_PLACES = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin:/usr/libexec:/opt/homebrew/bin"


class MariaDbServer:
    """A running server; `root` connects as its superuser."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes]") -> None:
        self.port = port
        self.process = process

    def root(self, database: str | None = None) -> "pymysql.Connection[pymysql.cursors.Cursor]":
        return pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user="root",
            password=PASSWORD,
            database=database,
            charset="utf8mb4",
            autocommit=True,
            ssl_disabled=True,
            init_command="SET time_zone = '+00:00'",
        )


@contextmanager
def mariadb_server() -> Iterator[MariaDbServer]:
    """Start a server with an empty data folder and stop it by its own number."""
    folder = Path(tempfile.mkdtemp(prefix="bs-maria-"))
    account = pwd.getpwuid(os.getuid()).pw_name
    try:
        _initialize(folder, account)
        server = _start(folder, account)
        try:
            yield server
        finally:
            server.process.terminate()
            try:
                server.process.wait(20)
            except subprocess.TimeoutExpired:
                server.process.kill()
                server.process.wait()
    finally:
        shutil.rmtree(folder)


def program(*names: str) -> str:
    """The path of an installed program; the suite does not go on without one."""
    found = next((path for name in names if (path := shutil.which(name, path=_PLACES))), None)
    if found is None:
        raise RuntimeError(
            f"{names[0]} is not installed. ./test installs it; on Debian: apt-get install mariadb-server"
        )
    return found


def _initialize(folder: Path, account: str) -> None:
    first = folder / "first.sql"
    first.write_text(
        f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{PASSWORD}';\n"
        f"CREATE OR REPLACE USER 'root'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
        "GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;\n"
    )
    subprocess.run(
        [
            program("mariadb-install-db", "mysql_install_db"),
            "--no-defaults",
            f"--datadir={folder / 'data'}",
            f"--user={account}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
            "--innodb-log-file-size=16M",
        ],
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
    )


def _start(folder: Path, account: str) -> MariaDbServer:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [
                program("mariadbd", "mysqld"),
                "--no-defaults",
                f"--datadir={folder / 'data'}",
                f"--user={account}",
                f"--port={port}",
                "--bind-address=127.0.0.1",
                f"--socket={folder / 'socket'}",
                f"--pid-file={folder / 'pid'}",
                f"--init-file={folder / 'first.sql'}",
                "--skip-name-resolve",
                "--skip-log-bin",
                "--innodb-flush-log-at-trx-commit=0",
                "--innodb-flush-method=nosync",
                "--innodb-log-file-size=16M",
                "--innodb-buffer-pool-size=128M",
                "--character-set-server=utf8mb4",
                "--default-time-zone=+03:00",  # sessions must set their own
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    server = MariaDbServer(port, process)
    deadline = time.monotonic() + _READY_WITHIN_S
    while True:
        try:
            server.root().close()
        except pymysql.Error:
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                process.wait()
                words = (folder / "server.log").read_text(errors="replace")
                raise RuntimeError(f"MariaDB did not start: {words[-2000:]}") from None
            time.sleep(0.05)
        else:
            return server
