"""Daemons without one of the two things that keep a delivery single; the checker has to find what they do."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.db import delivery_repository, run_inserting, run_repository
from core.db.delivery_repository import OutboxRow
from core.db.tables import DeliveryRow, RunEventRow, RunRow
from core.domain.delivery import DeliveryState
from core.domain.run import Lease
from core.domain.run import RunKind


def without_fence() -> None:
    """Whoever once had a lease may write for ever, whatever the state and the token are by now."""

    def change_delivery(session: Session, row: OutboxRow, *, to: DeliveryState, **columns: Any) -> None:
        values = {"state": str(to), "lease_until": None, **columns}
        session.execute(update(DeliveryRow).where(DeliveryRow.id == row.id).values(values))

    def write(
        session: Session, lease: Lease, *, expected: Any, values: dict[str, Any], event: dict[str, Any] | None = None
    ) -> None:
        session.execute(update(RunRow).where(RunRow.id == lease.run_id).values(values))
        if event is not None:
            ids = {"organization_id": lease.organization_id, "run_id": lease.run_id}
            session.execute(insert(RunEventRow).values(**event, **ids))

    delivery_repository.change_delivery = change_delivery
    run_repository._write = write


def without_unique_slot() -> None:
    """A slot may have any number of runs. The index has to be dropped as well."""

    def insert_rows(session: Session, rows: list[dict[str, Any]], _kind: RunKind) -> tuple[UUID, ...]:
        return tuple(session.execute(postgresql.insert(RunRow).returning(RunRow.id), rows).scalars())

    run_inserting._insert = insert_rows


MUTANTS: dict[str, Callable[[], None]] = {"fence": without_fence, "slot": without_unique_slot}
