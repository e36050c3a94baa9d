"""Delivery: channels with their registry, mail templates and the composing of messages; states are kept elsewhere."""

from collections.abc import Callable

from core.clock import Clock
from core.deliver.channel import Channel
from core.deliver.email_channel import EmailChannel
from core.deliver.folder_channel import FolderChannel
from core.deliver.mail_channel import MailChannel
from core.deliver.outbox import OutboxChannel
from core.deliver.s3_channel import S3Channel
from core.deliver.sftp_channel import SftpChannel
from core.deliver.slack_channel import SlackChannel
from core.deliver.webhook_channel import WebhookChannel
from core.settings import Settings

ChannelFactory = Callable[[Settings, Clock], Channel]


def email(settings: Settings, _clock: Clock) -> Channel:
    """E-mail: over the organization's mail server, else the operator's, else into the outbox folder."""
    return MailChannel(EmailChannel(settings) if settings.smtp_host else OutboxChannel(settings), settings)


#: Every channel there is, by the key recipients carry. A new channel is one file and one line here.
CHANNELS: dict[str, ChannelFactory] = {
    "email": email,
    "s3": lambda settings, _clock: S3Channel(settings),
    "folder": lambda settings, _clock: FolderChannel(settings),
    "sftp": lambda settings, _clock: SftpChannel(settings),
    "slack": SlackChannel,
    "webhook": WebhookChannel,
}
