"""When a delivery may be taken by a worker, and why one that could be is left alone."""

from datetime import datetime

from sqlalchemy.orm import Session

from core.db import recipient_policy_repository, suppression_repository
from core.db.delivery_repository import OutboxRow
from core.db.run_repository import LedgerRun
from core.domain.delivery import DeliveryState
from core.domain.run import RunKind, RunState
from core.runs.addressing import gone_since, not_sent
from core.runs.ledger import CANCELLED_BEFORE


def why_not(run: LedgerRun) -> str | None:
    """Return why nothing of a run is sent any more, or None where it is."""
    if run.state is RunState.CANCELLED or run.cancel_requested_at is not None:
        return CANCELLED_BEFORE
    return "The run failed before this was sent." if run.state is RunState.FAILED else None


def why_left_alone(session: Session, run: LedgerRun, row: OutboxRow, now: datetime) -> str | None:
    """Return why an address is not written to: its owner's wish, or the rule of the organization as it is now."""
    if run.kind is RunKind.TEST:
        return None
    found = suppression_repository.find_suppression(session, row.address, schedule_id=run.schedule_id, now=now)
    if found is not None:
        return found.in_words
    gone = gone_since(session, run, row.address)
    if gone is not None:
        return gone
    refused = recipient_policy_repository.refusals(session, row.organization_id, (row.address,))
    return not_sent(refused[row.address]) if refused else None


def is_claimable(row: OutboxRow, now: datetime) -> bool:
    """Whether nobody sends a delivery and its time has come."""
    if row.state is DeliveryState.PENDING:
        return True
    if row.state in (DeliveryState.RETRY, DeliveryState.UNKNOWN):
        return row.next_attempt_at is not None and row.next_attempt_at <= now
    return False
