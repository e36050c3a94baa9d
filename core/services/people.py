"""People who come and go, from the command line, as the database's owner: the app's own role may not make accounts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.password_rule import PasswordRule
from core.access.passwords import hash_password
from core.address import parse_email
from core.clock import Clock
from core.db import (
    access_repository,
    member_repository,
    second_factor_repository,
    session_repository,
    sign_in_repository,
)
from core.db.audit_repository import record
from core.db.database import Database, name_organization
from core.domain.audit import AuditEvent
from core.domain.text import is_one_line
from core.errors import Conflict, InvalidInput
from core.runs.departures import hand_over, new_owner, pause_schedules_of

_LONGEST_NAME = 200
#: Who acts in the audit: the machine's own people have no account here.
_ACTOR = "Command line"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """Whom to add."""

    email: str
    name: str = ""  #: empty: what stands before the @
    password: str
    role: str
    organization: str | None = None  #: by name; None: the only one there is


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedUser:
    """What was done."""

    email: str
    organization: str
    was_known: bool  #: the account was there already, in another organization, and keeps its name and password


def add_user(owner: Database, clock: Clock, user: NewUser, *, rule: PasswordRule) -> AddedUser:
    """Create an account and its membership, or add a known account to one more organization.

    `owner` connects as the database's owner. Raises InvalidInput, InvalidAddress or Conflict.
    """
    email = parse_email(user.email).lower()
    name = user.name.strip() or email.partition("@")[0]
    if len(name) > _LONGEST_NAME or not is_one_line(name):
        raise InvalidInput(f"A name has up to {_LONGEST_NAME} characters on one line.", place="name")
    with owner.installation() as session:
        organization, organization_id = _organization(session, user.organization)
        _check_role(session, organization_id, user.role)
        known = access_repository.find_user(session, email)
        if known is None:
            rule.check(user.password, about=(email, name))
            user_id = access_repository.insert_user(
                session,
                organization_id=organization_id,
                email=email,
                name=name,
                password_hash=hash_password(user.password),
                role=user.role,
                timezone="UTC",
            )
        elif access_repository.is_member(session, organization_id=organization_id, user_id=known):
            raise Conflict(f"{email} belongs to {organization} already.")
        else:
            user_id = known
            _join(session, organization_id, known, role=user.role)
        _told(session, [organization_id], "person.added", user_id, email=email, at=clock.now(), role=user.role)
    return AddedUser(email=email, organization=organization, was_known=known is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """What became of the schedules of somebody who left: they are paused, or somebody else has them."""

    email: str
    paused: tuple[str, ...] = ()
    handed_over: int = 0


def remove_user(
    owner: Database, clock: Clock, *, email: str, organization: str | None = None, hand_over_to: str | None = None
) -> Departure:
    """End a membership with its sessions and tokens. Schedules go to `hand_over_to`, or are paused.

    Raises InvalidInput, and then nothing changed.
    """
    now = clock.now()
    with owner.installation() as session:
        name, organization_id = _organization(session, organization)
        user_id = _user(session, email)
        if not access_repository.is_member(session, organization_id=organization_id, user_id=user_id):
            raise InvalidInput(f"{email} does not belong to {name}.", place="email")
        departure = _depart(session, organization_id, user_id, email=email, hand_over_to=hand_over_to, now=now)
        member_repository.leave(session, organization_id, user_id, at=now)
        handed = {"handed_over_to": hand_over_to} if hand_over_to else {}
        _told(session, [organization_id], "person.removed", user_id, email=email, at=now, **handed)
    return departure


def deactivate_user(owner: Database, clock: Clock, *, email: str, hand_over_to: str | None = None) -> Departure:
    """Close an account in all organizations; schedules go to `hand_over_to`, or are paused. Raises InvalidInput."""
    now = clock.now()
    with owner.installation() as session:
        user_id = _user(session, email)
        organizations = member_repository.organizations_of(session, user_id)
        departures = [
            _depart(session, organization_id, user_id, email=email, hand_over_to=hand_over_to, now=now)
            for organization_id in organizations
        ]
        member_repository.set_user_active(session, user_id, is_active=False)
        _told(session, organizations, "account.deactivated", user_id, email=email, at=now)
    return Departure(
        email=email,
        paused=tuple(name for one in departures for name in one.paused),
        handed_over=sum(one.handed_over for one in departures),
    )


def activate_user(owner: Database, clock: Clock, *, email: str) -> None:
    """Open a closed account again; what was paused stays paused. Raises InvalidInput."""
    with owner.installation() as session:
        user_id = _user(session, email)
        member_repository.set_user_active(session, user_id, is_active=True)
        organizations = member_repository.organizations_of(session, user_id)
        _told(session, organizations, "account.activated", user_id, email=email, at=clock.now())


def reset_factor(owner: Database, clock: Clock, *, email: str) -> None:
    """Take the second factor of somebody who lost it away; a new sign-in is needed everywhere. Raises InvalidInput."""
    now = clock.now()
    with owner.installation() as session:
        user_id = _user(session, email)
        if not second_factor_repository.remove(session, user_id):
            raise InvalidInput(f"{email} has no second factor.", place="email")
        session_repository.end_sessions(session, user_id, only=None, keep=None, now=now)
        organizations = member_repository.organizations_of(session, user_id)
        _told(session, organizations, "second_factor.reset", user_id, email=email, at=now)


def reset_password(owner: Database, clock: Clock, *, email: str, password: str, rule: PasswordRule) -> None:
    """Give somebody another password, which ends every session and the account's lock. Raises InvalidInput."""
    now = clock.now()
    with owner.installation() as session:
        user_id = _user(session, email)
        account = sign_in_repository.find_account(session, user_id)
        if account is None or account.uses_sso:
            raise InvalidInput(f"{email} signs in at the provider and has no password here.", place="email")
        rule.check(password, about=(account.email, account.name))
        sign_in_repository.set_password(session, user_id, hash_password(password), keep=None, now=now)
        organizations = member_repository.organizations_of(session, user_id)
        _told(session, organizations, "password.changed", user_id, email=email, at=now)


def _join(session: Session, organization_id: UUID, user_id: UUID, *, role: str) -> None:
    if member_repository.has_left(session, organization_id, user_id):
        member_repository.come_back(session, organization_id, user_id, role=role)
    else:
        access_repository.insert_membership(session, organization_id=organization_id, user_id=user_id, role=role)


def _told(
    session: Session,
    organizations: Iterable[UUID],
    action: str,
    user_id: UUID,
    *,
    email: str,
    at: datetime,
    **details: str,
) -> None:
    """Record it in the audit of every organization it is about."""
    event = AuditEvent(
        actor_id=None,
        actor=_ACTOR,
        action=action,
        kind=action.partition(".")[0],
        object_id=user_id,
        object_name=email,
        after=details or None,
    )
    for organization_id in organizations:
        name_organization(session, organization_id)
        record(session, organization_id, event, at=at)


def _depart(
    session: Session, organization_id: UUID, user_id: UUID, *, email: str, hand_over_to: str | None, now: datetime
) -> Departure:
    if hand_over_to is None:
        return Departure(email=email, paused=pause_schedules_of(session, organization_id, user_id, at=now))
    to = new_owner(session, organization_id, hand_over_to, place="hand_over_to")
    if to.user_id == user_id:
        raise InvalidInput("Name somebody who stays.", place="hand_over_to")
    handed_over = hand_over(session, organization_id, from_id=user_id, to=to, now=now)
    return Departure(email=email, handed_over=len(handed_over))


def _user(session: Session, email: str) -> UUID:
    user_id = access_repository.find_user(session, parse_email(email).lower())
    if user_id is None:
        raise InvalidInput(f"There is no account {email}.", place="email")
    return user_id


def _organization(session: Session, name: str | None) -> tuple[str, UUID]:
    found = access_repository.list_organizations(session)
    if not found:
        raise InvalidInput("There is no organization yet. Start once with ./run, or run `python -m core seed-demo`.")
    if name is None and len(found) == 1:
        return next(iter(found.items()))
    if name not in found:
        wrong = "Name one with --organization" if name is None else f"There is no organization {name!r}"
        raise InvalidInput(f"{wrong}; there are: {', '.join(found)}.", place="organization")
    return name, found[name]


def _check_role(session: Session, organization_id: UUID, role: str) -> None:
    roles = access_repository.role_names(session, organization_id)
    if role not in roles:
        raise InvalidInput(f"There is no role {role!r}; there are: {', '.join(roles)}.", place="role")
