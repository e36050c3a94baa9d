"""E-mail as deliveries know it: over the organization's mail server where it has one, else the installation's."""

import ssl
from collections.abc import Sequence

from core.deliver.channel import Channel
from core.deliver.email_channel import EmailChannel
from core.domain.delivery import Message, MessageFile
from core.domain.destination import DestinationSettings, Place
from core.domain.mail_server import server_of
from core.domain.schedule import Recipient
from core.settings import Settings


class MailChannel:
    """The place of a mail is the organization's mail server (see `core.runs.places`); None: the installation's."""

    key = "email"
    form = ()
    address_help = "An e-mail address."

    def __init__(
        self,
        own: Channel,
        settings: Settings,
        *,
        tls_context: ssl.SSLContext | None = None,
        timeout_s: float = 60.0,
    ) -> None:
        """`own`: the installation's way, a mail server or the outbox folder."""
        self._own = own
        self._settings = settings
        self._tls_context = tls_context
        self._timeout_s = timeout_s

    @property
    def label(self) -> str:
        """What people call it."""
        return self._own.label

    def check_address(self, address: str) -> None:
        """Raise InvalidAddress unless `address` is one e-mail address."""
        self._own.check_address(address)

    def own_settings(self) -> DestinationSettings | None:
        """Nobody chooses between mail servers."""
        return None

    def check_place(self, place: Place) -> None:
        """Nobody fills in a destination."""

    def linked(self, files: Sequence[MessageFile]) -> tuple[MessageFile, ...]:
        """Files that a mail has no room for."""
        return self._own.linked(files)

    def reference(self, message: Message, recipient: Recipient, place: Place | None = None) -> str:
        """The Message-ID, which ends in the domain of the sender."""
        return self._way(place).reference(message, recipient)

    def send(self, message: Message, recipient: Recipient, place: Place | None = None) -> str:
        """Send to one recipient and return the server's answer to the final dot."""
        return self._way(place).send(message, recipient)

    def _way(self, place: Place | None) -> Channel:
        if place is None:
            return self._own
        return EmailChannel(
            self._settings, server=server_of(place), tls_context=self._tls_context, timeout_s=self._timeout_s
        )
