"""Who may receive reports: the organization's rule, looked after by those who manage its people, and its checks."""

import re
from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require
from core.address import email_key, parse_email
from core.db import group_repository, recipient_policy_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.page import Page
from core.domain.recipient_policy import RecipientPolicy, RecipientRule, RefusedRecipient, ScheduleAtOdds
from core.domain.schedule import GROUP, USER, Recipient
from core.errors import Conflict, InvalidAddress, InvalidInput

MAX_DOMAINS = 200
#: An address that stands for all of a domain, to have the one validator look at the domain.
_ANYBODY = "anybody@"
_EMAIL = "email"
_BELOW = re.compile(r"^\*\.(?=[^.])")


def check(session: Session, organization_id: UUID, named: Iterable[tuple[str, str]]) -> None:
    """Raise InvalidAddress at the first address that may not receive reports; `named`: addresses with their places."""
    places = list(named)
    refused = recipient_policy_repository.refusals(session, organization_id, (address for address, _ in places))
    for address, place in places:
        if address in refused:
            raise InvalidAddress(refused[address], place=place)


class RecipientPolicyService:
    """The rule of an organization, and what it means for what is saved."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, principal: Principal) -> RecipientPolicy:
        """Return the rule; those who look at reports may know it."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            return recipient_policy_repository.load_policy(session)

    def save(
        self, principal: Principal, policy: RecipientPolicy, *, expected_version: int | None = None
    ) -> RecipientPolicy:
        """Save the rule; it holds from the next delivery on. Raises InvalidInput with the place, or Conflict."""
        require(principal, Permission.MANAGE_MEMBERS)
        checked = _checked(policy)
        with self._database.organization(principal.organization_id) as session:
            present = recipient_policy_repository.load_policy(session)
            if expected_version not in (None, present.version):
                raise Conflict
            recipient_policy_repository.put_policy(session, principal.organization_id, checked)
            kept = recipient_policy_repository.load_policy(session)
            return note(session, principal, "recipient_policy.changed", before=present, after=kept)

    def at_odds(
        self, principal: Principal, policy: RecipientPolicy | None = None, *, page: int = 1, limit: int = 50
    ) -> Page[ScheduleAtOdds]:
        """Return the schedules with recipients that may not receive reports, by name.

        `policy`: another rule than the saved one, to see what it would do before it is saved.
        """
        require(principal, Permission.MANAGE_SCHEDULES)
        rule = None if policy is None else _checked(policy)
        with self._database.organization(principal.organization_id) as session:
            found = _at_odds(session, principal.organization_id, rule)
        first = (page - 1) * limit
        return Page(items=found[first : first + limit], total=len(found), page=page, limit=limit)


def _at_odds(session: Session, organization_id: UUID, policy: RecipientPolicy | None) -> tuple[ScheduleAtOdds, ...]:
    """All addresses of all schedules are looked at in one go."""
    saved = recipient_policy_repository.list_recipients(session)
    named = {one.address for schedule in saved for one in schedule.recipients if one.channel == GROUP}
    groups = {UUID(group_id) for group_id in named}
    names = group_repository.hold_groups(session, groups)
    members = group_repository.members_of(session, groups)
    people = group_repository.find_people(
        session, organization_id, {UUID(one.address) for s in saved for one in s.recipients if one.channel == USER}
    )

    def addresses(one: Recipient) -> Iterable[tuple[str, str | None]]:
        if one.channel == _EMAIL:
            yield one.address, None
        elif one.channel == GROUP:
            for member in members.get(UUID(one.address), ()):
                if member.is_here:
                    yield member.address, names[UUID(one.address)]
        elif one.channel == USER and (person := people.get(UUID(one.address))) is not None and person.is_here:
            yield person.email, None

    by_schedule = [(s, [found for one in s.recipients for found in addresses(one)]) for s in saved]
    refused = recipient_policy_repository.refusals(
        session, organization_id, (address for _, found in by_schedule for address, _ in found), policy=policy
    )
    return tuple(
        ScheduleAtOdds(
            schedule_id=schedule.id,
            schedule=schedule.name,
            is_active=schedule.is_active,
            refused=tuple(
                RefusedRecipient(address=address, why=refused[address], group=group)
                for address, group in found
                if address in refused
            ),
        )
        for schedule, found in by_schedule
        if any(address in refused for address, _ in found)
    )


def _checked(policy: RecipientPolicy) -> RecipientPolicy:
    """The rule with its domains as they are compared; raises InvalidInput with the place."""
    if len(policy.domains) > MAX_DOMAINS:
        raise InvalidInput(f"Up to {MAX_DOMAINS} domains may be named.", place="domains")
    domains = tuple(dict.fromkeys(_domain(text, n) for n, text in enumerate(policy.domains)))
    if policy.rule is RecipientRule.DOMAINS and not domains:
        raise InvalidInput("Name at least one domain, such as example.com.", place="domains")
    return replace(policy, domains=domains)


def _domain(text: str, position: int) -> str:
    bare = text.strip().removeprefix("@")
    below = _BELOW.match(bare)
    try:
        domain = email_key(parse_email(_ANYBODY + bare[below.end() if below else 0 :])).removeprefix(_ANYBODY)
    except InvalidAddress as error:
        wrong = f'"{text.strip()[:80]}" is not a domain such as example.com or *.example.com.'
        raise InvalidInput(wrong, place=f"domains[{position}]") from error
    return f"*.{domain}" if below else domain
