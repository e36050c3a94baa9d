"""What a channel is: one way to hand a message to a recipient. Which channels exist is the registry's matter."""

from collections.abc import Sequence
from typing import Protocol

from core.catalog.sources.connector import ConnectionField
from core.domain.delivery import Message, MessageFile
from core.domain.destination import DestinationSettings, Place
from core.domain.schedule import Recipient
from core.errors import DeliveryRefused


class Channel(Protocol):
    """A transport. Implementations keep no state between messages and may be shared by threads.

    A channel with a `form` delivers to places: destinations that people fill in, and the installation's own where its
    settings make one. Without a form there is one way for everybody, and the place is always None.
    """

    @property
    def key(self) -> str:
        """The key recipients and deliveries carry."""
        ...

    @property
    def label(self) -> str:
        """What people call it."""
        ...

    @property
    def form(self) -> tuple[ConnectionField, ...]:
        """What a destination is made of."""
        ...

    @property
    def address_help(self) -> str:
        """What a recipient's address is, in words for people."""
        ...

    def own_settings(self) -> DestinationSettings | None:
        """What the installation's settings make of a destination; None: they make none. Its secrets stay inside."""
        ...

    def check_place(self, place: Place) -> None:
        """Raise InvalidInput with the field as its place where a destination cannot be; touches no network."""
        ...

    def check_address(self, address: str) -> None:
        """Raise InvalidAddress where `address` can never be delivered to; touches no network."""
        ...

    def linked(self, files: Sequence[MessageFile]) -> tuple[MessageFile, ...]:
        """Which of the files cannot go along and are to be linked instead."""
        ...

    def reference(self, message: Message, recipient: Recipient, place: Place | None = None) -> str:
        """Under what the delivery can be found at the other side: a Message-ID, key or URL; the same on every retry."""
        ...

    def send(self, message: Message, recipient: Recipient, place: Place | None = None) -> str:
        """Hand the message over once and return what the other side said.

        Raises InvalidAddress, DeliveryRefused (no for good), DeliveryDeferred (not now; certainly not accepted) or
        DeliveryUnknown (it may have been accepted). Never tries again by itself.
        """
        ...


def placed(place: Place | None) -> Place:
    """The place, where there is one. Raises DeliveryRefused."""
    if place is None:
        raise DeliveryRefused("The destination is not there any more. Choose another one.")
    return place
