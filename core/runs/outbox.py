"""The outbox: who may send a delivery, and how its attempt ended; `sending` is committed before the network."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from core.clock import Clock
from core.db import delivery_repository, run_repository
from core.db.database import Database
from core.db.delivery_repository import OutboxRow
from core.db.queue import defer_delivery
from core.db.run_repository import LedgerRun
from core.domain.delivery import DeliveryState
from core.domain.terms import UnknownThen, parse_terms
from core.runs import failpoints, retry
from core.runs.addressing import suppress
from core.runs.claims import has_lapsed
from core.runs.delivery_claims import is_claimable, why_left_alone, why_not
from core.runs.guard import Guard
from core.runs.ledger import LEASE, Ledger
from core.runs.retry import DELIVERY_LONGEST_WAIT, DELIVERY_MAX_ATTEMPTS, UNKNOWN_WAIT, Jitter, delivery_wait

UNKNOWN_MESSAGE = "It may have arrived: the connection broke before the other side's answer was recorded."
#: Deliveries that are ended unsent in one transaction, at most: it keeps the run.
_MOST_LEFT_ALONE = 50
Found = TypeVar("Found")


def reference_of(run_id: UUID, channel: str, address: str, destination_id: UUID | None = None) -> str:
    """Return the name a delivery has at the other side: the same on every attempt (RFC 9562 version 5)."""
    way = channel if destination_id is None else f"{channel}@{destination_id}"
    return str(uuid5(run_id, f"{way}:{address}"))


class Outbox:
    """Claims deliveries for this process and writes how they went."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ledger: Ledger,
        *,
        lease: timedelta = LEASE,
        unknown_wait: timedelta = UNKNOWN_WAIT,
        jitter: Jitter = random.random,
    ) -> None:
        self._database = database
        self._clock = clock
        self._ledger = ledger
        self._lease = lease
        self._unknown_wait = unknown_wait
        self._jitter = jitter

    def claim(self, delivery_id: UUID) -> OutboxRow | None:
        """Move the delivery to `sending` under a new lease token; None where it is not to be sent now."""
        claimed = self.claim_with(delivery_id, lambda _session, _run, _row: None)
        return None if claimed is None else claimed[0]

    def claim_with(
        self,
        delivery_id: UUID,
        look: Callable[[Session, LedgerRun, OutboxRow], Found],
        *,
        organization_id: UUID | None = None,
    ) -> tuple[OutboxRow, Found] | None:
        """Claim, and read in the same transaction what the sending needs; `organization_id`: whose it is, if known."""
        organization_id = organization_id or self._organization_of(delivery_id)
        if organization_id is None:
            return None
        with self._database.organization(organization_id) as session:
            run = run_repository.lock_run_of_delivery(session, delivery_id)
            if run is None:  # the transaction that was to make it never committed
                return None
            return self._claim(session, run, delivery_id, look)

    def claim_next(
        self, organization_id: UUID, run_id: UUID, look: Callable[[Session, LedgerRun, OutboxRow], Found]
    ) -> tuple[OutboxRow, Found] | None:
        """Claim a delivery of the run that nobody has begun, as `claim_with` does; None: there are no more for now."""
        with self._database.organization(organization_id) as session:
            run = run_repository.load_ledger_run(session, run_id, lock=True)
            for _ in range(_MOST_LEFT_ALONE):
                delivery_id = delivery_repository.next_pending(session, run_id)
                if delivery_id is None:
                    return None
                claimed = self._claim(session, run, delivery_id, look)
                if claimed is not None:
                    return claimed
        return None

    def _claim(
        self,
        session: Session,
        run: LedgerRun,
        delivery_id: UUID,
        look: Callable[[Session, LedgerRun, OutboxRow], Found],
    ) -> tuple[OutboxRow, Found] | None:
        """Claim a delivery whose run is locked by this transaction."""
        row = delivery_repository.load_outbox_row(session, delivery_id, lock=True)
        now = self._clock.now()
        if not is_claimable(row, now) or self._ends(session, run, row, now):
            return None
        claimed = replace(
            row,
            state=DeliveryState.SENDING,
            attempt=row.attempt + 1,
            lease_token=row.lease_token + 1,
            lease_until=now + self._lease,
            next_attempt_at=None,
        )
        delivery_repository.change_delivery(
            session,
            row,
            to=DeliveryState.SENDING,
            attempt=claimed.attempt,
            lease_token=claimed.lease_token,
            lease_until=claimed.lease_until,
            next_attempt_at=None,
            reference=reference_of(row.run_id, row.channel, row.address, row.destination_id),
        )
        return claimed, look(session, run, row)

    def _organization_of(self, delivery_id: UUID) -> UUID | None:
        with self._database.installation() as session:
            return delivery_repository.organization_of_delivery(session, delivery_id)

    def _ends(self, session: Session, run: LedgerRun, row: OutboxRow, now: datetime) -> bool:
        """End a delivery that is not to be sent: its run ended, or its address is left alone. A test goes out."""
        over = why_not(run)
        left_alone = None if over or row.channel != "email" else why_left_alone(session, run, row, now)
        if over is not None:
            failed = DeliveryState.FAILED
            delivery_repository.change_delivery(session, row, to=failed, error_message=over, next_attempt_at=None)
        elif left_alone is not None:
            suppress(session, run, row, left_alone, at=now)
        else:
            return False
        self._ledger.settle(session, run)
        return True

    @contextmanager
    def hold(self, row: OutboxRow) -> Iterator[Guard]:
        """Keep a claimed delivery's lease alive inside the block."""

        def renew() -> tuple[datetime, datetime | None]:
            until = self._clock.now() + self._lease
            with self._database.organization(row.organization_id) as session:
                return delivery_repository.extend_delivery_lease(session, row, until)

        now = self._clock.now()
        guard = Guard(
            renew,
            clock=self._clock,
            lease_until=row.lease_until or now,
            deadline=now + timedelta(hours=1),
            every_s=self._lease.total_seconds() / 12,
            name=str(row.id),
        )
        with guard:
            yield guard

    def sent(self, row: OutboxRow, *, response: str, reference: str, took_s: float) -> None:
        """Record that the other side said yes, and under what it can be found there."""
        self._settle(
            row,
            DeliveryState.SENT,
            message=delivery_repository.sent_words(row),
            took_s=took_s,
            sent_at=self._clock.now(),
            response=response[: delivery_repository.MAX_RESPONSE],
            reference=reference,
            error_message=None,
        )

    def refused(self, row: OutboxRow, *, reason: str, took_s: float) -> None:
        """Record that this recipient cannot be served."""
        self._settle(
            row,
            DeliveryState.FAILED,
            message=f"Not delivered to {row.whom}: {reason}",
            took_s=took_s,
            error_message=reason,
        )

    def deferred(self, row: OutboxRow, *, reason: str, took_s: float, least_wait_s: int | None = None) -> None:
        """Put the delivery off, for `least_wait_s` or longer; after its last attempt it has failed."""
        if row.attempt >= DELIVERY_MAX_ATTEMPTS:
            self.refused(row, reason=f"{reason} It was tried {row.attempt} times.", took_s=took_s)
            return
        asked = timedelta(seconds=min(least_wait_s or 0, DELIVERY_LONGEST_WAIT.total_seconds()))
        self._put_off(
            row,
            DeliveryState.RETRY,
            self._clock.now() + max(asked, delivery_wait(row.attempt, self._jitter)),
            message=f"Not yet delivered to {row.whom}: {reason} Trying again.",
            name="retry",
            took_s=took_s,
            error_message=reason,
        )

    def unknown(self, row: OutboxRow, *, took_s: float = 0.0) -> None:
        """Record that nobody can say whether it arrived.

        It goes out once more and fails the second time, files more often; or is held, as the run's terms say.
        """
        name = f"delivery_unknown:{row.id}"
        with self._database.organization(row.organization_id) as session:
            run = run_repository.load_ledger_run(session, row.run_id)
            before = delivery_repository.count_events(session, row.run_id, name)
        if parse_terms(run.terms).unknown is UnknownThen.HOLD:
            self._hold(row, name=name, took_s=took_s)
            return
        if before + 1 >= retry.unknown_most(row.channel):
            reason = f"{UNKNOWN_MESSAGE} This happened {before + 1} times, so it is not sent again."
            self.refused(row, reason=reason, took_s=took_s)
            return
        self._put_off(
            row,
            DeliveryState.UNKNOWN,
            self._clock.now() + retry.unknown_wait(row.channel, self._unknown_wait),
            message=f"{row.whom}: {UNKNOWN_MESSAGE}",
            name=name,
            took_s=took_s,
            error_message=UNKNOWN_MESSAGE,
        )

    def _hold(self, row: OutboxRow, *, name: str, took_s: float) -> None:
        with self._locked(row) as (session, run):
            message = f"{row.whom}: {UNKNOWN_MESSAGE} It waits for a decision: send it again, or leave it."
            columns = {"error_message": UNKNOWN_MESSAGE}
            self._change(session, row, DeliveryState.HELD, took_s=took_s, name=name, message=message, **columns)
            self._ledger.settle(session, run)

    def lapse(self, row: OutboxRow) -> bool:
        """Make a delivery unknown whose sender went silent; False where it is not `sending` under a lapsed lease."""
        if row.state is not DeliveryState.SENDING or not has_lapsed(row.lease_until, self._clock.now()):
            return False
        self.unknown(row)
        return True

    def _settle(self, row: OutboxRow, to: DeliveryState, *, message: str, took_s: float, **columns: Any) -> None:
        with self._database.organization(row.organization_id) as session:
            run_repository.lock_run(session, row.run_id)
            self._change(session, row, to, took_s=took_s, name=str(to), message=message, **columns)
            if not delivery_repository.is_any_open(session, row.run_id):  # of thousands only the last one asks for more
                self._ledger.settle(session, run_repository.load_ledger_run(session, row.run_id))
            failpoints.reach(failpoints.SENT)

    def _put_off(
        self,
        row: OutboxRow,
        to: DeliveryState,
        again_at: datetime,
        *,
        message: str,
        name: str,
        took_s: float,
        error_message: str,
    ) -> None:
        with self._locked(row) as (session, run):
            if run.cancel_requested_at is None:
                columns = {"next_attempt_at": again_at, "error_message": error_message}
                self._change(session, row, to, took_s=took_s, name=name, message=message, **columns)
                defer_delivery(session, row.id, at=again_at, priority=run.priority)
                return
            reason = f"{error_message} The run was cancelled, so it is not sent again."
            message = f"Not delivered to {row.whom}: {reason}"
            failed = DeliveryState.FAILED
            self._change(session, row, failed, took_s=took_s, name=str(failed), message=message, error_message=reason)
            self._ledger.settle(session, run)

    @contextmanager
    def _locked(self, row: OutboxRow) -> Iterator[tuple[Session, LedgerRun]]:
        """The run is locked before its delivery, everywhere, so that two last deliveries end one after the other."""
        with self._database.organization(row.organization_id) as session:
            yield session, run_repository.load_ledger_run(session, row.run_id, lock=True)

    def _change(
        self,
        session: Session,
        row: OutboxRow,
        to: DeliveryState,
        *,
        took_s: float,
        name: str,
        message: str,
        **columns: Any,
    ) -> None:
        delivery_repository.change_delivery(session, row, to=to, **columns)
        run_repository.note_delivery(
            session, row.organization_id, row.run_id, at=self._clock.now(), name=name, message=message, took_s=took_s
        )
