"""What the bench of people works on: an installation with any number of web processes, and people with reports."""

import http.client
import os
import secrets
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import httpx2
import psutil
from sqlalchemy.engine import URL

from core.bootstrap import Broadsheet, build, prepare
from core.db import access_repository
from core.db.database import Database
from core.db.embedded import start_embedded
from core.domain.access import Principal
from core.domain.definition import Period, Sort
from core.domain.filter import DateUnit, DateWindow, WindowKind
from core.launcher.child import Child
from core.launcher.up import ROOT, web_and_daemon
from core.settings import load_settings

_PASSWORD = "a password for benches"
_READY_WITHIN_S = 120
_STOP_WITHIN_S = 20
#: What the app loads two seconds after it answers, and the daemon's first look at everything.
_SETTLED_AFTER_S = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with an account and a report of their own."""

    user_id: UUID
    report_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """One web process."""

    port: int
    process: psutil.Process

    def cpu_s(self) -> float:
        """Processor time that it has taken so far."""
        times = self.process.cpu_times()
        return times.user + times.system

    def megabytes(self) -> float:
        """Memory that it holds."""
        return float(self.process.memory_info().rss / 1e6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An installation with the demo workspace; the bench has its services beside the processes."""

    broadsheet: Broadsheet
    owner: Database
    webs: tuple[Web, ...]
    server: psutil.Process

    def add_people(self, count: int) -> tuple[Person, ...]:
        """Add so many accounts, each with a report of its own: revenue over time, with a chart and headline numbers."""
        with self.owner.installation() as session:
            organization_id = next(iter(access_repository.list_organizations(session).values()))
            user_ids = [
                access_repository.insert_user(
                    session,
                    organization_id=organization_id,
                    email=f"{secrets.token_hex(6)}@people.example",
                    name=f"Person {number}",
                    password_hash="",
                    role="editor",
                    timezone="Europe/Berlin",
                )
                for number in range(count)
            ]
        return tuple(self._with_report(user_id) for user_id in user_ids)

    def administrator(self) -> Person:
        """Return the first administrator, with a report of their own."""
        return self._with_report(self.broadsheet.sign_in.verify(self.broadsheet.settings.admin_email, _PASSWORD))

    def principal(self, person: Person) -> Principal:
        """Return a person as the services know them."""
        services = self.broadsheet
        return services.access.principal_for_session(services.sessions.open(person.user_id))

    def database_cpu_s(self) -> float:
        """Processor time of the database so far, its processes that are gone included."""
        times = self.server.cpu_times()
        going = [process.cpu_times() for process in self.server.children(recursive=True)]
        own = times.user + times.system + times.children_user + times.children_system
        return own + sum(one.user + one.system for one in going)

    async def sign_in(self, person: Person, web: Web) -> str:
        """Return the cookie of a session that was opened as the sign-in page opens it."""
        ticket = self.broadsheet.sessions.open(person.user_id)
        address = f"http://127.0.0.1:{web.port}"
        async with httpx2.AsyncClient(base_url=address, headers={"Origin": address}) as client:
            answer = await client.post("/auth/enter", json={"ticket": ticket})
        answer.raise_for_status()
        return "; ".join(f"{name}={value}" for name, value in answer.cookies.items())

    def _with_report(self, user_id: UUID) -> Person:
        services = self.broadsheet
        principal = self.principal(Person(user_id=user_id, report_id=user_id))
        orders = next(one for one in services.catalog.datasets(principal) if one.name == "orders")
        first = services.quick_starts.of_dataset(principal, orders.id)[0].definition
        months = DateWindow(kind=WindowKind.LAST, n=12, unit=DateUnit.MONTH)
        period = Period(field=orders.time_field or "", window=months)
        asked = replace(first, period=period, sort=(Sort(key=first.groupings[0].key),))
        report = services.reports.create(principal, name="Revenue over time", definition=asked)
        return Person(user_id=user_id, report_id=report.id)


@contextmanager
def site(processes: int) -> Iterator[Site]:
    """A fresh installation in a folder that is gone afterwards: so many web processes, a daemon, a database."""
    folder = Path(tempfile.mkdtemp(prefix="people-"))
    server = start_embedded(folder)
    children: list[Child] = []
    try:
        settings = load_settings(
            _env_file=None, data_dir=folder, database_url=_text(server.owner_url), admin_password=_PASSWORD
        )
        urls, _ = prepare(settings)
        environment = _environment(folder, urls.app)
        for number, port in enumerate(_free_ports(processes)):
            web, daemon = web_and_daemon(settings.model_copy(update={"port": port}))
            for spec in (web, *([daemon] if number == 0 else [])):
                named = replace(spec, log=f"{port}-{spec.log}")
                children.append(
                    Child(named, environment=environment | {"PORT": str(port)}, folder=ROOT, log_dir=folder / "logs")
                )
                children[-1].start()
                if spec is web:
                    _wait(port, children[-1])
        time.sleep(_SETTLED_AFTER_S)
        broadsheet, owner = build(settings), Database(server.owner_url)
        yield Site(broadsheet=broadsheet, owner=owner, webs=tuple(_webs(children)), server=psutil.Process(server.pid))
        broadsheet.close()
        owner.dispose()
    finally:
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.end(patience_s=_STOP_WITHIN_S)
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _environment(folder: Path, app_url: URL) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SMTP_", "DATABASE_"))}
    return kept | {
        "DATA_DIR": str(folder),
        "DATABASE_URL": _text(app_url),
        "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
        "PYTHONUNBUFFERED": "1",
    }


def _text(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _webs(children: list[Child]) -> Iterator[Web]:
    for child in children:
        if child.spec.name == "web app" and child.pid is not None:
            port = int(child.spec.command[child.spec.command.index("--server.port") + 1])
            yield Web(port=port, process=psutil.Process(child.pid))


def _wait(port: int, child: Child) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while not _answers(port):
        if child.watch() is not None or time.monotonic() > deadline:
            sys.exit("the web process did not start:\n" + "\n".join(child.log.last_lines()))
        time.sleep(0.1)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
