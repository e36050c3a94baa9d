"""Dispatch: makes the outbox rows of a run, and decides who sends them: a job each, or the worker that made the run."""

import threading
from uuid import UUID

from sqlalchemy.orm import Session

from core.db import delivery_repository
from core.db.queue import defer_deliveries
from core.db.run_repository import LedgerRun
from core.domain.schedule import Recipient
from core.runs.small_run import Gathering

#: More recipients than these get jobs, so that several workers share them.
_FEW = 3


class Dispatch:
    """Remembers what this process sends itself; if it dies before it did, the sweep finds the rows."""

    def __init__(self, near: frozenset[str] = frozenset()) -> None:
        """`near`: channels that touch no network, which a job each would cost more than the delivery itself."""
        self._near = near
        self.gathering: Gathering | None = None  #: commits and sends what it takes, a few runs at a time
        self._at_hand: dict[UUID, tuple[UUID, ...]] = {}
        self._lock = threading.Lock()

    def sends_itself(self, recipients: tuple[Recipient, ...]) -> bool:
        """Whether the worker that makes a run for these sends it as well."""
        return 0 < len(recipients) <= _FEW and all(recipient.channel in self._near for recipient in recipients)

    def create(self, session: Session, run: LedgerRun, recipients: tuple[Recipient, ...]) -> None:
        """Make the rows, and jobs for those that are not sent from here right after the run."""
        made = delivery_repository.insert_deliveries(session, run.organization_id, run.id, recipients)
        if self.sends_itself(recipients):
            with self._lock:
                self._at_hand[run.id] = made
            return
        defer_deliveries(session, made, priority=run.priority)

    def at_hand(self, run_id: UUID) -> tuple[UUID, ...]:
        """Return, once, the deliveries of a run that nobody else was asked to send."""
        with self._lock:
            return self._at_hand.pop(run_id, ())

    def drain(self) -> bool:
        """Have everything settled that was gathered; returns whether there was anything."""
        return self.gathering is not None and self.gathering.drain()
