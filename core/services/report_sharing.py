"""Who may see and change a report or a dashboard: looking at that, changing it, and giving the thing away."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import can, require, require_can
from core.db import grant_repository, member_repository, schedule_repository
from core.db.audit_repository import note
from core.db.database import Database, name_nobody
from core.db.shared_tables import SharedTable, active_schedules, hold, load_shared, set_owner
from core.domain.access import Permission, Principal
from core.domain.library import Action, Grant, GrantKind, Level, SharedThing, Sharing, Visibility
from core.errors import InvalidInput

MAX_GRANTS = 200
_LOST = "Its owner may not see its {word} any more. Give it to somebody who may, or share the {word} again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom a thing can be shared with."""

    people: tuple[Grant, ...]
    groups: tuple[Grant, ...]


class SharingService:
    """Everything about who the things of one table are for: reports, or dashboards."""

    def __init__(self, database: Database, table: SharedTable) -> None:
        self._database = database
        self._table = table

    def get(self, principal: Principal, thing_id: UUID) -> Sharing:
        """Return who may see and change a thing; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            load_shared(session, self._table, thing_id)
            return grant_repository.load_sharing(session, self._table, thing_id)

    def audience(self, principal: Principal) -> Audience:
        """Return the people and groups of the organization."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            return Audience(
                people=grant_repository.people(session, principal.organization_id),
                groups=grant_repository.groups(session),
            )

    def would_pause(self, principal: Principal, thing_id: UUID, sharing: Sharing) -> tuple[str, ...]:
        """Return the schedules that `sharing` would pause: their owners could not see what they send any more."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            thing = load_shared(session, self._table, thing_id)
            return tuple(self._losing(session, principal.organization_id, thing, sharing).values())

    def share(self, principal: Principal, thing_id: UUID, sharing: Sharing) -> tuple[str, ...]:
        """Say who may see and change a thing; returns the schedules that were paused by it.

        Raises NotFound, NotAllowed, and InvalidInput for somebody who does not belong to the organization.
        """
        require(principal, Permission.EDIT_REPORTS)
        with self._database.person(principal) as session:
            hold(session, self._table, thing_id)
            thing = load_shared(session, self._table, thing_id)
            require_can(principal, Action.SHARE, thing)
            sharing = _checked(session, principal, sharing)
            name_nobody(session)
            before = grant_repository.load_sharing(session, self._table, thing_id)
            action = f"{self._table.word}.shared"
            note(session, principal, action, before=before, after=sharing, object_id=thing_id, name=thing.name)
            grant_repository.save_sharing(
                session, self._table, thing_id, sharing, organization_id=principal.organization_id
            )
            return self._pause_lost(session, principal, thing, sharing)

    def give(self, principal: Principal, thing_id: UUID, *, owner: UUID) -> SharedThing:
        """Give a thing to another member; who had it may still change it, unless it is private."""
        require(principal, Permission.EDIT_REPORTS)
        with self._database.person(principal) as session:
            hold(session, self._table, thing_id)
            thing = load_shared(session, self._table, thing_id)
            require_can(principal, Action.SHARE, thing)
            if not member_repository.is_here(session, principal.organization_id, owner):
                raise InvalidInput("Give it to somebody of your organization.", place="owner")
            name_nobody(session)
            set_owner(session, self._table, thing_id, owner)
            given = replace(thing, owner_id=owner, owner_name=member_repository.member_name(session, owner))
            sharing = grant_repository.load_sharing(session, self._table, thing_id)
            self._pause_lost(session, principal, given, sharing)
            return note(session, principal, f"{self._table.word}.given", before=thing, after=given)

    def _pause_lost(
        self, session: Session, principal: Principal, thing: SharedThing, sharing: Sharing
    ) -> tuple[str, ...]:
        lost = self._losing(session, principal.organization_id, thing, sharing)
        because = _LOST.format(word=self._table.word)
        for schedule_id in lost:
            schedule_repository.pause(session, schedule_id, until=None, because=because)
        return tuple(lost.values())

    def _losing(
        self, session: Session, organization_id: UUID, thing: SharedThing, sharing: Sharing
    ) -> Mapping[UUID, str]:
        """The schedules of a thing whose owners could not see it: their names by id."""
        lost = {}
        for schedule_id, owner_id, name in active_schedules(session, self._table, thing.id):
            owner = member_repository.member_principal(session, organization_id, owner_id)
            granted = _level(sharing, owner_id, grant_repository.groups_of(session, owner_id))
            seen = replace(thing, visibility=sharing.visibility, everyone=sharing.everyone, granted=granted)
            if owner is not None and not can(owner, Action.VIEW, seen):
                lost[schedule_id] = name
        return lost


def _checked(session: Session, principal: Principal, sharing: Sharing) -> Sharing:
    """Return the sharing as it is kept: nobody twice, and nobody but the owner where it is private."""
    if len(sharing.grants) > MAX_GRANTS:
        raise InvalidInput(f"Share with up to {MAX_GRANTS} people and groups; larger circles are a group.")
    people = {one.id for one in grant_repository.people(session, principal.organization_id)}
    groups = {one.id for one in grant_repository.groups(session)}
    for index, grant in enumerate(sharing.grants):
        if grant.id not in (people if grant.kind is GrantKind.USER else groups):
            raise InvalidInput("This is nobody of your organization.", place=f"grants[{index}].id")
    grants = () if sharing.visibility is Visibility.PRIVATE else sharing.grants
    return replace(sharing, grants=tuple({(one.kind, one.id): one for one in grants}.values()))


def _level(sharing: Sharing, user_id: UUID, groups: frozenset[UUID]) -> Level | None:
    levels = {grant.level for grant in sharing.grants if grant.id == user_id or grant.id in groups}
    return next((level for level in (Level.EDIT, Level.VIEW) if level in levels), None)
