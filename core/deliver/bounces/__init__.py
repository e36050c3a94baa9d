"""The services whose bounce reports are understood: one file each and one line here."""

from collections.abc import Callable

from core.deliver.bounces.mailgun import MailgunHooks
from core.deliver.bounces.postmark import PostmarkHooks
from core.deliver.bounces.provider import Provider
from core.deliver.bounces.sendgrid import SendGridHooks
from core.deliver.bounces.ses import SesHooks
from core.settings import Settings

PROVIDERS: dict[str, Callable[[Settings], Provider]] = {
    "ses": SesHooks.of,
    "sendgrid": lambda _settings: SendGridHooks(),
    "mailgun": lambda _settings: MailgunHooks(),
    "postmark": lambda _settings: PostmarkHooks(),
}
