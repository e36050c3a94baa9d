"""Bounces, and how the services that report them are known."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.db.tables import BounceIntakeRow, BounceRow, DeliveryRow
from core.domain.bounce import BounceEvent
from core.domain.delivery import DeliveryState

#: How long after it was sent a mail may come back without saying which it was.
_BACK_WITHIN = timedelta(days=7)
#: A shorter name would be found in answers that speak of something else.
_LEAST_NAME = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredIntake:
    """A service of an organization; `secrets` is encrypted."""

    provider: str
    version: int
    secrets: str
    updated_at: datetime


def insert_bounce(session: Session, organization_id: UUID, provider: str, event: BounceEvent) -> UUID | None:
    """Record a piece of news; None where it is known already."""
    statement = postgresql.insert(BounceRow).values(
        organization_id=organization_id,
        provider=provider,
        event_id=event.id,
        kind=str(event.kind),
        address=event.address,
        reason=event.reason,
        happened_at=event.happened_at,
    )
    return session.execute(
        statement.on_conflict_do_nothing(constraint="uq_bounces_organization_id_provider_event_id").returning(
            BounceRow.id
        )
    ).scalar_one_or_none()


def set_delivery(session: Session, bounce_id: UUID, delivery_id: UUID) -> None:
    """Say which delivery a bounce is about."""
    session.execute(update(BounceRow).where(BounceRow.id == bounce_id).values(delivery_id=delivery_id))


def organization_of_mail(session: Session, message_id: str) -> UUID | None:
    """Return who sent the mail with a Message-ID; needs no organization context."""
    found: UUID | None = session.execute(
        text("SELECT organization_of_mail(:reference)"), {"reference": message_id}
    ).scalar_one_or_none()
    return found


def find_delivery(session: Session, event: BounceEvent) -> tuple[UUID, UUID, str] | None:
    """Return (delivery, run, address) of what came back.

    That is the one with its Message-ID, else the one to this address that the service took under the name it tells,
    else the newest one sent to this address in the week before.
    """
    mails = select(DeliveryRow.id, DeliveryRow.run_id, DeliveryRow.address).where(DeliveryRow.channel == "email")
    if event.message_id is not None:
        row = session.execute(mails.where(DeliveryRow.reference == event.message_id)).first()
        if row is not None:
            return row.id, row.run_id, row.address
    to_address = mails.where(func.lower(DeliveryRow.address) == event.address.lower(), DeliveryRow.sent_at.is_not(None))
    if event.accepted_as is not None and len(event.accepted_as) >= _LEAST_NAME:
        named = to_address.where(DeliveryRow.response.contains(event.accepted_as, autoescape=True))
        row = session.execute(named.limit(1)).first()
        if row is not None:
            return row.id, row.run_id, row.address
    row = session.execute(
        to_address.where(
            DeliveryRow.state == str(DeliveryState.SENT),
            DeliveryRow.sent_at.between(event.happened_at - _BACK_WITHIN, event.happened_at + timedelta(minutes=5)),
        )
        .order_by(DeliveryRow.sent_at.desc())
        .limit(1)
    ).first()
    return None if row is None else (row.id, row.run_id, row.address)


def list_intakes(session: Session) -> tuple[StoredIntake, ...]:
    """Return the services of the organization."""
    rows = session.execute(
        select(
            BounceIntakeRow.provider, BounceIntakeRow.version, BounceIntakeRow.secrets, BounceIntakeRow.updated_at
        ).order_by(BounceIntakeRow.provider)
    ).mappings()
    return tuple(StoredIntake(**row) for row in rows)


def put_intake(session: Session, organization_id: UUID, provider: str, *, secrets: str, version: int) -> None:
    """Keep what a service is known by, and which of its addresses is good."""
    columns = {"secrets": secrets, "version": version}
    known = update(BounceIntakeRow).where(BounceIntakeRow.provider == provider)
    changed = session.execute(known.values(**columns, updated_at=func.now()).returning(BounceIntakeRow.id)).first()
    if changed is None:
        session.execute(insert(BounceIntakeRow).values(organization_id=organization_id, provider=provider, **columns))


def delete_intake(session: Session, provider: str) -> None:
    """Hear a service no more."""
    session.execute(delete(BounceIntakeRow).where(BounceIntakeRow.provider == provider))
