"""Looking after ended runs: keeping them, and sending again what did not arrive."""

from uuid import UUID

from core.access.policy import require
from core.clock import Clock
from core.db import care_repository, delivery_repository, run_reading, run_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.db.queue import defer_delivery
from core.domain.access import Permission, Principal
from core.domain.delivery import DeliveryState
from core.domain.run import Run, RunKind
from core.errors import Conflict


class RunCareService:
    """What a person does with runs that have ended."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def pin(self, principal: Principal, run_id: UUID) -> Run:
        """Keep a run and its files until it is unpinned. Raises Conflict before its end."""
        return self._pin(principal, run_id, is_pinned=True)

    def unpin(self, principal: Principal, run_id: UUID) -> Run:
        """Let a run and its files go when their time is over."""
        return self._pin(principal, run_id, is_pinned=False)

    def resend_failed(self, principal: Principal, run_id: UUID) -> Run:
        """Send a run again to those it failed to reach, and to nobody else. Raises Conflict where there is nobody."""
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.person(principal) as session:
            run = run_reading.load_run(session, run_id)
            failed = sorted(one.id for one in run.deliveries if one.state is DeliveryState.FAILED)
            resent = 0
            for delivery_id in failed:
                row = delivery_repository.load_outbox_row(session, delivery_id, lock=True)
                if row.state is not DeliveryState.FAILED:  # somebody was faster
                    continue
                delivery_repository.change_delivery(
                    session, row, to=DeliveryState.PENDING, attempt=0, next_attempt_at=None, error_message=None
                )
                defer_delivery(session, delivery_id, priority=RunKind.MANUAL.priority)
                resent += 1
            if not resent:
                raise Conflict("No delivery of this run has failed.")
            note(session, principal, "run.sent_again", object_id=run_id, name=run.title)
            return run_reading.load_run(session, run_id)

    def _pin(self, principal: Principal, run_id: UUID, *, is_pinned: bool) -> Run:
        require(principal, Permission.MANAGE_EXPORTS)
        now = self._clock.now()
        with self._database.person(principal) as session:
            run = run_reading.load_run(session, run_id)
            if not run.state.is_final:
                raise Conflict("Only a run that has ended can be kept.")
            if (run.pinned_at is not None) is is_pinned:
                return run
            care_repository.set_pinned(session, run_id, now if is_pinned else None)
            message = f"{principal.name} {'keeps this run' if is_pinned else 'lets this run go when its time is over'}."
            name = "pinned" if is_pinned else "unpinned"
            run_repository.add_event(session, principal.organization_id, run_id, at=now, name=name, message=message)
            note(session, principal, f"run.{name}", object_id=run_id, name=run.title)
            return run_reading.load_run(session, run_id)
