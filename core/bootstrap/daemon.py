"""Wires a daemon."""

from datetime import timedelta
from pathlib import Path

from core.bootstrap.parts import make_parts
from core.bootstrap.watching import make_alert_watch
from core.catalog.sources.guarded import OPEN_SOURCES
from core.clock import Clock, SystemClock
from core.db.queue import worker_app
from core.render import RENDERERS
from core.render.chart_images import ChartRenderer
from core.runs.care import Care
from core.runs.deciding import Deciding
from core.runs.delivering import Deliverer
from core.runs.endings import Endings
from core.runs.file_links import FileLinks
from core.runs.filing import Filing
from core.runs.missing_fields import MissingFields
from core.runs.notices import OwnerNotices
from core.runs.outbox import Outbox
from core.runs.pipeline import Pipeline
from core.runs.planner import Planner
from core.runs.press_process import ProcessPress
from core.runs.recovery import Recovery
from core.runs.retention import Retention
from core.runs.sent_copies import SentCopies
from core.runs.together import Together
from core.runs.workers import Workers
from core.schedules.config_json import parse_config
from core.schedules.words import describe_config
from core.secrets import SecretBox, derive, load_secret_key
from core.services.audit_linking import AuditLinker
from core.services.bounce_mails import BounceMails
from core.services.catalog_watch import CatalogWatch
from core.services.daemon import DaemonService
from core.services.demo_workspace import demo_path, refresh_demo_data
from core.services.uploads import UploadService
from core.settings import Settings


def build(settings: Settings, clock: Clock | None = None) -> DaemonService:
    """Return what a daemon does, over `settings`; raises SettingError or DatabaseUnavailable."""
    parts = make_parts(settings, clock or SystemClock())
    spool_dir, scratch_dir = _folder(settings, "spool"), _folder(settings, "scratch")
    drawer = ChartRenderer()
    press = ProcessPress(memory_mb=settings.render_memory_mb)
    press.start()
    outbox = Outbox(parts.database, parts.clock, parts.ledger)
    filing = Filing(
        parts.clock,
        renderers=RENDERERS,
        press=press,
        drawer=drawer,
        store=parts.store,
        scratch_dir=scratch_dir,
        secret_box=SecretBox(load_secret_key(settings)),
    )
    mail, base_url = parts.channels["email"], settings.base_url
    missing = MissingFields(parts.database, parts.clock, channel=mail, base_url=base_url, places=parts.places)
    notices = OwnerNotices(parts.database, parts.clock, channel=mail, base_url=base_url, places=parts.places)
    deliverer = Deliverer(
        parts.database,
        outbox,
        channels=parts.channels,
        places=parts.places,
        links=FileLinks(
            parts.database,
            parts.clock,
            key=derive(load_secret_key(settings), "links"),
            base_url=settings.base_url,
            valid_for=timedelta(days=settings.mail_link_days),
        ),
        copies=SentCopies(parts.database, parts.clock, SecretBox(load_secret_key(settings))),
        unsubscribe=parts.unsubscribe,
        stores=parts.stores,
        describe=lambda stored: describe_config(parse_config(stored)),
        base_url=settings.base_url,
    )
    parts.ledger.dispatch.gathering = Together(parts.database, parts.clock, ledger=parts.ledger, deliverer=deliverer)

    def close() -> None:
        drawer.close()
        press.close()
        OPEN_SOURCES.close()
        parts.database.dispose()

    return DaemonService(
        parts.database,
        parts.clock,
        planner=Planner(parts.database, parts.clock),
        pipeline=Pipeline(
            parts.database,
            parts.ledger,
            executor=parts.executor,
            filing=filing,
            missing=missing,
            deciding=Deciding(
                parts.database,
                parts.clock,
                executor=parts.executor,
                endings=Endings(parts.database, parts.clock),
            ),
            spool_dir=spool_dir,
        ),
        deliverer=deliverer,
        recovery=Recovery(parts.database, parts.clock, ledger=parts.ledger, outbox=outbox),
        retention=Retention(
            parts.database,
            parts.clock,
            stores=parts.stores,
            spool_dir=spool_dir,
            scratch_dir=scratch_dir,
            files_kept=timedelta(days=settings.retention_days),
            runs_kept=timedelta(days=settings.runs_kept_days),
            run_timeout=timedelta(seconds=settings.run_timeout_s),
            purge_uploads=UploadService(parts.database, settings, parts.clock).purge,
        ),
        missing=missing,
        bounces=BounceMails(parts.database, parts.clock, settings),
        care=Care(parts.database, parts.clock, notices=notices),
        watch=CatalogWatch(parts.database, parts.connections, parts.clock),
        alerts=make_alert_watch(parts, settings),
        audit=AuditLinker(parts.database, key=derive(load_secret_key(settings), "audit")),
        ledger=parts.ledger,
        workers=lambda daemon: Workers(
            worker_app(parts.url), run=daemon.run, deliver=daemon.deliver, runs_at_once=settings.workers
        ),
        refresh=lambda: _refresh_demo(settings, parts.clock),
        close=close,
    )


def _refresh_demo(settings: Settings, clock: Clock) -> None:
    """Bring the demo data up to today, where this installation has it."""
    if demo_path(settings).exists():
        refresh_demo_data(settings, clock)


def _folder(settings: Settings, name: str) -> Path:
    path = settings.data_dir / name
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
