"""Bounces, and how the services that report them are known."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, delete, func, insert, or_, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.db.tables import BounceIntakeRow, BounceRow, DeliveryRow, SuppressionRow
from core.domain.bounce import Bounce, BounceEvent, BounceKind
from core.domain.delivery import DeliveryState
from core.domain.page import Page

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


def list_bounces(
    session: Session, *, now: datetime, provider: str | None = None, page: int = 1, limit: int = 50
) -> Page[Bounce]:
    """Return what came back to the organization, the newest first, with whether the address gets nothing now."""
    conditions = [] if provider is None else [BounceRow.provider == provider]
    total = session.execute(select(func.count()).select_from(BounceRow).where(*conditions)).scalar_one()
    newest = _select(now).where(*conditions).order_by(BounceRow.happened_at.desc(), BounceRow.id)
    rows = session.execute(newest.limit(limit).offset((page - 1) * limit)).mappings()
    return Page(items=tuple(_bounce(row) for row in rows), total=total, page=page, limit=limit)


def last_bounces(session: Session, now: datetime) -> dict[str, Bounce]:
    """Return the newest news of each service that reported any, by the service."""
    newest = (
        _select(now)
        .ext(postgresql.distinct_on(BounceRow.provider))
        .order_by(BounceRow.provider, BounceRow.happened_at.desc())
    )
    return {row["provider"]: _bounce(row) for row in session.execute(newest).mappings()}


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


def _select(now: datetime) -> Select[*tuple[Any, ...]]:
    holds = (
        (SuppressionRow.address == func.lower(BounceRow.address))
        & SuppressionRow.schedule_id.is_(None)
        & or_(SuppressionRow.until.is_(None), SuppressionRow.until > now)
    )
    return select(
        BounceRow.id,
        BounceRow.provider,
        BounceRow.kind,
        BounceRow.address,
        BounceRow.reason,
        BounceRow.happened_at,
        BounceRow.delivery_id,
        select(SuppressionRow.id).where(holds).exists().label("is_left_alone"),
    )


def _bounce(row: RowMapping) -> Bounce:
    return Bounce(**{**row, "kind": BounceKind(row["kind"])})
