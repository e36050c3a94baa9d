"""What a channel is: one way to hand a message to a recipient. Which channels exist is the registry's matter."""

from typing import Protocol

from core.domain.delivery import Message
from core.domain.schedule import Recipient


class Channel(Protocol):
    """A transport. Implementations keep no state between messages and may be shared by threads."""

    @property
    def key(self) -> str:
        """The key recipients and deliveries carry."""
        ...

    @property
    def label(self) -> str:
        """What people call it."""
        ...

    def check_address(self, address: str) -> None:
        """Raise InvalidAddress where `address` can never be delivered to; touches no network."""
        ...

    def reference(self, message: Message) -> str:
        """Under what the delivery can be found at the other side: a Message-ID, key or URL; the same on every retry."""
        ...

    def send(self, message: Message, recipient: Recipient) -> str:
        """Hand the message over once and return what the other side said.

        Raises InvalidAddress, DeliveryRefused (no for good), DeliveryDeferred (not now; certainly not accepted) or
        DeliveryUnknown (it may have been accepted). Never tries again by itself.
        """
        ...
