"""People who come and go, from the command line, as the database's owner: the app's own role may not make accounts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.passwords import hash_password
from core.address import parse_email
from core.clock import Clock
from core.db import access_repository, member_repository
from core.db.database import Database
from core.domain.text import is_one_line
from core.errors import Conflict, InvalidInput
from core.runs.departures import hand_over, new_owner, pause_schedules_of

_LONGEST_NAME = 200


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


def add_user(owner: Database, user: NewUser) -> AddedUser:
    """Create an account and its membership, or add a known account to one more organization.

    `owner` connects as the database's owner. Raises InvalidInput, InvalidAddress or Conflict.
    """
    email = parse_email(user.email).lower()
    name = user.name.strip() or email.partition("@")[0]
    if len(name) > _LONGEST_NAME or not is_one_line(name):
        raise InvalidInput(f"A name has up to {_LONGEST_NAME} characters on one line.", place="name")
    password_hash = hash_password(user.password)
    with owner.installation() as session:
        organization, organization_id = _organization(session, user.organization)
        _check_role(session, organization_id, user.role)
        known = access_repository.find_user(session, email)
        if known is None:
            access_repository.insert_user(
                session,
                organization_id=organization_id,
                email=email,
                name=name,
                password_hash=password_hash,
                role=user.role,
                timezone="UTC",
            )
        elif access_repository.is_member(session, organization_id=organization_id, user_id=known):
            raise Conflict(f"{email} belongs to {organization} already.")
        elif member_repository.has_left(session, organization_id, known):
            member_repository.come_back(session, organization_id, known, role=user.role)
        else:
            access_repository.insert_membership(session, organization_id=organization_id, user_id=known, role=user.role)
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
    return departure


def deactivate_user(owner: Database, clock: Clock, *, email: str, hand_over_to: str | None = None) -> Departure:
    """Close an account in all organizations; schedules go to `hand_over_to`, or are paused. Raises InvalidInput."""
    now = clock.now()
    with owner.installation() as session:
        user_id = _user(session, email)
        departures = [
            _depart(session, organization_id, user_id, email=email, hand_over_to=hand_over_to, now=now)
            for organization_id in member_repository.organizations_of(session, user_id)
        ]
        member_repository.set_user_active(session, user_id, is_active=False)
    return Departure(
        email=email,
        paused=tuple(name for one in departures for name in one.paused),
        handed_over=sum(one.handed_over for one in departures),
    )


def activate_user(owner: Database, *, email: str) -> None:
    """Open a closed account again; what was paused stays paused. Raises InvalidInput."""
    with owner.installation() as session:
        member_repository.set_user_active(session, _user(session, email), is_active=True)


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
