"""Adding people from the command line, as the database's owner: the app's own role may not make accounts."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.passwords import hash_password
from core.address import parse_email
from core.db import access_repository
from core.db.database import Database
from core.domain.text import is_one_line
from core.errors import Conflict, InvalidInput

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
        else:
            access_repository.insert_membership(session, organization_id=organization_id, user_id=known, role=user.role)
    return AddedUser(email=email, organization=organization, was_known=known is not None)


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
