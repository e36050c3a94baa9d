"""Checks a mail server as a person filled it in, field by field, before anything is sent or saved."""

from dataclasses import replace

from core.address import check_header, parse_sender
from core.domain.mail_server import EmailConfig, EmailConfigDraft
from core.errors import InvalidAddress, InvalidInput
from core.net import host_name
from core.services.email_presets import PRESETS

SECURITIES = ("starttls", "tls", "none")
_MOST_PASSWORD = 500


def read_email_draft(draft: EmailConfigDraft) -> EmailConfigDraft:
    """Return the draft trimmed; raises InvalidInput at the first field that does not fit. Looks nothing up."""
    if draft.preset not in {preset.key for preset in PRESETS}:
        known = ", ".join(preset.key for preset in PRESETS)
        raise InvalidInput(f"There is no preset '{draft.preset[:40]}'. There are: {known}.", place="preset")
    if not 1 <= draft.port <= 65535:
        raise InvalidInput("A port lies between 1 and 65535.", place="port")
    if draft.security not in SECURITIES:
        raise InvalidInput(f"Choose one of {', '.join(SECURITIES)}.", place="security")
    user = check_header(draft.user, place="user")
    if draft.password is not None:
        check_header(draft.password[:_MOST_PASSWORD], place="password")
    if user and draft.security == "none":
        raise InvalidInput("The password would travel unprotected. Choose STARTTLS or TLS.", place="security")
    return replace(draft, host=_host(draft.host), user=user, sender=_sender(draft.sender))


def keeps_password(draft: EmailConfigDraft, saved: EmailConfig) -> bool:
    """Whether the saved password goes where it went before."""
    return (draft.host, draft.port, draft.user) == (saved.host, saved.port, saved.user)


def domain_of(sender: str) -> str:
    """The domain of `Name <address>`."""
    return parse_sender(sender).address.rpartition("@")[2]


def _host(text: str) -> str:
    if not text.strip():
        raise InvalidInput("Give the name of the mail server.", place="host")
    try:
        return host_name(text)
    except InvalidAddress as error:
        raise InvalidInput(error.user_message, place="host") from error


def _sender(text: str) -> str:
    try:
        sender = parse_sender(text)
    except InvalidAddress as error:
        raise InvalidInput(error.user_message, place="sender") from error
    check_header(sender.name, place="sender")
    # A quote or backslash in the name has to survive being read again.
    name = sender.name.replace("\\", "").replace('"', "")
    return f'"{name}" <{sender.address}>' if name else sender.address
