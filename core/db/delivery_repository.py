"""The outbox: one row per run, channel, destination and address, and every change of state, fenced like a run's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, RowMapping, Select, bindparam, case, func, insert, select, text, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import Executable

from core.db.many_rows import insert_many, values_of_many
from core.db.tables import DeliveryEventRow, DeliveryRow, DestinationRow, RunEventRow, RunRow
from core.domain.delivery import DELIVERY_TRANSITIONS, Delivery, DeliveryState
from core.domain.schedule import Recipient
from core.errors import LeaseLost, NotFound

#: Characters of the other side's answer that are kept.
MAX_RESPONSE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A delivery as its worker sees it."""

    id: UUID
    organization_id: UUID
    run_id: UUID
    channel: str
    destination_id: UUID | None
    destination: str | None  #: its name, while it is there
    address: str
    role: str
    state: DeliveryState
    attempt: int
    lease_token: int
    lease_until: datetime | None
    next_attempt_at: datetime | None
    recipient_name: str = ""
    recipient_locale: str = ""

    @property
    def recipient(self) -> Recipient:
        """Whom it goes to."""
        return Recipient(
            channel=self.channel,
            address=self.address,
            role=self.role,
            destination_id=self.destination_id,
            name=self.recipient_name,
            locale=self.recipient_locale,
        )

    @property
    def whom(self) -> str:
        """The recipient in words: some need no address beside their destination."""
        return self.address or self.destination or self.channel


def sent_words(row: OutboxRow) -> str:
    """What a run's timeline says of a delivery that arrived."""
    return f"Sent to {row.whom}."


_OUTBOX = (
    DeliveryRow.id,
    DeliveryRow.organization_id,
    DeliveryRow.run_id,
    DeliveryRow.channel,
    DeliveryRow.destination_id,
    select(DestinationRow.name)
    .where(DestinationRow.id == DeliveryRow.destination_id)
    .scalar_subquery()
    .label("destination"),
    DeliveryRow.address,
    DeliveryRow.role,
    DeliveryRow.state,
    DeliveryRow.attempt,
    DeliveryRow.lease_token,
    DeliveryRow.lease_until,
    DeliveryRow.next_attempt_at,
    DeliveryRow.recipient_name,
    DeliveryRow.recipient_locale,
)


#: A statement takes 65,535 values at most.
_AT_ONCE = 500
_DELIVERIES: Any = DeliveryRow.__table__
_EVENTS: Any = DeliveryEventRow.__table__
_LOAD: Select[Any] = select(*_OUTBOX).where(DeliveryRow.id == bindparam("of_delivery", type_=_DELIVERIES.c.id.type))
_LOAD_LOCKED = _LOAD.with_for_update(of=DeliveryRow)
_COUNT_STATES = (
    select(_DELIVERIES.c.state, func.count())
    .where(_DELIVERIES.c.run_id == bindparam("of_run", type_=_DELIVERIES.c.run_id.type))
    .group_by(_DELIVERIES.c.state)
)

#: Written out as in the condition of its index, which a parameter would not match.
_ANY_OPEN = text(
    "SELECT 1 FROM deliveries WHERE run_id = :of_run AND state IN ('pending', 'sending', 'retry', 'unknown') LIMIT 1"
)
_NEXT_PENDING = text("SELECT id FROM deliveries WHERE run_id = :of_run AND state = 'pending' LIMIT 1")


def insert_deliveries(
    session: Session, organization_id: UUID, run_id: UUID, recipients: Iterable[Recipient]
) -> tuple[UUID, ...]:
    """Create the outbox rows a run still lacks; returns the new ones' ids."""
    rows = [
        {
            "organization_id": organization_id,
            "run_id": run_id,
            "channel": recipient.channel,
            "destination_id": recipient.destination_id,
            "address": recipient.address,
            "role": recipient.role,
            "recipient_name": recipient.name,
            "recipient_locale": recipient.locale,
        }
        for recipient in recipients
    ]
    made: list[UUID] = []
    for first in range(0, len(rows), _AT_ONCE):
        some = rows[first : first + _AT_ONCE]
        statement = insert_many(_DELIVERIES, tuple(some[0]), len(some)).on_conflict_do_nothing(
            constraint="uq_deliveries_run_id_channel_destination_id_address"
        )
        made += session.execute(statement.returning(_DELIVERIES.c.id), values_of_many(some)).scalars()
    return tuple(made)


def organization_of_delivery(session: Session, delivery_id: UUID) -> UUID | None:
    """Return whose delivery it is; needs no organization context."""
    statement = text("SELECT organization_of_delivery(:delivery_id)")
    found: UUID | None = session.execute(statement, {"delivery_id": delivery_id}).scalar_one_or_none()
    return found


def load_outbox_row(session: Session, delivery_id: UUID, *, lock: bool = False) -> OutboxRow:
    """Return a delivery for its worker; `lock` keeps the row to this transaction. Raises NotFound."""
    row = session.execute(_LOAD_LOCKED if lock else _LOAD, {"of_delivery": delivery_id}).mappings().first()
    if row is None:
        raise NotFound("This delivery does not exist, or you may not see it.")
    return _outbox_row(row)


def load_outbox_rows(session: Session, ids: Sequence[UUID]) -> tuple[OutboxRow, ...]:
    """Return deliveries for their sweep, in the order of their ids."""
    statement = select(*_OUTBOX).where(DeliveryRow.id.in_(ids)).order_by(DeliveryRow.id)
    return tuple(_outbox_row(row) for row in session.execute(statement).mappings())


def open_outbox_rows(session: Session, run_id: UUID) -> tuple[OutboxRow, ...]:
    """Return the deliveries of a run that have not ended, locked in one order."""
    statement = (
        select(*_OUTBOX)
        .where(DeliveryRow.run_id == run_id, DeliveryRow.state.in_([str(s) for s in DeliveryState if not s.is_final]))
        .order_by(DeliveryRow.id)
        .with_for_update()
    )
    return tuple(_outbox_row(row) for row in session.execute(statement).mappings())


def change_delivery(session: Session, row: OutboxRow, *, to: DeliveryState, **columns: Any) -> None:
    """Move a delivery along its transition table; the only writer of `deliveries.state`.

    Raises ValueError for a move the table does not know, LeaseLost where the state or the token is another by now.
    """
    if to not in DELIVERY_TRANSITIONS[row.state]:
        raise ValueError(f"a delivery does not go from {row.state} to {to}")
    if to is not DeliveryState.SENDING:
        columns = {"lease_until": None, **columns}
    given = {f"new_{name}": value for name, value in columns.items()}
    given |= {"new_state": str(to), "of_delivery": row.id, "expected": str(row.state), "token": row.lease_token}
    given |= {"organization": row.organization_id, "said": columns.get("response") or columns.get("error_message")}
    if session.execute(_changing(tuple(columns)), given).first() is None:
        raise LeaseLost("Another worker took over this delivery.")


def extend_delivery_lease(session: Session, row: OutboxRow, until: datetime) -> tuple[datetime, datetime | None]:
    """Keep the lease of a delivery that is being sent, or leave it as it is once its run's cancel was asked for.

    Returns the lease's end and when the cancel was asked for, if so. Raises LeaseLost.
    """
    written = session.execute(
        update(DeliveryRow)
        .where(
            DeliveryRow.id == row.id,
            DeliveryRow.lease_token == row.lease_token,
            DeliveryRow.state == str(DeliveryState.SENDING),
            DeliveryRow.run_id == RunRow.id,
        )
        .values(lease_until=case((RunRow.cancel_requested_at.is_(None), until), else_=DeliveryRow.lease_until))
        .returning(DeliveryRow.lease_until, RunRow.cancel_requested_at)
        .execution_options(synchronize_session=False)
    ).first()
    if written is None:
        raise LeaseLost("Another worker took over this delivery.")
    return written.lease_until, written.cancel_requested_at


def resend_at(session: Session, delivery_id: UUID, at: datetime) -> None:
    """Let a delivery whose fate is unknown go out again at `at`."""
    session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id == delivery_id, DeliveryRow.state == str(DeliveryState.UNKNOWN))
        .values(next_attempt_at=at)
    )


def count_states(session: Session, run_id: UUID) -> dict[DeliveryState, int]:
    """Return how many deliveries of a run are in each state."""
    rows: Iterable[Row[str, int]] = session.execute(_COUNT_STATES, {"of_run": run_id})
    return {DeliveryState(state): count for state, count in rows}


def is_any_open(session: Session, run_id: UUID) -> bool:
    """Whether a delivery of a run has not ended; asked at the end of each of them, which may be thousands."""
    return session.execute(_ANY_OPEN, {"of_run": run_id}).first() is not None


def next_pending(session: Session, run_id: UUID) -> UUID | None:
    """Return a delivery of a run that nobody has begun; keep the run first, or others are given the same."""
    found: UUID | None = session.execute(_NEXT_PENDING, {"of_run": run_id}).scalar()
    return found


def count_events(session: Session, run_id: UUID, name: str) -> int:
    """Return how many lines called `name` a run's timeline has."""
    statement = select(func.count()).select_from(RunEventRow)
    return session.execute(statement.where(RunEventRow.run_id == run_id, RunEventRow.name == name)).scalar_one()


def suppressed_because(session: Session, run_id: UUID, *, limit: int) -> tuple[str, ...]:
    """Return why deliveries of a run were left out, by address, of the first `limit` of them."""
    left_out = (DeliveryRow.run_id == run_id, DeliveryRow.state == str(DeliveryState.SUPPRESSED))
    statement = select(DeliveryRow.error_message).where(*left_out).order_by(DeliveryRow.address).limit(limit)
    return tuple(reason or "" for reason in session.execute(statement).scalars())


def list_deliveries(session: Session, run_id: UUID) -> tuple[Delivery, ...]:
    """Return a run's deliveries in the order they were made."""
    rows = session.execute(
        select(
            DeliveryRow.id,
            DeliveryRow.run_id,
            DeliveryRow.channel,
            DeliveryRow.destination_id,
            DeliveryRow.address,
            DeliveryRow.role,
            DeliveryRow.state,
            DeliveryRow.attempt,
            DeliveryRow.sent_at,
            DeliveryRow.next_attempt_at,
            DeliveryRow.response,
            DeliveryRow.error_message,
            DeliveryRow.reference,
        )
        .where(DeliveryRow.run_id == run_id)
        .order_by(DeliveryRow.created_at, DeliveryRow.channel, DeliveryRow.address)
    ).mappings()
    return tuple(Delivery(**{**row, "state": DeliveryState(row["state"])}) for row in rows)


@cache
def _changing(names: tuple[str, ...]) -> Executable:
    """The statement of `change_delivery`, with the line of the archive: made once for the columns it writes."""
    columns, events = _DELIVERIES.c, _EVENTS.c
    changed = (
        update(_DELIVERIES)
        .where(
            columns.id == bindparam("of_delivery", type_=columns.id.type),
            columns.state == bindparam("expected", type_=columns.state.type),
            columns.lease_token == bindparam("token", type_=columns.lease_token.type),
        )
        .values({name: bindparam(f"new_{name}", type_=columns[name].type) for name in ("state", *names)})
        .returning(columns.id, columns.state, columns.attempt)
        .cte("changed")
    )
    line = select(
        bindparam("organization", type_=events.organization_id.type),
        changed.c.id,
        changed.c.state,
        changed.c.attempt,
        bindparam("said", type_=events.message.type),
    )
    names_of_line = ["organization_id", "delivery_id", "state", "attempt", "message"]
    return select(changed.c.id).add_cte(insert(_EVENTS).from_select(names_of_line, line).cte("added"))


def _outbox_row(row: RowMapping) -> OutboxRow:
    return OutboxRow(**{**row, "state": DeliveryState(row["state"])})
