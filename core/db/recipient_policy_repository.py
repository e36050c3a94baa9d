"""Who may receive reports of an organization: its rule, its members' addresses, and the addresses that said yes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, delete, func, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.address import email_key
from core.db.tables import (
    MembershipRow,
    OrganizationRow,
    RecipientPolicyRow,
    ScheduleRow,
    UserRow,
    VerifiedAddressRow,
)
from core.domain.page import Page
from core.domain.recipient_policy import RecipientPolicy, RecipientRule, Verification, VerifiedAddress
from core.domain.schedule import Recipient, parse_recipient
from core.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedRecipients:
    """Whom a schedule names."""

    id: UUID
    name: str
    is_active: bool
    recipients: tuple[Recipient, ...]


_ANYONE = RecipientPolicy()
_POLICIES: Any = RecipientPolicyRow.__table__
#: Asked for each mail that goes out, so it is made once.
_LOAD = select(_POLICIES.c.rule, _POLICIES.c.domains, _POLICIES.c.version)


def load_policy(session: Session) -> RecipientPolicy:
    """Return the organization's rule; anyone may where none was set."""
    row = session.execute(_LOAD).first()
    if row is None:
        return _ANYONE
    return RecipientPolicy(rule=RecipientRule(row.rule), domains=tuple(row.domains), version=row.version)


def put_policy(session: Session, organization_id: UUID, policy: RecipientPolicy) -> None:
    """Save the rule over what was there."""
    values: dict[str, Any] = {"rule": str(policy.rule), "domains": list(policy.domains)}
    session.execute(
        postgresql.insert(RecipientPolicyRow)
        .values(organization_id=organization_id, **values)
        .on_conflict_do_update(
            constraint="uq_recipient_policies_organization_id",
            set_={**values, "version": RecipientPolicyRow.version + 1, "updated_at": func.now()},
        )
    )


def refusals(
    session: Session, organization_id: UUID, addresses: Iterable[str], *, policy: RecipientPolicy | None = None
) -> Mapping[str, str]:
    """Return those of `addresses` that may not receive reports now, each with the reason as a sentence.

    `policy`: another rule than the saved one, to see what it would do. Any number of addresses is one look.
    """
    rule = load_policy(session) if policy is None else policy
    if rule.rule is RecipientRule.ANYONE:
        return {}
    asked = tuple(dict.fromkeys(addresses))
    keys = {email_key(address) for address in asked}
    return rule.refusals(
        asked,
        members=_members(session, organization_id, keys),
        verified=_verified(session, keys) if rule.rule is RecipientRule.VERIFIED else frozenset(),
    )


def list_recipients(session: Session) -> tuple[SavedRecipients, ...]:
    """Return whom each schedule names, the schedules by name."""
    columns = (ScheduleRow.id, ScheduleRow.name, ScheduleRow.is_active, ScheduleRow.recipients)
    rows = session.execute(select(*columns).order_by(func.lower(ScheduleRow.name), ScheduleRow.id)).mappings()
    return tuple(
        SavedRecipients(**{**row, "recipients": tuple(parse_recipient(one) for one in row["recipients"])})
        for row in rows
    )


def list_verified(
    session: Session, *, search: str = "", is_confirmed: bool | None = None, page: int = 1, limit: int = 50
) -> Page[VerifiedAddress]:
    """Return the addresses that were asked, the newest first."""
    conditions = []
    if search.strip():
        conditions.append(VerifiedAddressRow.address.contains(search.strip().lower(), autoescape=True))
    if is_confirmed is not None:
        confirmed = VerifiedAddressRow.confirmed_at
        conditions.append(confirmed.is_not(None) if is_confirmed else confirmed.is_(None))
    total = session.execute(select(func.count()).select_from(VerifiedAddressRow).where(*conditions)).scalar_one()
    newest = _select().where(*conditions).order_by(VerifiedAddressRow.asked_at.desc(), VerifiedAddressRow.id)
    rows = session.execute(newest.limit(limit).offset((page - 1) * limit)).mappings()
    return Page(items=tuple(_verified_address(row) for row in rows), total=total, page=page, limit=limit)


def find_verified(session: Session, address: str, *, lock: bool = False) -> VerifiedAddress | None:
    """Return what is known of an address, None where it was never asked; `lock` keeps it to this transaction."""
    statement = _select().where(VerifiedAddressRow.address == email_key(address))
    row = session.execute(statement.with_for_update(of=VerifiedAddressRow) if lock else statement).mappings().first()
    return None if row is None else _verified_address(row)


def load_asked(session: Session, address: str) -> VerifiedAddress:
    """Return an address that was asked. Raises NotFound."""
    found = find_verified(session, address)
    if found is None:
        raise NotFound("This address was never asked, or it was removed.")
    return found


def load_verified(session: Session, verified_id: UUID) -> VerifiedAddress:
    """Return an address that was asked. Raises NotFound."""
    row = session.execute(_select().where(VerifiedAddressRow.id == verified_id)).mappings().first()
    if row is None:
        raise NotFound("This address was never asked, or it was removed.")
    return _verified_address(row)


def asked_since(session: Session, since: datetime) -> int:
    """Return how many addresses were asked from then on."""
    statement = select(func.count()).select_from(VerifiedAddressRow).where(VerifiedAddressRow.asked_at >= since)
    return session.execute(statement).scalar_one()


def put_question(
    session: Session,
    organization_id: UUID,
    address: str,
    *,
    token_sha256: str,
    asked_by: UUID,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Note that an address is asked; the links of earlier questions end."""
    values: dict[str, Any] = {
        "token_sha256": token_sha256,
        "asked_at": now,
        "asked_by": asked_by,
        "expires_at": expires_at,
    }
    session.execute(
        postgresql.insert(VerifiedAddressRow)
        .values(organization_id=organization_id, address=email_key(address), **values)
        .on_conflict_do_update(
            constraint="uq_verified_addresses_organization_id_address",
            set_={**values, "times_asked": VerifiedAddressRow.times_asked + 1},
        )
    )


def remove_verified(session: Session, verified_id: UUID) -> None:
    """Forget that an address was asked and what it said. Raises NotFound."""
    statement = delete(VerifiedAddressRow).where(VerifiedAddressRow.id == verified_id).returning(VerifiedAddressRow.id)
    if session.execute(statement).first() is None:
        raise NotFound("This address was never asked, or it was removed.")


def organization_of_verification(session: Session, token_sha256: str) -> UUID | None:
    """Return whose mail a link was in; needs no organization context."""
    found: UUID | None = session.execute(
        text("SELECT organization_of_verification(:sha256)"), {"sha256": token_sha256}
    ).scalar_one_or_none()
    return found


def load_verification(session: Session, token_sha256: str, *, now: datetime) -> Verification | None:
    """Return who is asked by a link that has not ended; the link of a yes goes on to show it."""
    row = (
        session.execute(
            select(
                VerifiedAddressRow.organization_id,
                OrganizationRow.name.label("organization"),
                VerifiedAddressRow.address,
                VerifiedAddressRow.confirmed_at,
                VerifiedAddressRow.expires_at,
            )
            .join(OrganizationRow, OrganizationRow.id == VerifiedAddressRow.organization_id)
            .where(VerifiedAddressRow.token_sha256 == token_sha256)
        )
        .mappings()
        .first()
    )
    if row is None or (row["confirmed_at"] is None and row["expires_at"] <= now):
        return None
    return Verification(
        organization_id=row["organization_id"],
        organization=row["organization"],
        address=row["address"],
        is_confirmed=row["confirmed_at"] is not None,
    )


def confirm(session: Session, token_sha256: str, *, now: datetime) -> None:
    """Note the yes; saying it again changes nothing."""
    session.execute(
        update(VerifiedAddressRow)
        .where(VerifiedAddressRow.token_sha256 == token_sha256, VerifiedAddressRow.confirmed_at.is_(None))
        .values(confirmed_at=now)
    )


def _members(session: Session, organization_id: UUID, keys: set[str]) -> frozenset[str]:
    """Those of the addresses that active members sign in with."""
    statement = (
        select(UserRow.email)
        .join(MembershipRow, MembershipRow.user_id == UserRow.id)
        .where(
            MembershipRow.organization_id == organization_id,
            MembershipRow.left_at.is_(None),
            UserRow.is_active.is_(True),
            UserRow.email.in_(keys),
        )
    )
    return frozenset(session.execute(statement).scalars())


def _verified(session: Session, keys: set[str]) -> frozenset[str]:
    statement = select(VerifiedAddressRow.address).where(
        VerifiedAddressRow.confirmed_at.is_not(None), VerifiedAddressRow.address.in_(keys)
    )
    return frozenset(session.execute(statement).scalars())


def _select() -> Select[*tuple[Any, ...]]:
    return select(
        VerifiedAddressRow.id,
        VerifiedAddressRow.address,
        VerifiedAddressRow.asked_at,
        UserRow.name.label("asked_by_name"),
        VerifiedAddressRow.times_asked,
        VerifiedAddressRow.expires_at,
        VerifiedAddressRow.confirmed_at,
    ).outerjoin(UserRow, UserRow.id == VerifiedAddressRow.asked_by)


def _verified_address(row: RowMapping) -> VerifiedAddress:
    return VerifiedAddress(**row)
