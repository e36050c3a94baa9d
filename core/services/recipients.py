"""Checks recipients when they are saved: each must be one that its channel can reach."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from core.db import destination_repository
from core.deliver.channel import Channel
from core.domain.destination import built_in_id
from core.domain.schedule import Recipient
from core.errors import InvalidAddress, InvalidInput

MAX_RECIPIENTS = 200


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
        if channel is None:
            known = ", ".join(channels)
            raise InvalidInput(f"There is no channel called {recipient.channel!r}; known: {known}.", place=place)
        try:
            channel.check_address(recipient.address)
        except InvalidAddress as error:
            raise InvalidAddress(error.user_message, place=place) from error
        key = (recipient.channel, recipient.destination_id, recipient.address.strip().lower())
        if key in seen:
            raise InvalidAddress(f"{recipient.address or channel.label} is named twice.", place=place)
        seen.add(key)


def hold_destinations(session: Session, recipients: Sequence[Recipient], channels: Mapping[str, Channel]) -> None:
    """Raise InvalidInput where a destination is not there or not its channel's; none goes meanwhile."""
    wanted = frozenset(one.destination_id for one in recipients if one.destination_id is not None)
    saved = destination_repository.hold_destinations(session, wanted)
    for position, recipient in enumerate(recipients):
        wrong = _what_is_wrong(recipient, channels[recipient.channel], saved)
        if wrong is not None:
            raise InvalidInput(wrong, place=f"recipients[{position}].destination_id")


def _what_is_wrong(recipient: Recipient, channel: Channel, saved: Mapping[UUID, str]) -> str | None:
    chosen = recipient.destination_id
    if not channel.form:
        return None if chosen is None else f"{channel.label} takes no destination: leave it out."
    if chosen is None or chosen == built_in_id(channel.key):
        return None if channel.own_settings() is not None else f"Choose a destination for {channel.label}."
    if chosen not in saved:
        return "This destination does not exist, or you may not see it."
    return None if saved[chosen] == channel.key else f"This destination is none of {channel.label}."
