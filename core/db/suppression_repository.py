"""Addresses that an organization does not write to, and the links with which their owners ask for that."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, RowMapping, Select, delete, func, or_, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.address import email_key, erased_key
from core.db.tables import MailTokenRow, OrganizationRow, ScheduleRow, SuppressionRow, UserRow
from core.domain.page import Page
from core.domain.schedule import USER
from core.domain.suppression import Subscription, Suppression, SuppressionReason
from core.errors import NotFound

#: Asked and written for each mail that goes out, so they are text.
_HOLDS = text(
    "SELECT s.id, s.address, s.schedule_id, schedules.name AS schedule, s.reason, s.until, s.note, s.created_at "
    "FROM suppressions s LEFT JOIN schedules ON schedules.id = s.schedule_id "
    "WHERE s.address IN (:key, :erased) AND (s.until IS NULL OR s.until > :now) "
    "AND (s.schedule_id IS NULL OR s.schedule_id = CAST(:schedule_id AS uuid)) "
    "ORDER BY s.until DESC NULLS FIRST, s.schedule_id NULLS FIRST LIMIT 1"
)
_PUT_TOKEN = text(
    "INSERT INTO mail_tokens (organization_id, token_sha256, address, schedule_id) "
    "VALUES (:organization_id, :token_sha256, :address, :schedule_id) ON CONFLICT (token_sha256) DO NOTHING"
)
_OWN_CHOICES = [str(reason) for reason in SuppressionReason if reason.is_own_choice]


def find_suppression(session: Session, address: str, *, schedule_id: UUID | None, now: datetime) -> Suppression | None:
    """Return why an address is not written to by a schedule, the lasting reason first; None: it is."""
    given = {"key": email_key(address), "erased": erased_key(address), "schedule_id": schedule_id, "now": now}
    row = session.execute(_HOLDS, given).mappings().first()
    return None if row is None else _suppression(row)


def find_lasting(session: Session, addresses: Iterable[str], *, now: datetime) -> dict[str, str]:
    """Return those of the addresses that nothing at all is sent to, by `email_key`, each with the reason."""
    keys = {email_key(address) for address in addresses}
    until = or_(SuppressionRow.until.is_(None), SuppressionRow.until > now)
    erased = {erased_key(key): key for key in keys}
    everything = (SuppressionRow.address.in_([*keys, *erased]), SuppressionRow.schedule_id.is_(None), until)
    found = (_suppression(row) for row in session.execute(_select().where(*everything)).mappings())
    return {erased.get(one.address, one.address): one.in_words for one in found}


def list_suppressions(
    session: Session, *, now: datetime, search: str = "", page: int = 1, limit: int = 50
) -> Page[Suppression]:
    """Return what holds now, the newest first."""
    conditions = [or_(SuppressionRow.until.is_(None), SuppressionRow.until > now)]
    if search:
        conditions.append(SuppressionRow.address.contains(search.strip().lower(), autoescape=True))
    total = session.execute(select(func.count()).select_from(SuppressionRow).where(*conditions)).scalar_one()
    rows = session.execute(
        _select()
        .where(*conditions)
        .order_by(SuppressionRow.created_at.desc(), SuppressionRow.id)
        .limit(limit)
        .offset((page - 1) * limit)
    ).mappings()
    return Page(items=tuple(_suppression(row) for row in rows), total=total, page=page, limit=limit)


def suppress(
    session: Session,
    organization_id: UUID,
    address: str,
    *,
    reason: SuppressionReason,
    now: datetime,
    schedule_id: UUID | None = None,
    until: datetime | None = None,
    note: str = "",
    created_by: UUID | None = None,
) -> None:
    """Put an address on the list. What its owner asks for never takes the place of what others noted for good."""
    values = {"reason": str(reason), "until": until, "note": note, "created_by": created_by, "created_at": now}
    weaker = SuppressionRow.reason.in_(_OWN_CHOICES) if reason.is_own_choice else None
    session.execute(
        postgresql.insert(SuppressionRow)
        .values(organization_id=organization_id, address=email_key(address), schedule_id=schedule_id, **values)
        .on_conflict_do_update(
            constraint="uq_suppressions_organization_id_address_schedule_id", set_=values, where=weaker
        )
    )


def load_suppression(session: Session, address: str, *, schedule_id: UUID | None) -> Suppression:
    """Return what is noted of an address for a schedule, or for everything."""
    statement = _select().where(
        SuppressionRow.address == email_key(address), SuppressionRow.schedule_id.is_not_distinct_from(schedule_id)
    )
    return _suppression(session.execute(statement).mappings().one())


def release(session: Session, suppression_id: UUID) -> None:
    """Take an address off the list. Raises NotFound."""
    statement = delete(SuppressionRow).where(SuppressionRow.id == suppression_id).returning(SuppressionRow.id)
    if session.execute(statement).first() is None:
        raise NotFound("This address is not on the list any more.")


def take_back(session: Session, address: str, *, schedule_id: UUID | None) -> None:
    """Forget what the owner of an address asked for, of this schedule and of everything."""
    session.execute(
        delete(SuppressionRow).where(
            SuppressionRow.address == email_key(address),
            SuppressionRow.reason.in_(_OWN_CHOICES),
            or_(SuppressionRow.schedule_id.is_(None), SuppressionRow.schedule_id == schedule_id),
        )
    )


def put_token(
    session: Session, organization_id: UUID, *, token_sha256: str, address: str, schedule_id: UUID | None
) -> None:
    """Remember what a link stands for; the same link again changes nothing."""
    given = {"token_sha256": token_sha256, "address": email_key(address), "schedule_id": schedule_id}
    session.execute(_PUT_TOKEN, {**given, "organization_id": organization_id})


def organization_of_token(session: Session, token_sha256: str) -> UUID | None:
    """Return in whose mail a link was; needs no organization context."""
    found: UUID | None = session.execute(
        text("SELECT organization_of_mail_token(:sha256)"), {"sha256": token_sha256}
    ).scalar_one_or_none()
    return found


def load_subscription(session: Session, token_sha256: str, *, now: datetime) -> Subscription:
    """Return who a link belongs to and what holds for them. Raises NotFound."""
    row = (
        session.execute(
            select(
                MailTokenRow.organization_id,
                OrganizationRow.name.label("organization"),
                MailTokenRow.address,
                MailTokenRow.schedule_id,
                ScheduleRow.name.label("schedule"),
            )
            .join(OrganizationRow, OrganizationRow.id == MailTokenRow.organization_id)
            .outerjoin(ScheduleRow, ScheduleRow.id == MailTokenRow.schedule_id)
            .where(MailTokenRow.token_sha256 == token_sha256)
        )
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound("This link is not known.")
    present = session.execute(
        _select().where(
            *_holds(row["address"], now),
            or_(SuppressionRow.schedule_id.is_(None), SuppressionRow.schedule_id == row["schedule_id"]),
        )
    ).mappings()
    return Subscription(**row, present=tuple(_suppression(one) for one in present))


def schedules_with(session: Session, address: str) -> tuple[tuple[str, bool], ...]:
    """Return the schedules that name an address or the person who has it, and whether they name nobody else."""
    found = _naming(session, address, select(ScheduleRow.id, ScheduleRow.name, ScheduleRow.recipients))
    return tuple((row.name, not kept) for row, kept in found)


def remove_from_schedules(session: Session, address: str) -> tuple[tuple[str, bool], ...]:
    """Take an e-mail address and the person who has it out of every schedule; returns what `schedules_with` does.

    A schedule that nobody is left of is paused: it would run for nobody.
    """
    changed = []
    locked = select(ScheduleRow.id, ScheduleRow.name, ScheduleRow.recipients).with_for_update()
    for row, kept in _naming(session, address, locked):
        paused: dict[str, Any] = (
            {}
            if kept
            else {
                "is_active": False,
                "next_run_at": None,
                "paused_until": None,
                "paused_because": "Its last recipient was removed.",
            }
        )
        session.execute(
            update(ScheduleRow)
            .where(ScheduleRow.id == row.id)
            .values(recipients=kept, version=ScheduleRow.version + 1, updated_at=func.now(), **paused)
        )
        changed.append((row.name, not kept))
    return tuple(changed)


def _naming(
    session: Session, address: str, statement: Select[*tuple[Any, ...]]
) -> list[tuple[Row[*tuple[Any, ...]], list[dict[str, Any]]]]:
    """The schedules that name an address, each with the recipients that would be left."""
    key = email_key(address)
    person = session.execute(select(UserRow.id).where(UserRow.email == key)).scalar_one_or_none()

    def is_it(one: dict[str, Any]) -> bool:
        if one["channel"] == USER:
            return bool(one["address"] == str(person))
        return one["channel"] == "email" and email_key(str(one["address"])) == key

    rows = session.execute(statement.order_by(ScheduleRow.id)).all()
    left = ((row, [one for one in row.recipients if not is_it(one)]) for row in rows)
    return [(row, kept) for row, kept in left if len(kept) < len(row.recipients)]


def _holds(address: str, now: datetime) -> tuple[Any, ...]:
    until = or_(SuppressionRow.until.is_(None), SuppressionRow.until > now)
    return SuppressionRow.address.in_([email_key(address), erased_key(address)]), until


def _select() -> Select[*tuple[Any, ...]]:
    return select(
        SuppressionRow.id,
        SuppressionRow.address,
        SuppressionRow.schedule_id,
        ScheduleRow.name.label("schedule"),
        SuppressionRow.reason,
        SuppressionRow.until,
        SuppressionRow.note,
        SuppressionRow.created_at,
    ).outerjoin(ScheduleRow, ScheduleRow.id == SuppressionRow.schedule_id)


def _suppression(row: RowMapping) -> Suppression:
    return Suppression(**{**row, "reason": SuppressionReason(row["reason"])})
