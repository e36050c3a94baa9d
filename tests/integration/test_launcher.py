"""The launcher leaves nothing behind, however it ends, and says in one line what stops it."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.db.embedded import start_embedded
from core.launcher import logs as child_logs
from core.processes import identify

ROOT = Path(__file__).parents[2]
STAND_IN = Path(__file__).with_name("launcher_stand_in.py")


class Launch:
    """A launcher in a process of its own, on its own port and data folder."""

    def __init__(self, data_dir: Path, port: int, **environment: str) -> None:
        (data_dir / "pids").unlink(missing_ok=True)
        self.data_dir = data_dir
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, str(STAND_IN), "up"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATA_DIR": str(data_dir), "PORT": str(port)}
            | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_as_in_a_background_job,
        )

    def wait_until_ready(self) -> list[str]:
        """Wait for all four processes; returns the lines up to the last one of the announcement."""
        assert self.process.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("Logs are in"):
            line = self.process.stdout.readline()
            assert line, self.process.communicate()[1]
            lines.append(line.strip())
        _await(lambda: {"web", "sleeper", "daemon", "postgres"} == self.pids().keys())
        return lines

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """Kill the launcher alone; what it started may live on and hold its pipes."""
        self.process.kill()
        self.process.wait()

    def end(self) -> tuple[int, str, str]:
        """Wait for the end; returns exit code, output, errors."""
        out, err = self.process.communicate(timeout=100)
        return self.process.returncode, out, err

    def pids(self) -> dict[str, int]:
        """Number of the latest process of each kind, PostgreSQL included."""
        postmaster = self.data_dir / "postgres" / "data" / "postmaster.pid"
        notes = self.data_dir / "pids"
        lines = notes.read_text().splitlines() if notes.exists() else []
        pids = {name: int(pid) for name, pid in (line.split() for line in lines)}
        return pids | ({"postgres": int(postmaster.read_text().splitlines()[0])} if postmaster.exists() else {})


def _as_in_a_background_job() -> None:
    """SIGINT ignored, as shells do it; SIGHUP as usual, whatever these tests were started with."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(condition: Callable[[], bool], within_s: float = 100) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _all_gone(pids: dict[str, int]) -> bool:
    return all(identify(pid) is None for pid in pids.values())


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a PostgreSQL that was started once: to make one takes longer than most tests here."""
    folder = tmp_path_factory.mktemp("made")
    start_embedded(folder).stop()
    return folder


@pytest.fixture
def launch(tmp_path: Path, cluster: Path) -> Iterator[Callable[..., Launch]]:
    """Start launchers, all on one data folder, made once, and one port unless told otherwise."""
    started: list[Launch] = []
    usual = _free_port()
    # The server's account stays the owner of its files.
    subprocess.run(["cp", "-a", str(cluster), str(tmp_path / "data")], check=True)

    def start(*, port: int = usual, **environment: str) -> Launch:
        started.append(Launch(tmp_path / "data", port, **environment))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.terminate()
        one.process.communicate(timeout=100)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything(launch: Callable[..., Launch], number: signal.Signals) -> None:
    running = launch()
    lines = running.wait_until_ready()
    assert lines[:2] == ["Preparing the database ...", f"Broadsheet is ready at http://localhost:{running.port}"]
    assert lines[2].startswith("Sign in as admin@example.com with password made up")
    assert lines[3:] == [f"Logs are in {running.data_dir}/logs. Ctrl-C stops everything."]
    pids = running.pids()
    running.send(number)
    code, output, errors = running.end()
    assert (code, output, errors) == (0, "Stopping ...\n", "")
    assert _all_gone(pids)


def test_a_child_that_does_not_listen_is_killed_by_a_second_signal(launch: Callable[..., Launch]) -> None:
    running = launch(STAND_IN_DAEMON="deaf")
    running.wait_until_ready()
    pids = running.pids()
    running.send(signal.SIGTERM)
    _await(lambda: identify(pids["web"]) is None)  # the first signal was taken
    running.send(signal.SIGTERM)
    assert running.end()[0] == 0
    assert _all_gone(pids)


def test_after_a_kill_a_new_start_leaves_one_set(launch: Callable[..., Launch]) -> None:
    killed = launch(STAND_IN_DAEMON="deaf")
    killed.wait_until_ready()
    before = killed.pids()
    killed.kill()
    assert not _all_gone(before)  # the deaf one at least
    again = launch()
    again.wait_until_ready()
    assert _all_gone(before)
    after = again.pids()
    again.send(signal.SIGTERM)
    again.end()
    assert _all_gone(after)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends them")
def test_after_a_kill_the_children_end_by_themselves(launch: Callable[..., Launch]) -> None:
    killed = launch()
    killed.wait_until_ready()
    pids = killed.pids()
    killed.kill()
    sleeper = pids.pop("sleeper")
    _await(lambda: _all_gone(pids))
    again = launch()
    again.wait_until_ready()
    assert identify(sleeper) is None  # what a child had started carries the mark too


def test_a_second_launcher_on_the_same_folder_says_so(launch: Callable[..., Launch]) -> None:
    first = launch()
    first.wait_until_ready()
    code, _, errors = launch(port=_free_port()).end()
    assert code == 2
    assert errors.startswith("broadsheet: DATA_DIR: Broadsheet already runs on ")
    assert errors.count("\n") == 1
    assert first.process.poll() is None


def test_a_taken_port_is_named(launch: Callable[..., Launch]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, _, errors = launch(port=port).end()
    assert (code, errors) == (2, f"broadsheet: PORT: {port} is in use. Set PORT to a free one.\n")


def test_a_failed_preparation_ends_the_start(launch: Callable[..., Launch]) -> None:
    failed = launch(STAND_IN_PREPARE="fails")
    code, _, errors = failed.end()
    assert (code, errors) == (1, "broadsheet: the database said no\n")
    assert not (failed.data_dir / "postgres" / "data" / "postmaster.pid").exists()


def test_a_child_that_dies_is_started_again(launch: Callable[..., Launch]) -> None:
    running = launch()
    running.wait_until_ready()
    before = running.pids()
    os.kill(before["daemon"], signal.SIGKILL)
    os.kill(before["web"], signal.SIGKILL)
    _await(lambda: all(running.pids()[name] != before[name] for name in ("web", "daemon")))
    assert running.pids()["postgres"] == before.pop("postgres")
    assert _all_gone(before)


def test_a_killed_postgresql_is_started_again(launch: Callable[..., Launch]) -> None:
    running = launch()
    running.wait_until_ready()
    postmaster = running.pids()["postgres"]
    os.kill(postmaster, signal.SIGKILL)
    _await(lambda: running.pids().get("postgres", postmaster) != postmaster)


def test_a_child_that_keeps_dying_ends_the_launch(launch: Callable[..., Launch]) -> None:
    running = launch(STAND_IN_DAEMON="dies")
    code, output, errors = running.end()
    assert code == 1
    assert output.count("The daemon ended (exit code 7)") == 4
    assert output.count("\n    the daemon's last words\n") == 4
    assert errors == "broadsheet: The daemon ended 5 times in a row; what it said stands above.\n"


def test_what_the_children_print_is_kept_for_two_starts(launch: Callable[..., Launch]) -> None:
    failed = launch(STAND_IN_DAEMON="dies")
    assert failed.process.stdout is not None
    assert any(line.startswith("The daemon ended") for line in failed.process.stdout)
    failed.send(signal.SIGTERM)
    failed.end()
    again = launch()
    again.wait_until_ready()
    logs = again.data_dir / "logs"
    assert (logs / "daemon.log").read_text() == ""
    assert "the daemon's last words" in (logs / "daemon.log.1").read_text()
    assert (logs / "daemon.log").stat().st_mode & 0o077 == 0


def test_a_log_does_not_grow_without_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_logs, "_LIMIT_BYTES", 10)
    log = child_logs.ChildLog(tmp_path / "logs" / "web.log")
    with log.open() as output:
        output.write(b"twelve bytes\n")
        output.flush()
        log.keep_short()
        output.write(b"more\n")
        output.flush()
        log.keep_short()
    assert log.last_lines() == ("more",)
    assert (tmp_path / "logs" / "web.log.1").read_text() == "twelve bytes\n"


def test_the_children_get_the_apps_role_only(launch: Callable[..., Launch]) -> None:
    running = launch()
    running.wait_until_ready()
    connection = http.client.HTTPConnection("127.0.0.1", running.port)
    connection.request("GET", "/healthz")
    answer = connection.getresponse().read().decode()
    connection.close()
    assert answer.startswith("postgresql://broadsheet_app:")


@pytest.mark.parametrize(("name", "value"), [("PORT", "http"), ("SECRET_KEY", "short"), ("DATABASE_URL", "sqlite://")])
def test_a_bad_setting_stops_with_one_line(name: str, value: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "core", "up"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"broadsheet: {name}: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
