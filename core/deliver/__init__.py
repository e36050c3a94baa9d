"""Delivery: channels with their registry, mail templates and the composing of messages; states are kept elsewhere."""

from collections.abc import Callable

from core.clock import Clock
from core.deliver.channel import Channel
from core.deliver.email_channel import EmailChannel
from core.deliver.outbox import OutboxChannel
from core.settings import Settings

ChannelFactory = Callable[[Settings, Clock], Channel]


def email(settings: Settings, _clock: Clock) -> Channel:
    """E-mail: over SMTP where there is a mail server, otherwise into the outbox folder."""
    return EmailChannel(settings) if settings.smtp_host else OutboxChannel(settings)


#: Every channel there is, by the key recipients carry. A new channel is one file and one line here.
CHANNELS: dict[str, ChannelFactory] = {
    "email": email,
}
