"""The embedded server's life: what it is reached by, what it survives, what it leaves behind."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import URL

from core.db import cluster
from core.db.embedded import EmbeddedPostgres, embedded_owner_url, start_embedded
from core.errors import DatabaseUnavailable
from core.processes import identify


def _connect(url: URL) -> "psycopg.Connection[tuple[object, ...]]":
    conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(conninfo, autocommit=True, connect_timeout=5)


def _gone(pid: int, within_s: float = 15) -> bool:
    deadline = time.monotonic() + within_s
    while identify(pid) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cluster for this file: making it is the slow part."""
    folder = tmp_path_factory.mktemp("embedded")
    start_embedded(folder).stop()
    return folder


@pytest.fixture
def server(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    """A running server."""
    server = start_embedded(data_dir)
    yield server
    server.stop()


def test_a_later_start_is_fast(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really = cluster.program

    def program(name: str) -> Path:
        assert name != "initdb", "to make a cluster takes most of a first start"
        return really(name)

    monkeypatch.setattr(cluster, "program", program)
    started = time.monotonic()
    server = start_embedded(data_dir)
    took_s = time.monotonic() - started
    server.stop()
    assert took_s < 20  # 0.06 s by itself; the machine may be busy


def test_stopping_leaves_no_process_and_may_be_repeated(data_dir: Path) -> None:
    server = start_embedded(data_dir)
    with _connect(server.owner_url):
        pid = server.pid
        server.stop()
    assert identify(pid) is None
    assert not server.is_running()
    server.stop()


def test_the_owner_is_an_ordinary_role(server: EmbeddedPostgres) -> None:
    with _connect(server.owner_url) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == (False, False, True)


@pytest.mark.parametrize("role", [cluster.OWNER, cluster.ADMINISTRATOR])
def test_nobody_gets_in_without_the_password(server: EmbeddedPostgres, role: str) -> None:
    url = server.owner_url.set(username=role, password="guessed")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        _connect(url)


def test_it_listens_on_this_machine_only(server: EmbeddedPostgres) -> None:
    with _connect(server.administrator_url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("SHOW unix_socket_directories").fetchone() == ("",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)


def test_its_files_are_closed_to_others(server: EmbeddedPostgres, data_dir: Path) -> None:
    assert server.is_running()
    assert (data_dir / "postgres").stat().st_mode & 0o077 == 0
    assert (data_dir / "postgres" / "password").stat().st_mode & 0o077 == 0
    assert data_dir.stat().st_mode & 0o007 == 0


def test_folders_above_the_data_folder_keep_their_modes(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "between").mkdir(mode=0o700)
    server = start_embedded(closed / "between" / "data")
    server.stop()
    assert [path.stat().st_mode & 0o777 for path in (closed, closed / "between")] == [0o700, 0o700]


def test_a_killed_server_recovers_on_the_same_port_with_its_rows(server: EmbeddedPostgres) -> None:
    with _connect(server.owner_url) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    port = server.port
    os.kill(server.pid, signal.SIGKILL)
    while server.is_running():
        time.sleep(0.01)
    server.start()
    assert server.port == port
    with _connect(server.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_a_server_whose_starter_was_killed_ends_and_the_next_start_works(data_dir: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", _STARTER, str(data_dir)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    starter.kill()
    starter.wait()
    starter.stdout.close()
    server = start_embedded(data_dir)
    assert _gone(pid)
    server.stop()


_STARTER = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    from core.db.embedded import start_embedded
    server = start_embedded(Path(sys.argv[1]))
    print(server.pid, flush=True)
    time.sleep(600)
""")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start stops it")
def test_a_server_whose_starter_was_killed_does_not_wait_for_the_next_start(data_dir: Path) -> None:
    starter = subprocess.Popen([sys.executable, "-c", _STARTER, str(data_dir)], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    starter.kill()
    starter.wait()
    starter.stdout.close()
    assert _gone(pid)


def test_a_stale_pid_file_that_names_another_process_is_no_obstacle(data_dir: Path) -> None:
    pid_file = data_dir / "postgres" / "data" / "postmaster.pid"
    # The server only believes in processes of its own account.
    other = subprocess.Popen(["sleep", "600"], user=pid_file.parent.stat().st_uid if os.geteuid() == 0 else None)
    pid_file.write_text(f"{other.pid}\n{pid_file.parent}\n1700000000\n5432\n\n127.0.0.1\n  1 1\nready\n")
    start_embedded(data_dir).stop()
    assert identify(other.pid) is not None
    other.kill()
    other.wait()


def test_an_interrupted_first_start_is_made_again(tmp_path: Path) -> None:
    unfinished = tmp_path / "data" / "postgres" / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    server = start_embedded(tmp_path / "data")
    assert server.is_running()
    server.stop()


def test_a_command_uses_the_running_server_and_leaves_it_running(server: EmbeddedPostgres, data_dir: Path) -> None:
    with embedded_owner_url(data_dir) as url:
        assert url == server.owner_url
    assert server.is_running()


def test_a_command_starts_a_server_where_none_runs_and_stops_it(data_dir: Path) -> None:
    with embedded_owner_url(data_dir) as url, _connect(url) as connection:
        row = connection.execute("SELECT pg_postmaster_start_time() IS NOT NULL").fetchone()
        assert row == (True,)
    assert cluster.owner_url_of_running(data_dir) is None


def test_a_second_starter_is_told(server: EmbeddedPostgres, data_dir: Path) -> None:
    assert server.is_running()
    with pytest.raises(DatabaseUnavailable, match="Another process"):
        cluster.claim(data_dir, within_s=0.1)


def test_a_broken_cluster_says_why(tmp_path: Path) -> None:
    server = start_embedded(tmp_path / "data")
    server.stop()
    (tmp_path / "data" / "postgres" / "data" / "global" / "pg_control").unlink()
    with pytest.raises(DatabaseUnavailable, match=r"did not start: .*pg_control"):
        start_embedded(tmp_path / "data")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")
def test_programs_below_a_closed_folder_are_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clone below /root: the account passes by its one capability, and PostgreSQL's own checks must not drop it."""
    installed = cluster.program("postgres").parents[1]
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    wheel = closed / installed.parent.name
    shutil.copytree(installed, wheel / installed.name)
    (closed / f"{wheel.name}.libs").symlink_to(installed.parents[1] / f"{wheel.name}.libs")
    monkeypatch.setattr(cluster, "program", lambda name: wheel / installed.name / "bin" / name)
    server = start_embedded(tmp_path / "data")
    try:
        with _connect(server.owner_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()
