"""What a daemon does: plan, work, sweep, say that it lives, tidy up. When it does so is the daemon's own business."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql

from core.clock import Clock
from core.db.database import Database
from core.db.tables import DaemonRow
from core.errors import DatabaseUnavailable
from core.runs.care import Care
from core.runs.delivering import Deliverer
from core.runs.delivery_line import DeliveryLine
from core.runs.endings import Endings
from core.runs.ledger import Ledger
from core.runs.missing_fields import MissingFields
from core.runs.pipeline import Pipeline
from core.runs.planner import Planner
from core.runs.recovery import Recovery
from core.runs.retention import Retention
from core.runs.sharing import Sharing
from core.runs.taking import Taking
from core.runs.workers import Workers
from core.services.admin_alerts import AlertWatch
from core.services.audit_linking import AuditLinker
from core.services.bounce_mails import BounceMails
from core.services.catalog_watch import CatalogWatch

logger = logging.getLogger(__name__)

#: Daemons not heard of for this long are forgotten.
_FORGOTTEN_AFTER = timedelta(days=1)


class DaemonService:
    """One daemon process. Any number of them work on the same database."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        planner: Planner,
        pipeline: Pipeline,
        deliverer: Deliverer,
        recovery: Recovery,
        retention: Retention,
        missing: MissingFields,
        care: Care,
        bounces: BounceMails,
        watch: CatalogWatch,
        audit: AuditLinker,
        alerts: AlertWatch,
        ledger: Ledger,
        workers: Callable[["DaemonService"], Workers],
        refresh: Callable[[], None],
        close: Callable[[], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._planner = planner
        sharing = Sharing(database, clock, ledger=ledger, endings=Endings(database, clock))
        self._taking = Taking(database, ledger=ledger, sharing=sharing, pipeline=pipeline, deliver=deliverer.deliver)
        self._line = DeliveryLine(database, deliverer)
        self._recovery = recovery
        self._retention = retention
        self._missing = missing
        self._care = care
        self._bounces = bounces
        self._watch = watch
        self._audit = audit
        self._alerts = alerts
        self._ledger = ledger
        self._make_workers = workers
        self._refresh = refresh
        self._close = close
        self._id = uuid4()
        self._started_at = clock.now()

    def plan(self) -> int:
        """End pauses whose time is over and turn due slots into runs; returns how many schedules had some."""
        self._care.resume()
        return self._planner.plan()

    def sweep(self) -> int:
        """Wake or end what nobody works on any more; returns how much that was."""
        return self._recovery.sweep()

    def tell(self) -> int:
        """Write to people who have to hear of something; returns how many mails that were.

        That is a field that a report lost, a schedule that fails or works again, a run that waits for approval, a
        report that takes long, schedules whose owner left.
        """
        return self._missing.tell() + self._care.look()

    def link(self) -> int:
        """Link what was done into the chains of the audit; returns how many events that were."""
        return self._audit.link()

    def alert(self) -> int:
        """Note what administrators have to look after; returns in how many organizations. `tell` writes the mails."""
        self.heartbeat()  # who looks lives, also after the machine slept
        return len(self._alerts.look())

    def read_bounces(self) -> int:
        """Read what mail servers say about mail that came back; returns how many reports that were."""
        return self._bounces.read()

    def check_catalog(self) -> int:
        """Compare datasets with their sources, each once a day; returns how many that were."""
        return self._watch.check()

    def retain(self) -> None:
        """Remove files whose time is over and what died workers left."""
        self._retention.retain()

    def refresh(self) -> None:
        """Bring the demo data up to today."""
        self._refresh()

    def run(self, run_id: UUID) -> None:
        """Carry out runs, woken for one of them; returns quietly where there is nothing to do."""
        self._taking.take(run_id)

    def deliver(self, delivery_id: UUID) -> None:
        """Send deliveries of a run, woken for one of them; returns quietly where there is nothing to do."""
        self._line.take(delivery_id)

    def heartbeat(self) -> None:
        """Say that this daemon lives."""
        now = self._clock.now()
        statement = postgresql.insert(DaemonRow).values(
            id=self._id, host=socket.gethostname(), process_id=os.getpid(), started_at=self._started_at, seen_at=now
        )
        with self._database.installation() as session:
            session.execute(statement.on_conflict_do_update(index_elements=[DaemonRow.id], set_={"seen_at": now}))
            session.execute(delete(DaemonRow).where(DaemonRow.seen_at < now - _FORGOTTEN_AFTER))

    async def work(self, stopping: asyncio.Event, *, grace_s: float) -> bool:
        """Work on the queue until `stopping`, then finish for up to `grace_s` and hand the rest to other daemons.

        Returns whether everything was finished; otherwise threads are still busy with what is no longer theirs.
        Raises DatabaseUnavailable where the queue cannot be opened at all.
        """
        workers = self._make_workers(self)
        serving, asked = asyncio.create_task(workers.serve()), asyncio.create_task(stopping.wait())
        await asyncio.wait([serving, asked], return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            asked.cancel()
            raise DatabaseUnavailable("The queue cannot be reached.") from serving.exception()
        workers.stop()
        self._taking.stop()
        self._line.stop()
        _, unfinished = await asyncio.wait([serving], timeout=grace_s)
        if unfinished:
            logger.warning("daemon_hands_over daemon=%s", self._id)
            self._ledger.release_all()
        elif serving.exception() is not None:
            logger.warning("workers_stopped_badly error=%s", type(serving.exception()).__name__)
        return not unfinished

    def leave(self) -> None:
        """Say goodbye and close what is open."""
        try:
            with self._database.installation() as session:
                session.execute(delete(DaemonRow).where(DaemonRow.id == self._id))
        except DatabaseUnavailable:
            logger.warning("daemon_left_without_goodbye daemon=%s", self._id)  # its heartbeat says enough
        finally:
            self._close()
