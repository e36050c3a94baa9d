"""Together: small runs that were made one after another are committed, sent and ended a few at a time.

A commit costs as much as the rest of such a run, and so does each statement. Nothing else changes: every run is fenced
by its own lease, `sending` is committed before a file is written, and what cannot go with the others goes alone.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from core.clock import Clock
from core.db import delivery_repository, together_writing
from core.db.database import Database, again_after_conflict, name_organization
from core.db.delivery_repository import OutboxRow
from core.db.queue import defer_run, defer_runs, waiting_run_jobs
from core.db.run_repository import LedgerRun
from core.db.together_writing import Before, MadeRun, SentRow
from core.domain.delivery import DeliveryState
from core.domain.run import RunStep
from core.domain.schedule import Recipient
from core.errors import DatabaseUnavailable, LeaseLost
from core.runs import failpoints
from core.runs.claims import sending_words
from core.runs.delivering import Deliverer
from core.runs.guard import Guard
from core.runs.judging import Past, judge
from core.runs.ledger import LEASE, Ledger
from core.runs.mailing import FILES_ONLY
from core.runs.outbox import reference_of
from core.runs.rendering import words_about
from core.runs.result_record import dump_record, rows_words
from core.runs.small_run import SmallRun, rounds_of

logger = logging.getLogger(__name__)

#: Runs that go together, at most.
_MOST = 10
#: How long one waits for others. A worker that has nothing more to do waits for nobody.
_LINGER_S = 0.5
#: How long a worker without anything to do stands by while others settle.
_PATIENCE_S = 0.5


class Together:
    """Gathers what the workers of one process made."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        ledger: Ledger,
        deliverer: Deliverer,
        lease: timedelta = LEASE,
    ) -> None:
        self._database = database
        self._clock = clock
        self._ledger = ledger
        self._deliverer = deliverer
        self._lease = lease
        self._gathered: list[SmallRun] = []
        self._lingering: threading.Timer | None = None
        self._under_way = 0  # groups that are being settled
        self._lock = threading.Lock()
        self._settled = threading.Condition(self._lock)

    def takes(self, recipients: Sequence[Recipient]) -> bool:
        """Whether it sends to these: files alone, to what needs no name looked up."""
        return all(one.channel in FILES_ONLY and (one.address or one.destination_id is None) for one in recipients)

    def add(self, small: SmallRun) -> None:
        """Take a run; it is settled with others within a moment, at the latest by `drain`."""
        with self._lock:
            self._gathered.append(small)
            is_enough = len(self._gathered) >= _MOST
            if not is_enough and self._lingering is None:
                self._lingering = threading.Timer(_LINGER_S, self._settle_and_wake)
                self._lingering.daemon = True
                self._lingering.start()
        if is_enough:
            self._settle_rest()

    def drain(self) -> bool:
        """Settle what is there, and wait a moment for what others settle; returns whether there was any of it."""
        with self._lock:
            lingering, was_any = self._lingering, bool(self._gathered or self._under_way)
        self._settle_rest()
        if lingering is not None:
            lingering.join()
        with self._settled:
            self._settled.wait_for(lambda: not self._under_way, timeout=_PATIENCE_S)
        return was_any

    def _settle_and_wake(self) -> None:
        """Their source takes readers again, and no worker stands by who asks for the next run."""
        settled = self._settle_rest()
        with suppress(DatabaseUnavailable), self._database.installation() as session:
            if settled and not waiting_run_jobs(session, 1):
                defer_run(session, settled[0].run.id)

    def _settle_rest(self) -> Sequence[SmallRun]:
        with self._lock:
            runs, self._gathered = self._gathered, []
            if self._lingering is not None:
                self._lingering.cancel()
                self._lingering = None
            self._under_way += 1
        try:
            for together in rounds_of(runs):
                self._settle(together)
        except DatabaseUnavailable:
            logger.warning("runs_left_to_recovery count=%s", len(runs))
        finally:
            with self._settled:
                self._under_way -= 1
                self._settled.notify_all()
        return runs

    def _settle(self, runs: Sequence[SmallRun]) -> None:
        begun = self._begin(runs)
        for place in (failpoints.QUERIED, failpoints.RENDERED, failpoints.DELIVERING):
            failpoints.reach(place)
        with self._kept([row for made in begun.values() for row, _ in made.deliveries]):
            sent = [one for made in begun.values() for one in self._hand_over(made)]
        if sent:
            self._end(sent)
        for small in runs:
            small.tidy(small.run) if small.run.id in begun else self._alone(small)

    def _alone(self, small: SmallRun) -> None:
        """Whatever keeps a run from going with the others becomes its own state."""
        small.commit_alone(small)
        for delivery_id in self._ledger.dispatch.at_hand(small.run.id):
            self._deliverer.deliver(delivery_id, small.run.organization_id)

    def _begin(self, runs: Sequence[SmallRun]) -> dict[UUID, MadeRun]:
        """Commit them up to their deliveries; returns those that it was done for."""

        def begin() -> dict[UUID, MadeRun]:
            begun: dict[UUID, MadeRun] = {}
            with self._database.installation() as session:
                for organization_id, theirs in groupby(runs, key=lambda small: small.run.organization_id):
                    name_organization(session, organization_id)
                    begun |= self._begin_in(session, organization_id, tuple(theirs))
                failpoints.reach(failpoints.DECIDED)
            return begun

        try:
            return again_after_conflict(begin)
        except DatabaseUnavailable:
            raise
        except Exception:
            logger.exception("runs_not_begun_together count=%s", len(runs))
            return {}

    def _begin_in(self, session: Session, organization_id: UUID, theirs: Sequence[SmallRun]) -> dict[UUID, MadeRun]:
        now = self._clock.now()
        before = together_writing.read_before(session, [small.run for small in theirs])
        made = [_made(small, before.get(small.run.id, Before()), now + self._lease) for small in theirs]
        done = together_writing.begin_deliveries(session, organization_id, made, at=now)
        begun = {one.run.id: one for one in made if one.run.id in done}
        runs = [one.run for one in begun.values()]
        if runs:
            woken = together_writing.wake_siblings_of(session, runs)
            defer_runs(session, woken, priority=runs[0].priority)
            together_writing.heal_reports(session, runs)
        return begun

    def _kept(self, rows: Sequence[OutboxRow]) -> Guard:
        """Keeps the leases of deliveries alive inside the block, where files are slow to be written."""

        def renew() -> tuple[datetime, datetime | None]:
            until = self._clock.now() + self._lease
            with self._database.installation() as session:
                for row in rows:
                    name_organization(session, row.organization_id)
                    with suppress(LeaseLost):  # its own end finds out
                        delivery_repository.extend_delivery_lease(session, row, until)
            return until, None

        now = self._clock.now()
        return Guard(
            renew,
            clock=self._clock,
            lease_until=now + self._lease,
            deadline=now + timedelta(hours=1),
            every_s=self._lease.total_seconds() / 12,
            name=f"{len(rows)} deliveries",
        )

    def _hand_over(self, made: MadeRun) -> Iterator[SentRow]:
        """Write the files of a run for each of its recipients; where that fails it is recorded."""
        for row, _ in made.deliveries:
            failpoints.reach(failpoints.SENDING)
            try:
                sent = self._deliverer.hand_over(row, made.run, made.artifacts, schedule=made.schedule)
            except LeaseLost:
                logger.warning("delivery_lease_lost delivery=%s token=%s", row.id, row.lease_token)
                continue
            failpoints.reach(failpoints.ACCEPTED)
            if sent is not None:
                yield sent

    def _end(self, sent: Sequence[SentRow]) -> None:
        """Record what arrived, and with it the end of its run."""

        def end() -> set[UUID]:
            ended: set[UUID] = set()
            with self._database.installation() as session:
                for organization_id, theirs in groupby(sent, key=lambda one: one.row.organization_id):
                    name_organization(session, organization_id)
                    ended |= together_writing.end_whole(session, organization_id, tuple(theirs), at=self._clock.now())
                failpoints.reach(failpoints.SENT)
            return ended

        try:
            ended = again_after_conflict(end)
        except DatabaseUnavailable:
            raise
        except Exception:
            logger.exception("deliveries_not_ended_together count=%s", len(sent))
            ended = set()
        failpoints.reach(failpoints.SETTLED)
        for one in sent:
            if one.row.run_id not in ended:
                self._end_alone(one)
            logger.info("delivery_sent delivery=%s channel=%s attempt=%s", one.row.id, one.row.channel, one.row.attempt)

    def _end_alone(self, one: SentRow) -> None:
        """Some of its deliveries did not arrive, or a person cancelled it."""
        try:
            self._deliverer.note_sent(one)
        except LeaseLost:
            logger.warning("delivery_lease_lost delivery=%s token=%s", one.row.id, one.row.lease_token)


def _made(small: SmallRun, before: Before, lease_until: datetime) -> MadeRun:
    run, record, kept = small.run, small.record, None
    if small.fingerprint is not None:
        verdict = judge(run, small.fingerprint, Past(delivered=before.delivered), record.head.timezone)
        record, kept = replace(record, changes=verdict.changes), verdict.kept
    deliveries = _deliveries(run, lease_until)
    head = dump_record(record)
    return MadeRun(
        run=replace(run, step=RunStep.DELIVERING, lease_until=None, result_head=head),
        columns={
            "result_head": head,
            "rows_matched": record.head.rows_matched,
            "rows_delivered": record.rows,
            "query_s": small.query_s,
            "render_s": small.render_s,
            "fingerprint": kept,
        },
        lines=(
            (RunStep.QUERIED, rows_words(record)),
            (RunStep.RENDERED, " ".join(words_about(file) for file in small.filed.files)),
            (RunStep.DELIVERING, sending_words(len(deliveries))),
        ),
        artifacts=small.filed.artifacts,
        deliveries=deliveries,
        schedule=before.schedule,
    )


def _deliveries(run: LedgerRun, lease_until: datetime) -> tuple[tuple[OutboxRow, str], ...]:
    """The deliveries of a run, each once, with their references."""
    to = {reference_of(run.id, one.channel, one.address, one.destination_id): one for one in run.recipients}
    return tuple((_delivery(run, recipient, lease_until), reference) for reference, recipient in to.items())


def _delivery(run: LedgerRun, recipient: Recipient, lease_until: datetime) -> OutboxRow:
    return OutboxRow(
        id=uuid4(),
        organization_id=run.organization_id,
        run_id=run.id,
        channel=recipient.channel,
        destination_id=recipient.destination_id,
        destination=None,
        address=recipient.address,
        role=recipient.role,
        state=DeliveryState.SENDING,
        attempt=1,
        lease_token=1,
        lease_until=lease_until,
        next_attempt_at=None,
        recipient_name=recipient.name,
        recipient_locale=recipient.locale,
    )
