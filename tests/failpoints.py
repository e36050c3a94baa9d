"""A daemon whose stages are stand-ins, for the tests that kill it: the ledger, queue, files and process are real."""

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
from sqlalchemy.engine import make_url

import scheduler_daemon
from core.artifacts.file_store import FileStore
from core.clock import Clock, SystemClock
from core.db.database import Database
from core.db.queue import worker_app
from core.domain.field import FieldType
from core.domain.result import ColumnRole, Result, ResultColumn, ResultHead
from core.errors import RunCancelled
from core.render.csv_renderer import CsvRenderer
from core.render.renderer import Renderer
from core.runs.care import Care
from core.runs.deciding import Deciding
from core.runs.delivering import Deliverer
from core.runs.endings import Endings
from core.runs.failpoints import VARIABLE
from core.runs.file_links import FileLinks
from core.runs.filing import Filing
from core.runs.ledger import LEASE, Ledger
from core.runs.missing_fields import MissingFields
from core.runs.notices import OwnerNotices
from core.runs.outbox import Outbox
from core.runs.pipeline import Pipeline
from core.runs.places import Places
from core.runs.planner import Planner
from core.runs.press import InProcessPress, Press
from core.runs.recovery import Recovery
from core.runs.rendering import Drawer
from core.runs.retention import Retention
from core.runs.retry import UNKNOWN_WAIT
from core.runs.sent_copies import SentCopies
from core.runs.unsubscribe_links import UnsubscribeLinks
from core.runs.workers import Workers
from core.secrets import SecretBox
from core.services.audit_linking import AuditLinker
from core.services.bounce_mails import BounceMails
from core.services.daemon import DaemonService
from core.settings import Settings

AS_OF = datetime(2026, 11, 23, 8, 59, tzinfo=UTC)


class StandInExecutor:
    """Answers every question with the same rows, and counts how often it was asked."""

    def __init__(self, rows: tuple[str, ...] = ("Chile", "=1+1")) -> None:
        self.rows = rows
        self.asked = 0
        self.error: Exception | None = None
        #: Called while the query runs, with the run's `should_stop`.
        self.during: Callable[[Callable[[], bool]], None] = lambda _should_stop: None

    @contextmanager
    def run(
        self,
        definition: Any,
        dataset: Any,
        source: Any,
        *,
        head_fields: Any,
        logical_at: datetime,
        deadline_s: float,
        parameters: Any = None,
        should_stop: Callable[[], bool],
        with_overall: bool = False,
    ) -> Iterator[Result]:
        self.asked += 1
        self.during(should_stop)
        if should_stop():
            raise RunCancelled
        if self.error is not None:
            raise self.error
        column = ResultColumn(key="country", label="Country", type=FieldType.TEXT, role=ColumnRole.DIMENSION)
        head = ResultHead(
            report_id=head_fields.report_id,
            report_version=head_fields.report_version,
            title=head_fields.title,
            organization=head_fields.organization,
            owner=head_fields.owner,
            sentence="Countries.",
            columns=(column,),
            chart=definition.chart,
            rows_matched=len(self.rows),
            row_limit=definition.limit and max(definition.limit, len(self.rows)),
            logical_at=logical_at,
            as_of=AS_OF,
            is_snapshot=True,
            timezone="UTC",
        )
        yield Result(head=head, batches=[pa.record_batch({"country": pa.array(self.rows, pa.string())})])


class StandInChannel:
    """Takes e-mail by writing a line per acceptance; a line is written as a whole or not at all."""

    key = "email"
    label = "E-mail"
    form = ()
    address_help = "An e-mail address."

    def __init__(self, accepted: Path) -> None:
        self._accepted = accepted
        #: What the next sends raise instead, one each; `after` means that it was accepted nevertheless.
        self.errors: list[Exception] = []
        self.errors_after: list[Exception] = []
        self.messages: list[Any] = []

    def check_address(self, address: str) -> None:
        return None

    def own_settings(self) -> None:
        return None

    def check_place(self, place: Any) -> None:
        return None

    def linked(self, files: Any) -> tuple[Any, ...]:
        return ()

    def reference(self, message: Any, recipient: Any, place: Any = None) -> str:
        return f"<{message.reference}@test>"

    def send(self, message: Any, recipient: Any, place: Any = None) -> str:
        if self.errors:
            raise self.errors.pop(0)
        self.messages.append(message)
        line = json.dumps({"to": recipient.address, "reference": message.reference}) + "\n"
        descriptor = os.open(self._accepted, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)
        if self.errors_after:
            raise self.errors_after.pop(0)
        return "250 accepted"

    def accepted(self) -> list[dict[str, str]]:
        if not self._accepted.exists():
            return []
        return [json.loads(line) for line in self._accepted.read_text().splitlines()]


class NoBrowser:
    """Draws nothing."""

    reason = "The chart is missing: no browser was found."

    def png(self, figure: Any, *, width: int, height: int, scale: float = 2.0) -> None:
        return None


class NoAlerts:
    """Tests of runs are not about how full this machine's disk is."""

    def look(self) -> frozenset[UUID]:
        return frozenset()


class NoWatch:
    """Finds no dataset to look at."""

    def check(self) -> int:
        return 0


@dataclass(kw_only=True)
class Stack:
    """The parts of a daemon, each within reach of a test."""

    database: Database
    clock: Clock
    folder: Path
    lease: timedelta = LEASE
    unknown_wait: timedelta = UNKNOWN_WAIT
    executor: Any = field(default_factory=StandInExecutor)
    renderers: Mapping[str, Renderer] = field(default_factory=lambda: {"csv": CsvRenderer()})
    press: Press | None = None  #: None: files are made in this process
    drawer: Drawer = field(default_factory=NoBrowser)

    def __post_init__(self) -> None:
        spool, scratch = self.folder / "spool", self.folder / "scratch"
        for folder in (spool, scratch):
            folder.mkdir(parents=True, exist_ok=True)
        self.channel = StandInChannel(self.folder / "accepted")
        self.store = FileStore(self.folder / "artifacts", key=lambda: "key-of-the-tests")
        self.ledger = Ledger(
            self.database,
            self.clock,
            max_attempts=3,
            timeout=timedelta(minutes=30),
            lease=self.lease,
            jitter=lambda: 0.0,
        )
        self.outbox = Outbox(
            self.database,
            self.clock,
            self.ledger,
            lease=self.lease,
            unknown_wait=self.unknown_wait,
            jitter=lambda: 0.0,
        )
        filing = Filing(
            self.clock,
            renderers=self.renderers,
            press=self.press or InProcessPress(self.renderers),
            drawer=self.drawer,
            store=self.store,
            scratch_dir=scratch,
        )
        self.missing = MissingFields(self.database, self.clock, channel=self.channel, base_url="http://localhost:8501")
        self.care = Care(
            self.database,
            self.clock,
            notices=OwnerNotices(self.database, self.clock, channel=self.channel, base_url="http://localhost:8501"),
        )
        self.pipeline = Pipeline(
            self.database,
            self.ledger,
            executor=self.executor,
            filing=filing,
            missing=self.missing,
            deciding=Deciding(
                self.database, self.clock, executor=self.executor, endings=Endings(self.database, self.clock)
            ),
            spool_dir=spool,
        )
        self.channels: dict[str, Any] = {"email": self.channel}
        self.places = Places(self.database, SecretBox("key-of-the-tests"), self.channels)
        self.deliverer = Deliverer(
            self.database,
            self.outbox,
            channels=self.channels,
            places=self.places,
            copies=SentCopies(self.database, self.clock, SecretBox("key-of-the-tests")),
            links=FileLinks(self.database, self.clock, key="key-of-the-tests", base_url="http://localhost:8501"),
            unsubscribe=UnsubscribeLinks(key="key-of-the-tests", base_url="http://localhost:8501"),
            stores={"file": self.store},
            describe=lambda config: f"Every {config['cadence']}",
            base_url="http://localhost:8501",
        )
        self.recovery = Recovery(self.database, self.clock, ledger=self.ledger, outbox=self.outbox)
        self.retention = Retention(
            self.database,
            self.clock,
            stores={"file": self.store},
            spool_dir=spool,
            scratch_dir=scratch,
            files_kept=timedelta(days=90),
            runs_kept=timedelta(days=366),
            run_timeout=timedelta(minutes=30),
        )

    def daemon(self) -> DaemonService:
        return DaemonService(
            self.database,
            self.clock,
            planner=Planner(self.database, self.clock),
            pipeline=self.pipeline,
            deliverer=self.deliverer,
            recovery=self.recovery,
            retention=self.retention,
            missing=self.missing,
            care=self.care,
            bounces=BounceMails(self.database, self.clock, Settings(_env_file=None)),
            watch=NoWatch(),
            alerts=NoAlerts(),
            audit=AuditLinker(self.database, key="audit"),
            ledger=self.ledger,
            workers=lambda daemon: Workers(
                worker_app(self.database.engine.url), run=daemon.run, deliver=daemon.deliver, runs_at_once=2
            ),
            refresh=lambda: None,
            close=self.database.dispose,
        )


def serve(url: str, folder: Path, lease_s: float, failpoint: str | None, query_s: float, log: Path) -> None:
    """Be a daemon until it is told to stop, or dies at `failpoint`; a query takes `query_s` unless it is stopped."""
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    logging.basicConfig(level=logging.INFO)
    scheduler_daemon.quieten()
    os.environ.pop(VARIABLE, None)
    if failpoint is not None:
        os.environ[VARIABLE] = failpoint
    scheduler_daemon.SWEEP_S = 1
    scheduler_daemon.GRACE_S = 1.0
    stack = Stack(
        database=Database(make_url(url), pool_size=5),
        clock=SystemClock(),
        folder=folder,
        lease=timedelta(seconds=lease_s),
        unknown_wait=timedelta(seconds=1),
    )
    stack.executor.during = lambda should_stop: _dawdle(should_stop, query_s)
    sys.exit(scheduler_daemon.serve(stack.daemon()))


def _dawdle(should_stop: Callable[[], bool], seconds: float) -> None:
    pause, until = threading.Event(), time.monotonic() + seconds
    while time.monotonic() < until and not should_stop():
        pause.wait(0.05)
