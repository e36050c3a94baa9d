"""Figures for monitoring as Prometheus reads them, from the database: any process answers for the whole installation.

Counts are of a window that moves (the last hour), not since a start: processes come and go, and several answer. They
are gauges, so ask for them as they are, without `rate()`. Titles and names are labels; of each only the most frequent
are told by name.
"""

import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeHistogramMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.access.policy import require
from core.clock import Clock
from core.db import metrics_reading
from core.db.database import Database
from core.db.metrics_reading import BUCKETS_S, Sample
from core.domain.access import Permission, Principal
from core.services.health import DAEMON_SILENT_AFTER
from core.settings import Settings

CONTENT_TYPE = CONTENT_TYPE_LATEST
#: How long an answer is good: several scrapers, or an impatient one, cost no more than one.
KEPT_S = 5.0
#: Counting files reads their whole table.
FILES_KEPT_S = 60.0
WINDOW = timedelta(hours=1)
MAIL_WINDOW = timedelta(days=1)
#: Reports and sources that are told by name; the rest is one line.
MOST_NAMES = 50
OTHER = "(other)"


class MetricsService:
    """Answers `/metrics`."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._lock = threading.Lock()
        self._text: tuple[float, bytes] | None = None
        self._files: tuple[float, dict[str, tuple[int, float]]] | None = None

    def text(self, principal: Principal) -> bytes:
        """Return the figures of the whole installation, a few seconds old at most. Raises NotAllowed."""
        require(principal, Permission.MANAGE_INSTALLATION)
        with self._lock:
            if self._text is None or self._clock.elapsed() - self._text[0] >= KEPT_S:
                registry = CollectorRegistry(auto_describe=False)
                registry.register(_Read(self._read()))
                self._text = (self._clock.elapsed(), generate_latest(registry))
            return self._text[1]

    def _read(self) -> list[Metric]:
        now = self._clock.now()
        with self._database.installation() as session:
            jobs = metrics_reading.read_jobs(session)
            daemons = metrics_reading.count_daemons(session, since=now - DAEMON_SILENT_AFTER)
            heard_at = metrics_reading.last_heartbeat(session)
            size = metrics_reading.database_bytes(session)
            found = _Samples(
                metrics_reading.read_samples(
                    session, since=now - WINDOW, day=now - MAIL_WINDOW, most=MOST_NAMES, other=OTHER
                )
            )
            if self._files is None or self._clock.elapsed() - self._files[0] >= FILES_KEPT_S:
                self._files = (self._clock.elapsed(), metrics_reading.read_stored(session))
        return [
            *_runs(found),
            *_queue(found, jobs, now=now),
            *_workers(found, daemons, self._settings.workers, silence_s=_age_s(now, heard_at)),
            *_deliveries(found),
            *self._storage(self._files[1], size),
        ]

    def _storage(self, files: dict[str, tuple[int, float]], database_bytes: int) -> Iterator[Metric]:
        disk = shutil.disk_usage(self._settings.data_dir)
        yield _gauge(
            "broadsheet_disk_bytes",
            "Space of the data folder's disk.",
            ("state",),
            (((("free",), float(disk.free)), (("used",), float(disk.used)))),
        )
        yield _gauge("broadsheet_database_bytes", "Size of the database.", (), [((), float(database_bytes))])
        yield _gauge(
            "broadsheet_files",
            "Produced files kept.",
            ("store",),
            [((name,), float(n)) for name, (n, _) in files.items()],
        )
        yield _gauge(
            "broadsheet_files_bytes",
            "Bytes of the produced files kept.",
            ("store",),
            [((name,), size) for name, (_, size) in files.items()],
        )


class _Read(Collector):
    """What was read, for a registry of one use."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


class _Samples:
    """The figures by their kind."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._values: dict[str, dict[tuple[str, str], float]] = {}
        for sample in samples:
            self._values.setdefault(sample.what, {})[(sample.one, sample.two)] = sample.value

    def of(self, what: str) -> dict[tuple[str, str], float]:
        """The figures of one kind by their two names."""
        return self._values.get(what, {})

    def by_one(self, what: str) -> dict[str, float]:
        """The figures of one kind by their first name."""
        return {one: value for (one, _), value in self.of(what).items()}


def _runs(found: _Samples) -> Iterator[Metric]:
    yield _gauge(
        "broadsheet_runs",
        "Runs made in the last hour, by their state now and report.",
        ("state", "report"),
        found.of("runs").items(),
    )
    yield _histogram(found)
    counts, seconds = found.by_one("source_runs"), found.by_one("source_s")
    yield _gauge(
        "broadsheet_source_query_seconds",
        "Mean seconds that a source took for a question in the last hour.",
        ("source",),
        [((name,), seconds[name] / count) for name, count in counts.items()],
    )
    yield _gauge(
        "broadsheet_source_queries",
        "Questions that a source answered in the last hour.",
        ("source",),
        [((name,), count) for name, count in counts.items()],
    )


def _queue(found: _Samples, jobs: dict[tuple[str, str], int], *, now: datetime) -> Iterator[Metric]:
    since = found.by_one("waiting_since").get("")
    age_s = 0.0 if since is None else max(now.timestamp() - since, 0.0)
    yield _gauge(
        "broadsheet_open_runs",
        "Runs that have not ended, by state.",
        ("state",),
        [((state,), count) for state, count in found.by_one("open_runs").items()],
    )
    yield _gauge("broadsheet_queue_age_seconds", "How long the oldest run waits for a worker.", (), [((), age_s)])
    yield _gauge(
        "broadsheet_open_deliveries",
        "Deliveries on their way, by state.",
        ("state",),
        [((state,), count) for state, count in found.by_one("open_deliveries").items()],
    )
    yield _gauge(
        "broadsheet_queue_jobs",
        "Wake-ups in the queue.",
        ("queue", "state"),
        [(key, float(count)) for key, count in jobs.items()],
    )
    yield _gauge(
        "broadsheet_alerts",
        "Alerts that administrators were mailed and that are not over, by kind.",
        ("kind",),
        [((kind,), count) for kind, count in found.by_one("alerts").items()],
    )


def _workers(found: _Samples, daemons: int, workers: int, *, silence_s: float) -> Iterator[Metric]:
    busy = found.by_one("open_runs").get("running", 0.0)
    yield _gauge("broadsheet_daemons", "Daemons that live.", (), [((), float(daemons))])
    yield _gauge("broadsheet_daemon_silence_seconds", "Since a daemon was heard of.", (), [((), silence_s)])
    yield _gauge(
        "broadsheet_workers",
        "Runs that are worked on, and that could be (WORKERS of this process times daemons).",
        ("state",),
        [(("busy",), busy), (("all",), float(daemons * workers))],
    )


def _deliveries(found: _Samples) -> Iterator[Metric]:
    yield _gauge(
        "broadsheet_deliveries",
        "Deliveries made in the last hour, by channel and their state now.",
        ("channel", "state"),
        found.of("deliveries").items(),
    )
    mails = found.by_one("mails")
    accepted = sum(mails.values())
    yield _gauge(
        "broadsheet_mail_bounce_ratio",
        "Share of the mails accepted in the last day that came back.",
        (),
        [((), mails.get("bounced", 0.0) / accepted if accepted else 0.0)],
    )


def _histogram(found: _Samples) -> Metric:
    family = GaugeHistogramMetricFamily(
        "broadsheet_run_seconds", "Seconds that runs of the last hour took, by phase.", labels=("phase",)
    )
    counts = found.of("bucket")
    for phase, took in sorted(found.by_one("took").items()):
        total, buckets = 0.0, []
        for number, end in enumerate((*map(str, BUCKETS_S), "+Inf")):
            total += counts.get((phase, str(number)), 0.0)
            buckets.append((end, total))
        family.add_metric((phase,), buckets, took)
    return family


def _gauge(
    name: str, told: str, labels: Sequence[str], values: Iterable[tuple[Sequence[str], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, told, labels=labels)
    for names, value in sorted(values, key=lambda one: tuple(one[0])):
        family.add_metric(names, value)
    return family


def _age_s(now: datetime, at: datetime | None) -> float:
    return 0.0 if at is None else max((now - at).total_seconds(), 0.0)
