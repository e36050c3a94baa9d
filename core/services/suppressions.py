"""Addresses that an organization leaves alone: its administrators' list, and what people ask for without signing in."""

from datetime import timedelta
from uuid import UUID

from core.access.policy import require
from core.address import parse_email
from core.clock import Clock
from core.db import audit_repository, group_repository, schedule_repository, suppression_repository
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.group import Whereabouts
from core.domain.page import Page
from core.domain.suppression import Subscription, SubscriptionChoice, Suppression, SuppressionReason
from core.domain.text import check_text
from core.errors import InvalidAddress, NotFound
from core.secrets import token_sha256

MAX_NOTE_LENGTH = 300


class SuppressionService:
    """The organization's list, looked after by those who manage its people."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def list(self, principal: Principal, *, search: str = "", page: int = 1, limit: int = 50) -> Page[Suppression]:
        """Return the addresses that are left alone now, the newest first."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            return suppression_repository.list_suppressions(
                session, now=self._clock.now(), search=search, page=page, limit=limit
            )

    def add(
        self, principal: Principal, address: str, *, schedule_id: UUID | None = None, note: str = ""
    ) -> Suppression:
        """Leave an address alone, by one schedule or altogether. Raises InvalidAddress or NotFound."""
        require(principal, Permission.MANAGE_MEMBERS)
        reason = SuppressionReason.ADDED
        return self._put(principal, address, reason=reason, schedule_id=schedule_id, note=note)

    def remove(self, principal: Principal, suppression_id: UUID) -> None:
        """Take an address off the list; raises NotFound."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            suppression_repository.release(session, suppression_id)
            audit_repository.note(session, principal, "suppression.ended", object_id=suppression_id)

    def where(self, principal: Principal, address: str) -> Whereabouts:
        """Return where an address stands, so that people see what `remove_everywhere` would change."""
        require(principal, Permission.MANAGE_MEMBERS)
        known = _address(address)
        with self._database.organization(principal.organization_id) as session:
            found = suppression_repository.find_suppression(session, known, schedule_id=None, now=self._clock.now())
            return Whereabouts(
                address=known,
                schedules=suppression_repository.schedules_with(session, known),
                groups=tuple(group_repository.groups_with(session, known).values()),
                is_suppressed=found is not None,
            )

    def remove_everywhere(self, principal: Principal, address: str) -> Whereabouts:
        """Take an address out of every schedule and group and leave it alone; all of it or nothing.

        Returns where it stood: a schedule that nobody is left of is paused.
        """
        require(principal, Permission.MANAGE_MEMBERS)
        known = _address(address)
        with self._database.organization(principal.organization_id) as session:
            schedules = suppression_repository.remove_from_schedules(session, known)
            groups = group_repository.remove_from_groups(session, known)
            suppression_repository.suppress(
                session,
                principal.organization_id,
                known,
                reason=SuppressionReason.REMOVED,
                now=self._clock.now(),
                created_by=principal.user_id,
            )
            told = {"schedules": schedules, "groups": groups}
            audit_repository.note(session, principal, "suppression.added", name=known, after=told)
        return Whereabouts(address=known, schedules=schedules, groups=groups, is_suppressed=True)

    def _put(
        self, principal: Principal, address: str, *, reason: SuppressionReason, schedule_id: UUID | None, note: str
    ) -> Suppression:
        known, now = _address(address), self._clock.now()
        said = check_text(note.strip(), place="note", max_length=MAX_NOTE_LENGTH, one_line=True) if note.strip() else ""
        with self._database.organization(principal.organization_id) as session:
            if schedule_id is not None:
                schedule_repository.load_schedule(session, schedule_id)
            suppression_repository.suppress(
                session,
                principal.organization_id,
                known,
                reason=reason,
                now=now,
                schedule_id=schedule_id,
                note=said,
                created_by=principal.user_id,
            )
            kept = suppression_repository.load_suppression(session, known, schedule_id=schedule_id)
            return audit_repository.note(session, principal, "suppression.added", after=kept, name=known)


class UnsubscribeService:
    """What whoever holds the link of a mail may see and ask for; nobody signs in."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def look(self, token: str) -> Subscription:
        """Return whose link it is and what holds for them. Raises NotFound."""
        sha256 = token_sha256(token)
        with self._database.installation() as session:
            organization_id = suppression_repository.organization_of_token(session, sha256)
        if organization_id is None:
            raise NotFound("This link is not complete, or its organization is gone. Follow it from the mail again.")
        with self._database.organization(organization_id) as session:
            return suppression_repository.load_subscription(session, sha256, now=self._clock.now())

    def choose(self, token: str, choice: SubscriptionChoice) -> Subscription:
        """Do what the owner of the address asks for; the same again changes nothing. Raises NotFound."""
        asked, now = self.look(token), self._clock.now()
        schedule_id = None if choice is SubscriptionChoice.EVERYTHING else asked.schedule_id
        with self._database.organization(asked.organization_id) as session:
            if choice is SubscriptionChoice.AGAIN:
                suppression_repository.take_back(session, asked.address, schedule_id=schedule_id)
            else:
                weeks = choice.weeks
                suppression_repository.suppress(
                    session,
                    asked.organization_id,
                    asked.address,
                    reason=SuppressionReason.UNSUBSCRIBED if weeks is None else SuppressionReason.SNOOZED,
                    now=now,
                    schedule_id=schedule_id,
                    until=None if weeks is None else now + timedelta(weeks=weeks),
                )
        return self.look(token)


def _address(text: str) -> str:
    try:
        return parse_email(text).lower()
    except InvalidAddress as error:
        raise InvalidAddress(error.user_message, place="address") from error
