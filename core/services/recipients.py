"""Checks recipients when they are saved: each must be one that can be reached and that may receive reports."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from core.db import destination_repository, group_repository
from core.deliver.channel import Channel
from core.domain.destination import built_in_id
from core.domain.schedule import GROUP, KINDS, USER, Recipient
from core.errors import InvalidAddress, InvalidInput
from core.services import recipient_policy

MAX_RECIPIENTS = 200
_EMAIL = "email"
_NO_PERSON = "This person does not exist, or does not belong to your organization."
_NO_GROUP = "This group does not exist, or you may not see it."


def check_recipients(recipients: Sequence[Recipient], channels: Mapping[str, Channel]) -> None:
    """Raise InvalidInput with its place at the first recipient that cannot be; touches neither network nor database."""
    if not recipients:
        raise InvalidInput("Name at least one recipient.", place="recipients")
    if len(recipients) > MAX_RECIPIENTS:
        raise InvalidInput(f"A schedule may have up to {MAX_RECIPIENTS} recipients.", place="recipients")
    seen: set[tuple[object, ...]] = set()
    for position, recipient in enumerate(recipients):
        place = f"recipients[{position}]"
        channel = channels.get(recipient.channel)
        if channel is None and recipient.channel not in KINDS:
            known = ", ".join((*channels, *KINDS))
            raise InvalidInput(f"There is no channel called {recipient.channel!r}; known: {known}.", place=place)
        with _at(place):
            _check_kind(recipient) if channel is None else channel.check_address(recipient.address)
        key = (recipient.channel, recipient.destination_id, recipient.address.strip().lower())
        if key in seen:
            raise InvalidAddress(f"{recipient.address or recipient.channel} is named twice.", place=place)
        seen.add(key)


def hold_recipients(
    session: Session, organization_id: UUID, recipients: Sequence[Recipient], channels: Mapping[str, Channel]
) -> tuple[Recipient, ...]:
    """Return the recipients with people and groups by their ids, where all of them may receive reports.

    Raises InvalidInput with the place: for a destination, person or group that is not there or another organization's,
    for somebody who left, and for an address that the organization's rule does not let through.
    """
    hold_destinations(session, recipients, channels)
    known = with_ids(session, organization_id, recipients)
    _check_people(session, organization_id, known)
    named = [(one.address, f"recipients[{n}]") for n, one in enumerate(known) if one.channel == _EMAIL]
    recipient_policy.check(session, organization_id, named)
    _check_groups(session, organization_id, known)
    return known


def hold_destinations(session: Session, recipients: Sequence[Recipient], channels: Mapping[str, Channel]) -> None:
    """Raise InvalidInput where a destination is not there or not its channel's; none goes meanwhile."""
    wanted = frozenset(one.destination_id for one in recipients if one.destination_id is not None)
    saved = destination_repository.hold_destinations(session, wanted)
    for position, recipient in enumerate(recipients):
        if recipient.channel in KINDS:
            continue
        wrong = _what_is_wrong(recipient, channels[recipient.channel], saved)
        if wrong is not None:
            raise InvalidInput(wrong, place=f"recipients[{position}].destination_id")


def _check_kind(recipient: Recipient) -> None:
    if recipient.destination_id is not None:
        raise InvalidAddress("People and groups take no destination: leave it out.")
    if not recipient.address.strip():
        raise InvalidAddress("Name the group." if recipient.channel == GROUP else "Name the person.")


def with_ids(session: Session, organization_id: UUID, recipients: Sequence[Recipient]) -> tuple[Recipient, ...]:
    """Return the recipients with people, who may be named by their address, and groups, by their name, as ids.

    Raises InvalidInput with the place for one that is unknown or named twice.
    """
    by = {kind: [one.address.strip() for one in recipients if one.channel == kind] for kind in (USER, GROUP)}
    emails = [text for text in by[USER] if _id(text) is None]
    people = group_repository.people_by_email(session, organization_id, emails)
    groups = group_repository.group_ids(session, [text for text in by[GROUP] if _id(text) is None])

    def known(position: int, one: Recipient) -> Recipient:
        if one.channel not in by:
            return one
        text = one.address.strip()
        person = people.get(text.lower())
        found = _id(text) or (groups.get(text.lower()) if one.channel == GROUP else person and person.user_id)
        if found is None:
            raise InvalidInput(_NO_GROUP if one.channel == GROUP else _NO_PERSON, place=f"recipients[{position}]")
        return replace(one, address=str(found))

    found = tuple(known(position, one) for position, one in enumerate(recipients))
    for position, one in enumerate(found):
        if one in found[:position]:
            raise InvalidAddress(f"{recipients[position].address} is named twice.", place=f"recipients[{position}]")
    return found


def _check_people(session: Session, organization_id: UUID, recipients: Sequence[Recipient]) -> None:
    ids = frozenset(UUID(one.address) for one in recipients if one.channel == USER)
    people = group_repository.find_people(session, organization_id, ids)
    for position, one in enumerate(recipients):
        if one.channel != USER:
            continue
        person, place = people.get(UUID(one.address)), f"recipients[{position}]"
        if person is None:
            raise InvalidInput(_NO_PERSON, place=place)
        if not person.is_here:
            raise InvalidInput(f"{person.name} is not an active member of your organization any more.", place=place)


def _check_groups(session: Session, organization_id: UUID, recipients: Sequence[Recipient]) -> None:
    """A group stays as long as a schedule names it, and who is in it may receive reports."""
    ids = frozenset(UUID(one.address) for one in recipients if one.channel == GROUP)
    names = group_repository.hold_groups(session, ids)
    members = group_repository.members_of(session, ids)
    for position, one in enumerate(recipients):
        if one.channel != GROUP:
            continue
        place, group_id = f"recipients[{position}]", UUID(one.address)
        if group_id not in names:
            raise InvalidInput(_NO_GROUP, place=place)
        inside = [(member.address, place) for member in members.get(group_id, ()) if member.is_here]
        try:
            recipient_policy.check(session, organization_id, inside)
        except InvalidAddress as error:
            words = f'In the group "{names[group_id]}": {error.user_message}'
            raise InvalidAddress(words, place=place) from error


@contextmanager
def _at(place: str) -> Iterator[None]:
    try:
        yield
    except InvalidAddress as error:
        raise InvalidAddress(error.user_message, place=place) from error


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _what_is_wrong(recipient: Recipient, channel: Channel, saved: Mapping[UUID, str]) -> str | None:
    chosen = recipient.destination_id
    if not channel.form:
        return None if chosen is None else f"{channel.label} takes no destination: leave it out."
    if chosen is None or chosen == built_in_id(channel.key):
        return None if channel.own_settings() is not None else f"Choose a destination for {channel.label}."
    if chosen not in saved:
        return "This destination does not exist, or you may not see it."
    return None if saved[chosen] == channel.key else f"This destination is none of {channel.label}."
