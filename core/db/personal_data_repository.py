"""Personal data in the ledger: deliveries by what they held, everything about a person, and erasing an address."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, delete, func, or_, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.db.tables import (
    ArtifactRow,
    BurstRecipientRow,
    DatasetRow,
    DeliveryRow,
    RunRow,
    SentCopyRow,
    SentPartRow,
)
from core.domain.delivery import DeliveryState
from core.domain.page import Page
from core.domain.personal_data import PersonalFilter, PersonalLine


def questions_asked(session: Session, wanted: PersonalFilter) -> dict[str, dict[str, Any]]:
    """Return what the runs asked that sent something, by the hash of the question; each question once."""
    sent = select(DeliveryRow.run_id).where(*_when(wanted))
    rows = session.execute(
        select(RunRow.definition_sha256, RunRow.definition)
        .where(RunRow.id.in_(sent))
        .ext(postgresql.distinct_on(RunRow.definition_sha256))
        .order_by(RunRow.definition_sha256)
    )
    return {row.definition_sha256: row.definition for row in rows}


def list_deliveries(
    session: Session,
    wanted: PersonalFilter,
    fields: Mapping[str, tuple[str, ...]],
    *,
    page: int,
    limit: int | None,
) -> Page[PersonalLine]:
    """Return deliveries of the questions in `fields`, which names what each of them holds; the newest first."""
    conditions = [RunRow.definition_sha256.in_(fields), *_when(wanted)]
    if wanted.search:
        held = wanted.search.strip()
        conditions.append(
            or_(DeliveryRow.address.icontains(held, autoescape=True), RunRow.title.icontains(held, autoescape=True))
        )
    joined = select(func.count()).select_from(DeliveryRow).join(RunRow, RunRow.id == DeliveryRow.run_id)
    total = session.execute(joined.where(*conditions)).scalar_one()
    statement: Select[*tuple[Any, ...]] = (
        select(
            DeliveryRow.id,
            DeliveryRow.run_id,
            func.coalesce(DeliveryRow.sent_at, DeliveryRow.created_at).label("at"),
            DeliveryRow.address,
            DeliveryRow.channel,
            DeliveryRow.state,
            RunRow.title,
            RunRow.definition_sha256,
        )
        .join(RunRow, RunRow.id == DeliveryRow.run_id)
        .where(*conditions)
        .order_by(DeliveryRow.created_at.desc(), DeliveryRow.id)
    )
    if limit is not None:
        statement = statement.limit(limit).offset((page - 1) * limit)
    items = tuple(
        PersonalLine(
            delivery_id=row.id,
            run_id=row.run_id,
            at=row.at,
            address=row.address,
            channel=row.channel,
            title=row.title,
            state=DeliveryState(row.state),
            fields=fields[row.definition_sha256],
        )
        for row in session.execute(statement)
    )
    return Page(items=items, total=total, page=page, limit=limit or max(total, 1))


def files_days(session: Session) -> dict[UUID, int]:
    """Return after how many days files are deleted, of the datasets that say so."""
    rows = session.execute(select(DatasetRow.id, DatasetRow.files_days).where(DatasetRow.files_days.is_not(None)))
    return {row.id: row.files_days for row in rows}


def set_files_days(session: Session, dataset_id: UUID, days: int | None) -> None:
    """Say after how many days files with rows of a dataset are deleted."""
    session.execute(update(DatasetRow).where(DatasetRow.id == dataset_id).values(files_days=days))


def about_person(session: Session, user_id: UUID | None, address: str) -> dict[str, list[dict[str, Any]]]:
    """Return everything that is kept about a person or an address in the transaction's organization, by what it is."""
    given = {"person": user_id, "address": address, "text": f'"{address}"'}
    return {
        name: [_plain(row) for row in session.execute(text(statement), given).mappings()]
        for name, statement in _ABOUT.items()
    }


def files_for(session: Session, address: str) -> tuple[UUID, ...]:
    """Return the files that went to an address and nobody else: their parts, and runs with no other recipient."""
    theirs = func.lower(BurstRecipientRow.address) == address
    parts = select(BurstRecipientRow.part_id).where(theirs, BurstRecipientRow.part_id.is_not(None))
    others = select(BurstRecipientRow.part_id).where(~theirs, BurstRecipientRow.part_id.is_not(None))
    mine = func.lower(DeliveryRow.address) == address
    runs = select(DeliveryRow.run_id).where(mine).except_(select(DeliveryRow.run_id).where(~mine))
    own = or_(
        ArtifactRow.part_id.in_(parts) & ArtifactRow.part_id.not_in(others),
        ArtifactRow.part_id.is_(None) & ArtifactRow.run_id.in_(runs),
    )
    return tuple(session.execute(select(ArtifactRow.id).where(own, ArtifactRow.deleted_at.is_(None))).scalars())


def erase_address(session: Session, address: str, *, pseudonym: str, kept_as: str) -> int:
    """Put `pseudonym` wherever the ledger names an address, and `kept_as` on the list of who is not written to.

    Returns how many deliveries lost it.
    """
    given = {"address": address, "pseudonym": pseudonym, "kept_as": kept_as}
    return int(session.execute(text("SELECT erase_address(:address, :pseudonym, :kept_as)"), given).scalar_one())


def erase_account(session: Session, user_id: UUID, *, email: str) -> bool:
    """Take from somebody who left what is theirs here; returns whether the account itself has no name any more."""
    given = {"person": user_id, "email": email}
    return bool(session.execute(text("SELECT erase_account(:person, :email)"), given).scalar_one())


def forget_rows(session: Session, run_ids: Collection[UUID]) -> None:
    """Forget the rows that stand in messages and records of runs whose files are gone after their dataset's days."""
    if not run_ids:
        return
    deliveries = select(DeliveryRow.id).where(DeliveryRow.run_id.in_(run_ids))
    session.execute(delete(SentCopyRow).where(SentCopyRow.delivery_id.in_(deliveries)))
    session.execute(delete(SentPartRow).where(SentPartRow.run_id.in_(run_ids)))
    session.execute(
        update(RunRow)
        .where(RunRow.id.in_(run_ids), RunRow.result_head.has_key("shown"))
        .values(result_head=func.jsonb_set(RunRow.result_head, text("'{shown}'"), text("'[]'::jsonb")))
    )


def _when(wanted: PersonalFilter) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        conditions.append(DeliveryRow.created_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(DeliveryRow.created_at < wanted.until)
    return conditions


def _plain(row: RowMapping) -> dict[str, Any]:
    """A row as JSON holds it."""
    plain = {name: str(value) if isinstance(value, UUID) else value for name, value in row.items()}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in plain.items()}


#: What is asked about somebody, by the name of the file it goes into. Secrets and hashes are not about them.
_ABOUT = {
    "profile": "SELECT id, email, name, timezone, is_active, created_at FROM users WHERE id = :person",
    "memberships": (
        "SELECT r.name AS role, m.left_at, m.deactivated_at FROM memberships m JOIN roles r ON r.id = m.role_id "
        "WHERE m.user_id = :person"
    ),
    "groups": (
        "SELECT g.name, m.address, m.name AS called, m.locale FROM group_members m JOIN groups g ON g.id = m.group_id "
        "WHERE m.user_id = :person OR m.address = :address"
    ),
    "attributes": "SELECT name, given FROM person_attributes WHERE user_id = :person",
    "sessions": (
        "SELECT created_at, last_seen_at, expires_at, revoked_at, address, device FROM sessions WHERE user_id = :person"
    ),
    "api_tokens": "SELECT name, scopes, created_at FROM api_tokens WHERE user_id = :person",
    "reports": (
        "SELECT id, name, description, created_at, archived_at FROM reports WHERE owner_id = :person "
        "ORDER BY created_at"
    ),
    "dashboards": (
        "SELECT id, name, description, created_at FROM dashboards WHERE owner_id = :person ORDER BY created_at"
    ),
    "schedules": (
        "SELECT id, name, owner_id = CAST(:person AS uuid) AS is_owner, is_active, created_at FROM schedules "
        "WHERE owner_id = :person OR recipients::text ILIKE '%' || CAST(:text AS text) || '%' "
        "OR recipients::text LIKE '%' || coalesce(CAST(CAST(:person AS uuid) AS text), 'nobody') || '%' "
        "ORDER BY created_at"
    ),
    "runs": (
        "SELECT id, kind, title, state, created_at, finished_at, rows_delivered FROM runs WHERE requested_by = :person "
        "ORDER BY created_at"
    ),
    "deliveries": (
        "SELECT d.id, d.run_id, r.title, d.channel, d.address, d.recipient_name, d.state, d.created_at, d.sent_at "
        "FROM deliveries d JOIN runs r ON r.id = d.run_id WHERE lower(d.address) = :address ORDER BY d.created_at"
    ),
    "named_in_data": (
        "SELECT run_id, address, name, locale, facts, outcome FROM burst_recipients WHERE lower(address) = :address"
    ),
    "bounces": "SELECT kind, address, reason, happened_at FROM bounces WHERE lower(address) = :address",
    "not_written_to": "SELECT reason, until, note, created_at FROM suppressions WHERE address = :address",
    "said_yes": "SELECT address, created_at FROM verified_addresses WHERE lower(address) = :address",
    "audit": (
        "SELECT e.at, e.action, e.kind, e.object_id, d.actor, d.object_name, d.changes FROM audit_events e "
        "JOIN audit_details d ON d.event_id = e.id WHERE e.organization_id = "
        "nullif(current_setting('app.organization_id', true), '')::uuid AND (e.actor_id = :person "
        "OR e.object_id = :person OR lower(d.actor) = :address OR lower(d.object_name) = :address) ORDER BY e.at"
    ),
}
