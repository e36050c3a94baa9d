"""People in files: they are named by the address they sign in with, and are never made by a file."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from core.db import group_repository
from core.errors import InvalidInput
from core.services.as_code.desk import Desk


def emails_of(desk: Desk, user_ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """The addresses of people by their ids; whoever left is among them."""
    people, _ = desk.tools.groups.named(desk.principal, users=frozenset(user_ids), groups=())
    return {person.user_id: person.email for person in people}


def person_id(desk: Desk, email: str, *, place: str) -> UUID:
    """The id of who signs in with an address. Raises InvalidInput."""
    with desk.tools.database.organization(desk.principal.organization_id) as session:
        found = group_repository.people_by_email(session, desk.principal.organization_id, [email])
    person = found.get(email.strip().lower())
    if person is None:
        raise InvalidInput(f"Nobody of {desk.principal.organization} signs in with {email[:320]}.", place=place)
    return person.user_id
