"""Data policies: who sees which rows and fields of a dataset, attributes of people, and looking as somebody else."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require, require_dataset
from core.clock import Clock
from core.db import (
    audit_repository,
    data_policy_repository,
    dataset_repository,
    group_repository,
    member_repository,
    role_repository,
    source_repository,
)
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.audit import AuditEvent
from core.domain.catalog import WORKSPACE_KIND
from core.domain.data_policy import BUILT_IN_ATTRIBUTES, Audience, DataPolicy, NamedAttribute, Sight, Traits
from core.domain.data_policy_models import dump_policy
from core.domain.dataset import Dataset, Source
from core.domain.definition import Aggregation, Measure, ReportDefinition
from core.domain.result import Preview
from core.domain.text import check_text
from core.errors import Conflict, InvalidDataset, InvalidInput, NotFound
from core.query.executor import QueryExecutor
from core.query.policed import policed
from core.query.policy_checks import check_policy

MAX_LOOK_ROWS = 200
_MOST_NAMED = 2000
_MOST_VALUES = 500
_LONGEST_VALUE = 500
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPolicy:
    """A dataset's policy as it was saved."""

    dataset: Dataset
    policy: DataPolicy
    version: int  #: counts saves; 0: there never was one


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Who may be named in a policy."""

    roles: tuple[str, ...]
    groups: dict[UUID, str]
    people: dict[UUID, str]  #: those who are here: "Ann Ray · ann@example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What somebody gets of a dataset."""

    person: str
    dataset: Dataset  #: as it is for them
    traits: Traits
    rows: int | None  #: how many exist for them; None: too few to say
    rows_of_all: int
    preview: Preview | None  #: None: they get figures only, or no field

    @property
    def sight(self) -> Sight:
        """What the policy comes to for them."""
        return self.dataset.sight or Sight()


class DataPolicyService:
    """Everything that those who manage policies do with them."""

    def __init__(self, database: Database, clock: Clock, executor: QueryExecutor) -> None:
        self._database = database
        self._clock = clock
        self._executor = executor

    def get(self, principal: Principal, dataset_id: UUID) -> KeptPolicy:
        """Return the policy of a dataset; raises NotFound."""
        require(principal, Permission.MANAGE_POLICIES)
        with self._database.person(principal) as session:
            return self._kept(session, principal, dataset_id)

    def save(
        self, principal: Principal, dataset_id: UUID, policy: DataPolicy, *, expected_version: int | None = None
    ) -> KeptPolicy:
        """Write the policy of a dataset: from the next question on it holds for everybody.

        Raises InvalidDataset with the place, Conflict where `expected_version` is not the newest.
        """
        require(principal, Permission.MANAGE_POLICIES)
        with self._database.person(principal) as session:
            before = self._kept(session, principal, dataset_id)
            source = source_repository.load_source(session, before.dataset.source_id)
            if source.kind == WORKSPACE_KIND:
                raise Conflict(f"The datasets of {source.name} are kept by Broadsheet itself.", place="dataset_id")
            check_policy(policy, before.dataset)
            _check_audiences(session, principal.organization_id, policy)
            data_policy_repository.save_policy(session, dataset_id, policy, expected_version=expected_version)
            self._record(session, principal, before, policy)
            return self._kept(session, principal, dataset_id)

    def names(self, principal: Principal) -> Names:
        """Return the roles, groups and people of the organization."""
        require(principal, Permission.MANAGE_POLICIES)
        with self._database.organization(principal.organization_id) as session:
            groups = group_repository.list_groups(session, limit=_MOST_NAMED).items
            people = group_repository.list_people(session, principal.organization_id, limit=_MOST_NAMED).items
            roles = role_repository.list_roles(session)
        return Names(
            roles=tuple(role.name for role in roles),
            groups={group.id: group.name for group in groups},
            people={one.user_id: f"{one.name} · {one.email}" for one in people if one.is_here},
        )

    def attributes(self, principal: Principal) -> tuple[NamedAttribute, ...]:
        """Return every attribute that somebody filled in: the organization's and people's own."""
        require(principal, Permission.MANAGE_POLICIES)
        with self._database.person(principal) as session:
            return data_policy_repository.list_attributes(session)

    def set_attributes(self, principal: Principal, user_id: UUID | None, given: Mapping[str, Sequence[str]]) -> None:
        """Write all attributes of a person, or where `user_id` is None of everybody who has none of their own."""
        require(principal, Permission.MANAGE_POLICIES)
        cleaned = {name: _values(name, values) for name, values in given.items()}
        with self._database.person(principal) as session:
            name = principal.organization if user_id is None else self._person(session, principal, user_id).email
            before = [one for one in data_policy_repository.list_attributes(session) if one.user_id == user_id]
            data_policy_repository.replace_attributes(session, principal.organization_id, user_id, cleaned)
            event = AuditEvent(
                actor_id=principal.user_id,
                actor=principal.email,
                action="person_attributes.changed",
                kind="person_attributes",
                object_id=user_id,
                object_name=name,
                before={one.name: list(one.values) for one in before},
                after={key: list(values) for key, values in cleaned.items()},
            )
            audit_repository.record(session, principal.organization_id, event, at=self._clock.now())

    def look_as(self, principal: Principal, dataset_id: UUID, user_id: UUID, *, rows: int = 20) -> Look:
        """Return what a person gets of a dataset now, with how many rows. That somebody looked is in the audit."""
        require(principal, Permission.MANAGE_POLICIES)
        if not 1 <= rows <= MAX_LOOK_ROWS:
            raise InvalidInput(f"A look has 1 to {MAX_LOOK_ROWS} rows.", place="rows")
        with self._database.person(principal) as session:
            whole = self._kept(session, principal, dataset_id).dataset
            person = self._person(session, principal, user_id)
            require_dataset(person, whole)
            traits = data_policy_repository.traits_of(session, person)
            source = source_repository.load_source(session, whole.source_id)
            looked = AuditEvent.of(principal, "data_policy.looked_as", object_id=whole.id, name=whole.label)
            audit_repository.record(session, principal.organization_id, looked, at=self._clock.now())
        seen = policed(whole, traits)
        return Look(
            person=person.name or person.email,
            dataset=seen,
            traits=traits,
            rows=self._count(seen, source),
            rows_of_all=self._count(replace(whole, policy=None), source) or 0,
            preview=self._rows(seen, source, rows),
        )

    def _rows(self, dataset: Dataset, source: Source, rows: int) -> Preview | None:
        names = tuple(field.name for field in dataset.fields if not field.is_hidden)
        if not names or (dataset.sight is not None and dataset.sight.least_rows):
            return None
        asked = ReportDefinition(dataset_id=dataset.id, columns=names, limit=rows)
        return self._executor.preview(asked, dataset, source, page=1, page_size=rows)

    def _count(self, dataset: Dataset, source: Source) -> int | None:
        """How many rows there are; None where they are too few to be counted."""
        asked = ReportDefinition(dataset_id=dataset.id, measures=(Measure(aggregation=Aggregation.COUNT),))
        counted = self._executor.preview(asked, dataset, source, page=1, page_size=1)
        found: int | None = counted.table.column(0)[0].as_py()
        return found

    def _kept(self, session: Session, principal: Principal, dataset_id: UUID) -> KeptPolicy:
        dataset = dataset_repository.load_one_dataset(session, dataset_id)
        require_dataset(principal, dataset)
        version = data_policy_repository.load_policy_version(session, dataset_id)
        return KeptPolicy(dataset=dataset, policy=dataset.policy or DataPolicy(), version=version)

    def _person(self, session: Session, principal: Principal, user_id: UUID) -> Principal:
        found = member_repository.member_principal(session, principal.organization_id, user_id)
        if found is None:
            raise NotFound("This person is not active here.", place="user_id")
        return found

    def _record(self, session: Session, principal: Principal, before: KeptPolicy, policy: DataPolicy) -> None:
        event = AuditEvent(
            actor_id=principal.user_id,
            actor=principal.email,
            action="data_policy.changed",
            kind="data_policy",
            object_id=before.dataset.id,
            object_name=before.dataset.label,
            before=dump_policy(before.policy),
            after=dump_policy(policy),
        )
        audit_repository.record(session, principal.organization_id, event, at=self._clock.now())


def _values(name: str, given: Sequence[str]) -> tuple[str, ...]:
    if not _NAME.fullmatch(name):
        raise InvalidInput("A name has small letters, digits and underscores, such as sales_region.", place=name)
    if name in BUILT_IN_ATTRIBUTES:
        raise InvalidInput(f"'{name}' is known of everybody by itself.", place=name)
    values = tuple(dict.fromkeys(value.strip() for value in given if value.strip()))
    if len(values) > _MOST_VALUES:
        raise InvalidInput(f"An attribute has up to {_MOST_VALUES} values.", place=name)
    for value in values:
        check_text(value, place=name, max_length=_LONGEST_VALUE, one_line=True)
    return values


def _check_audiences(session: Session, organization_id: UUID, policy: DataPolicy) -> None:
    """Raise InvalidDataset for groups and people that are not of this organization."""
    audiences: list[tuple[str, Audience]] = [(f"rows[{at}]", rule.audience) for at, rule in enumerate(policy.rows)]
    audiences += [(f"columns[{at}]", rule.audience) for at, rule in enumerate(policy.columns)]
    if policy.group_size is not None:
        audiences.append(("group_size", policy.group_size.audience))
    for place, audience in audiences:
        known_groups = {group.id for group in group_repository.find_groups(session, audience.groups)}
        known_people = group_repository.find_people(session, organization_id, audience.people)
        if not known_groups.issuperset(audience.groups) or not known_people.keys() >= set(audience.people):
            raise InvalidDataset(f"{place}.audience: Choose groups and people of here.", place=f"{place}.audience")
