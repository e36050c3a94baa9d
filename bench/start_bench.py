"""From `./run` to a page that can be used: the first start of a fresh clone (packages cached), and later ones.

python -m bench.start_bench            clones what is committed here
python -m bench.start_bench FOLDER     takes a clone that was made by hand; its .venv and .data are removed
"""

import http.client
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.figures import Figure, table

ROOT = Path(__file__).parents[1]
FIRST_LIMIT_S = 60
LATER_LIMIT_S = 5
LATER_STARTS = 3
_GIVE_UP_S = 600
_STOP_WITHIN_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One start."""

    ready_s: float
    stop_s: float
    cpu_s: dict[str, float]  #: user and system seconds until ready, by process


def measure(checkout: Path) -> list[Figure]:
    """One first start and some later ones."""
    first = start_and_stop(checkout)
    later = [start_and_stop(checkout) for _ in range(LATER_STARTS)]
    figures = [
        Figure(name="first start, packages cached", measured=first.ready_s, unit="s", limit=FIRST_LIMIT_S),
        Figure(
            name=f"later start, median of {LATER_STARTS}",
            measured=statistics.median(start.ready_s for start in later),
            unit="s",
            limit=LATER_LIMIT_S,
        ),
        Figure(
            name="later start, slowest", measured=max(start.ready_s for start in later), unit="s", limit=LATER_LIMIT_S
        ),
        Figure(name="stop, slowest", measured=max(start.stop_s for start in later), unit="s"),
    ]
    return figures + [
        Figure(
            name=f"later start, processor time of the {name}",
            measured=statistics.median(start.cpu_s[name] for start in later),
            unit="s",
        )
        for name in later[0].cpu_s
    ]


def start_and_stop(checkout: Path) -> Start:
    """Run `./run` until it is ready, end it by SIGTERM, and see that nothing is left."""
    port = _free_port()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("SMTP_", "DATABASE_", "VIRTUAL_ENV"))
    } | {"PORT": str(port), "DATA_DIR": str(checkout / ".data")}
    began = time.monotonic()
    process = subprocess.Popen(
        [checkout / "run"], cwd=checkout, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        while not (_answers(port, "/readyz") and _answers(port, "/")):
            if process.poll() is not None or time.monotonic() - began > _GIVE_UP_S:
                process.terminate()
                sys.exit(f"it did not start:\n{process.communicate()[0].decode()}")
            time.sleep(0.02)
        ready_s = time.monotonic() - began
        cpu_s = _cpu_seconds(process.pid)
        asked = time.monotonic()
        process.terminate()
        process.communicate(timeout=_STOP_WITHIN_S)
        stop_s = time.monotonic() - asked
    finally:
        process.kill()
    left = _left_of(checkout)
    if process.returncode != 0 or left:
        sys.exit(f"it did not stop cleanly: exit code {process.returncode}, left: {left}")
    return Start(ready_s=ready_s, stop_s=stop_s, cpu_s=cpu_s)


def _cpu_seconds(pid: int) -> dict[str, float]:
    launcher = psutil.Process(pid)
    seconds = {"launcher": _own_seconds(launcher)}
    for child in launcher.children():
        command = " ".join(child.cmdline())
        for name, mark in (("web app", "streamlit"), ("daemon", "scheduler_daemon")):
            if mark in command:
                seconds[name] = _own_seconds(child)
    return seconds


def _own_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _left_of(checkout: Path) -> list[str]:
    """Command lines of processes that still have to do with the checkout."""
    left = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and (
                str(checkout) in " ".join(process.cmdline())
                or process.environ().get("DATA_DIR", "").startswith(str(checkout))
            ):
                left.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return left


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _checkout(arguments: list[str]) -> Iterator[Path]:
    if arguments:
        folder = Path(arguments[0]).resolve()
        if folder == ROOT:
            sys.exit("name a clone: its .venv and .data are removed")
        for name in (".venv", ".data"):
            shutil.rmtree(folder / name, ignore_errors=True)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="start-") as folder_name:
        folder = Path(folder_name) / "broadsheet"
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
        yield folder


if __name__ == "__main__":
    with _checkout(sys.argv[1:]) as checkout:
        print(table(measure(checkout)))
