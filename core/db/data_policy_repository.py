"""Data policies of datasets, attributes of people, and what both come to for a person."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, null, select, update
from sqlalchemy.orm import Session

from core.db.member_repository import member_principal
from core.db.tables import DatasetRow, GroupMemberRow, GroupRow, PersonAttributeRow
from core.domain.access import Principal
from core.domain.data_policy import DataPolicy, NamedAttribute, Traits
from core.domain.data_policy_models import dump_policy
from core.errors import Conflict


def traits_of(session: Session, person: Principal) -> Traits:
    """Return what rules may ask about a person."""
    groups = _groups_of(session, person.user_id)
    own = PersonAttributeRow.user_id == person.user_id
    rows = session.execute(
        select(PersonAttributeRow.name, PersonAttributeRow.given)
        .where(own | PersonAttributeRow.user_id.is_(None))
        .order_by(PersonAttributeRow.user_id.is_not(None))
    )
    named = {row.name: tuple(row.given) for row in rows}  # a person's own come last and win
    built_in = {
        "email": (person.email,),
        "name": (person.name,),
        "role": (person.role,),
        "groups": tuple(sorted(groups.values())),
    }
    return Traits(
        user_id=person.user_id,
        role=person.role,
        groups=frozenset(groups),
        attributes=named | {name: given for name, given in built_in.items() if any(given)},
    )


def sight_keys(session: Session, organization_id: UUID, people: Collection[UUID | None]) -> dict[UUID | None, str]:
    """Return by person a text that differs wherever a policy of the organization or what it asks about them does.

    It is part of what runs have in common that share their work; empty where no dataset has a policy.
    """
    policies = session.execute(
        select(DatasetRow.id, DatasetRow.policy).where(DatasetRow.policy.is_not(None)).order_by(DatasetRow.id)
    ).all()
    if not policies:
        return {}
    told = [[str(row.id), row.policy] for row in policies]
    keys: dict[UUID | None, str] = {}
    for person_id in people:
        person = None if person_id is None else member_principal(session, organization_id, person_id)
        traits = "" if person is None else traits_of(session, person).key
        keys[person_id] = hashlib.sha256(json.dumps([told, traits], sort_keys=True).encode()).hexdigest()
    return keys


def has_policies(session: Session) -> bool:
    """Whether any dataset of the organization has a policy."""
    return session.execute(select(DatasetRow.id).where(DatasetRow.policy.is_not(None)).limit(1)).first() is not None


def load_policy_version(session: Session, dataset_id: UUID) -> int:
    """Return how often a dataset's policy was saved."""
    statement = select(DatasetRow.policy_version).where(DatasetRow.id == dataset_id)
    return session.execute(statement).scalar_one()


def save_policy(session: Session, dataset_id: UUID, policy: DataPolicy, *, expected_version: int | None) -> int:
    """Write a dataset's policy; returns its version. Raises Conflict where somebody else did so first."""
    statement = update(DatasetRow).where(DatasetRow.id == dataset_id)
    if expected_version is not None:
        statement = statement.where(DatasetRow.policy_version == expected_version)
    stored = None if policy.is_empty else dump_policy(policy)
    changed = session.execute(
        statement.values(
            policy=null() if stored is None else stored,
            policy_version=DatasetRow.policy_version + 1,
        ).returning(DatasetRow.policy_version)
    ).scalar_one_or_none()
    if changed is None:
        raise Conflict
    return changed


def list_attributes(session: Session) -> tuple[NamedAttribute, ...]:
    """Return every attribute of the organization and its people, by name."""
    rows = session.execute(
        select(PersonAttributeRow.name, PersonAttributeRow.given, PersonAttributeRow.user_id).order_by(
            PersonAttributeRow.name, PersonAttributeRow.user_id.nulls_first()
        )
    )
    return tuple(NamedAttribute(name=row.name, values=tuple(row.given), user_id=row.user_id) for row in rows)


def replace_attributes(
    session: Session, organization_id: UUID, user_id: UUID | None, given: Mapping[str, Sequence[str]]
) -> None:
    """Write the attributes of a person, or of the organization; those without a value are gone."""
    session.execute(delete(PersonAttributeRow).where(PersonAttributeRow.user_id.is_not_distinct_from(user_id)))
    rows: list[dict[str, Any]] = [
        {"organization_id": organization_id, "user_id": user_id, "name": name, "given": list(values)}
        for name, values in given.items()
        if values
    ]
    if rows:
        session.execute(insert(PersonAttributeRow), rows)


def _groups_of(session: Session, user_id: UUID) -> dict[UUID, str]:
    """The groups that somebody is in, by id."""
    rows = session.execute(
        select(GroupRow.id, GroupRow.name)
        .join(GroupMemberRow, GroupMemberRow.group_id == GroupRow.id)
        .where(GroupMemberRow.user_id == user_id)
    )
    return {row.id: row.name for row in rows}
