"""The launcher's course: claim the folder, bring up the database, start and watch the children, stop everything."""

import contextlib
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from pydantic import SecretStr

from core.artifacts import open_store
from core.db.embedded import EmbeddedPostgres, start_embedded
from core.errors import BroadsheetError, SettingError
from core.launcher.child import Child, ChildSpec
from core.launcher.footprint import MARK_VARIABLE, Footprint, claim_data_folder
from core.launcher.preparing import Prepared, PreparingFailedError, find_prepared, run_prepare
from core.settings import Settings

ROOT = Path(__file__).parents[2]
#: Deaths in a row after which something is wrong that another start does not mend.
_TRIES = 5
_READY_WITHIN_S = 60
#: What children may take to stop before they are killed; containers give us about as long.
_STOP_WITHIN_S = 10
_WATCH_EVERY_S = 0.2


class StopRequested(BaseException):
    """A signal asked to stop; raised in the main thread wherever it is, so that every `finally` cleans up."""


def web_and_daemon(settings: Settings) -> tuple[ChildSpec, ...]:
    """Return the two processes that make up Broadsheet, the web process first."""
    options = {
        "server.port": str(settings.port),
        "server.headless": "true",
        # Without it Streamlit asks a server on the internet for this machine's address.
        "browser.serverAddress": "localhost",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return (
        ChildSpec(name="web app", command=(sys.executable, "-m", "streamlit", "run", "app.py", *flags), log="web.log"),
        ChildSpec(name="daemon", command=(sys.executable, "scheduler_daemon.py"), log="daemon.log"),
    )


@dataclass(kw_only=True)
class Launch:
    """What is up so far, so that exactly that is taken down."""

    footprint: Footprint
    postgres: EmbeddedPostgres | None = None
    children: tuple[Child, ...] = ()

    def stop(self) -> None:
        """Stop the children, then PostgreSQL, each asked first; nothing of ours is left."""
        deadline = time.monotonic() + _STOP_WITHIN_S
        for child in self.children:
            child.ask_to_stop()
        for child in self.children:
            child.end(patience_s=deadline - time.monotonic(), hurry=lambda: _hurry)
        if self.postgres is not None:
            self.postgres.stop()
        self.footprint.clear()


def up(settings: Settings, *, prepare: Sequence[str], specs: Sequence[ChildSpec]) -> int:
    """Run until a signal asks to stop; returns the exit code. Raises BroadsheetError where it cannot start.

    `prepare` is the command that migrates and seeds (see `core.launcher.preparing`). The first of `specs` answers
    `/readyz` on the settings' port.
    """
    with _stopping_on_signals():
        launch = Launch(footprint=claim_data_folder(settings.data_dir))
        try:
            _check_port(settings.port)
            open_store(settings)
            prepared = _bring_up(launch, settings, prepare, specs)
            _wait_until_ready(launch, settings)
            _announce(settings, prepared)
            _watch(launch)
        except StopRequested:
            _say("Stopping ...")
            return 0
        except PreparingFailedError as error:
            return error.code
        finally:
            launch.stop()


def _bring_up(launch: Launch, settings: Settings, prepare: Sequence[str], specs: Sequence[ChildSpec]) -> Prepared:
    environment = _environment(settings, launch.footprint.mark)
    if settings.database_url is None:
        launch.postgres = start_embedded(settings.data_dir)
        owner = launch.postgres.owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
        environment["DATABASE_URL"] = owner
        settings = settings.model_copy(update={"database_url": SecretStr(owner)})
    prepared = find_prepared(settings)
    if prepared is None:
        _say("Preparing the database ...")
        prepared = run_prepare(prepare, environment=environment, folder=ROOT)
    # The children get the app role's URL, never the owner's, and no first password.
    environment["DATABASE_URL"] = prepared.app_url
    for name in ("MIGRATION_DATABASE_URL", "ADMIN_PASSWORD"):
        environment.pop(name, None)
    launch.children = tuple(
        Child(spec, environment=environment, folder=ROOT, log_dir=_log_dir(settings)) for spec in specs
    )
    for child in launch.children:
        child.start()
    return prepared


def _environment(settings: Settings, mark: str) -> dict[str, str]:
    return dict(os.environ) | {
        "DATA_DIR": str(settings.data_dir),
        "PORT": str(settings.port),
        "PYTHONUNBUFFERED": "1",
        MARK_VARIABLE: mark,
    }


def _wait_until_ready(launch: Launch, settings: Settings) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while not _is_ready(settings.port):
        if time.monotonic() > deadline:
            raise BroadsheetError(
                f"Broadsheet was not ready on port {settings.port} within {_READY_WITHIN_S} s. "
                f"What it said is in {_log_dir(settings)}."
            )
        _look_after(launch)
        time.sleep(0.05)


def _watch(launch: Launch) -> NoReturn:
    while True:
        _look_after(launch)
        time.sleep(_WATCH_EVERY_S)


def _look_after(launch: Launch) -> None:
    """Start again whatever died. Raises BroadsheetError where one keeps dying."""
    if launch.postgres is not None and not launch.postgres.is_running():
        _say("PostgreSQL ended; it is started again.")
        launch.postgres.start()
    for child in launch.children:
        news = child.watch()
        if child.deaths >= _TRIES:
            raise BroadsheetError(f"The {child.spec.name} ended {_TRIES} times in a row; what it said stands above.")
        if news is not None:
            _say(news)


def _is_ready(port: int) -> bool:
    """Whether the web app answers and finds the database, the storage and a daemon fine."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        # As servers do: a connection of an earlier start that lingers is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            reason = "is not allowed for this account" if isinstance(error, PermissionError) else "is in use"
            raise SettingError(f"PORT: {port} {reason}. Set PORT to a free one.", place="PORT") from error


def _announce(settings: Settings, prepared: Prepared) -> None:
    lines = [f"Broadsheet is ready at {settings.base_url}"]
    if prepared.email is not None:
        password = "of ADMIN_PASSWORD" if prepared.password is None else f"{prepared.password}  (shown once)"
        lines.append(f"Sign in as {prepared.email} with password {password}")
    lines.append(f"Logs are in {_log_dir(settings)}. Ctrl-C stops everything.")
    _say("\n".join(lines))


def _log_dir(settings: Settings) -> Path:
    return settings.data_dir / "logs"


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # a terminal that was closed
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


#: Set by the second signal: children are killed without waiting.
_hurry = False


@contextlib.contextmanager
def _stopping_on_signals() -> Iterator[None]:
    """Turn the first signal into StopRequested, the second into haste. A SIGHUP that nohup ignores stays ignored."""

    def hurry(_number: int, _frame: FrameType | None) -> None:
        global _hurry  # noqa: PLW0603 - a signal handler has nobody to hand it to
        _hurry = True

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in before:
            signal.signal(number, hurry)
        raise StopRequested

    # Shells start background jobs with SIGINT ignored; whoever sends it to one means it.
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    if before[signal.SIGHUP] == signal.SIG_IGN:
        del before[signal.SIGHUP]
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
