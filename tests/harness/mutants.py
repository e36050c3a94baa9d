"""Daemons without one of the two things that keep a delivery single; the checker has to find what they do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.db import delivery_repository, run_inserting, run_repository
from core.db.delivery_repository import OutboxRow
from core.db.tables import DeliveryRow, RunRow
from core.domain.delivery import DeliveryState
from core.domain.run import Lease, RunKind, RunState


def without_fence() -> None:
    """Whoever once had a lease may write for ever, whatever the state and the token are by now."""

    def change_delivery(session: Session, row: OutboxRow, *, to: DeliveryState, **columns: Any) -> None:
        values = {"state": str(to), "lease_until": None, **columns}
        session.execute(update(DeliveryRow).where(DeliveryRow.id == row.id).values(values))

    checked = run_repository.write_run

    def write_run(session: Session, lease: Lease, *, expected: RunState, **written: Any) -> datetime | None:
        row = session.execute(select(RunRow.state, RunRow.lease_token).where(RunRow.id == lease.run_id)).one()
        return checked(session, replace(lease, token=row.lease_token), expected=RunState(row.state), **written)

    delivery_repository.change_delivery = change_delivery
    run_repository.write_run = write_run


def without_unique_slot() -> None:
    """A slot may have any number of runs. The index has to be dropped as well."""

    def insert_rows(session: Session, rows: list[dict[str, Any]], _kind: RunKind) -> tuple[UUID, ...]:
        return tuple(session.execute(postgresql.insert(RunRow).returning(RunRow.id), rows).scalars())

    run_inserting._insert = insert_rows


MUTANTS: dict[str, Callable[[], None]] = {"fence": without_fence, "slot": without_unique_slot}
