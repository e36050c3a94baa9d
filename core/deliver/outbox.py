"""The outbox folder: mail as files where there is no mail server, and reading them back for the app."""

import base64
import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_binary_file, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from core.address import parse_email, parse_sender
from core.deliver.mime import build_mime, message_id, too_large
from core.domain.delivery import Attachment, Message, MessageFile
from core.domain.destination import DestinationSettings, Place
from core.domain.schedule import Recipient
from core.errors import DeliveryDeferred, NotFound
from core.settings import Settings

_NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{24}\.eml", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """A mail in the outbox without its content."""

    name: str  #: the file's name, its key
    subject: str
    sender: str
    to: str
    made_at: datetime
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMail(OutboxEntry):
    """A mail in the outbox. In `html` the inline images stand as data URIs, so that it can be shown by itself."""

    text: str
    html: str
    attachments: tuple[Attachment, ...]


class OutboxChannel:
    """Writes each mail to `DATA_DIR/outbox`; the same message and recipient again replace their file."""

    key = "email"
    label = "E-mail (outbox)"
    form = ()
    address_help = "An e-mail address."

    def __init__(self, settings: Settings) -> None:
        self._directory = settings.outbox_dir
        self._most_bytes = settings.mail_max_bytes
        self._sender = parse_sender(settings.mail_from)

    def check_address(self, address: str) -> None:
        """Raise InvalidAddress unless `address` is one e-mail address."""
        parse_email(address)

    def own_settings(self) -> DestinationSettings | None:
        """There is one way for everybody."""
        return None

    def check_place(self, place: Place) -> None:
        """Nobody fills in a destination."""

    def linked(self, files: Sequence[MessageFile]) -> tuple[MessageFile, ...]:
        """Files that a mail has no room for."""
        return too_large(files, self._most_bytes)

    def reference(self, message: Message, _recipient: Recipient, _place: Place | None = None) -> str:
        """The Message-ID."""
        return message_id(message, self._sender)

    def send(self, message: Message, recipient: Recipient, _place: Place | None = None) -> str:
        """Write the mail completely or not at all. Raises DeliveryDeferred where the folder cannot be written."""
        content = build_mime(message, recipient.address, self._sender)
        message.on_wire(content)
        try:
            name = _write(self._directory, _file_name(self._directory, message), content)
        except OSError as error:
            raise DeliveryDeferred(f"The outbox folder cannot be written: {error.strerror}.") from error
        return f"written to outbox/{name}"


def list_outbox(directory: Path, *, limit: int = 200) -> tuple[OutboxEntry, ...]:
    """The newest mails, newest first; files of other kinds are passed over."""
    if not directory.is_dir():
        return ()
    names = sorted((path.name for path in directory.iterdir() if _NAME.fullmatch(path.name)), reverse=True)
    entries = []
    for name in names[:limit]:
        with contextlib.suppress(FileNotFoundError), (directory / name).open("rb") as file:
            head = BytesHeaderParser(policy=policy.default).parse(file)
            entries.append(OutboxEntry(**_head(name, head, os.fstat(file.fileno()).st_size)))
    return tuple(entries)


def read_outbox(directory: Path, name: str) -> OutboxMail:
    """One mail with its content. Raises NotFound, also for names that are not those of mails."""
    path = directory / name
    if not _NAME.fullmatch(name) or not path.is_file():
        raise NotFound("This mail is not in the outbox any more.")
    with path.open("rb") as file:
        mail = message_from_binary_file(file, policy=policy.default)
        size = os.fstat(file.fileno()).st_size
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    return OutboxMail(
        **_head(name, mail, size),
        text=str(text.get_content()) if text else "",
        html=with_images(mail, str(html.get_content()) if html else ""),
        attachments=tuple(_attachment(part) for part in mail.iter_attachments()),
    )


def _file_name(directory: Path, message: Message) -> str:
    """`{time}-{hash of the reference}.eml`, or the name the same reference has already."""
    digest = hashlib.sha256(message.reference.encode()).hexdigest()[:24]
    existing = sorted(path.name for path in directory.glob(f"*-{digest}.eml")) if directory.is_dir() else []
    return existing[0] if existing else f"{message.made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest}.eml"


def _write(directory: Path, name: str, content: bytes) -> str:
    """Write to a temporary file, then give it its name, so that nobody sees half a mail."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = directory / f".{name}.{secrets.token_hex(6)}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(directory / name)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return name


def _head(name: str, mail: EmailMessage, size_bytes: int) -> dict[str, Any]:
    """The fields of an entry."""
    return {
        "name": name,
        "subject": str(mail["Subject"] or ""),
        "sender": str(mail["From"] or ""),
        "to": str(mail["To"] or ""),
        "made_at": parsedate_to_datetime(str(mail["Date"])).astimezone(UTC),
        "size_bytes": size_bytes,
    }


def with_images(mail: EmailMessage, html: str) -> str:
    """The HTML with its `cid:` images written into it."""
    for part in mail.walk():
        content_id = str(part["Content-ID"] or "").strip("<> ")
        if content_id and part.get_content_maintype() == "image":
            data = base64.b64encode(_bytes(part)).decode("ascii")
            html = html.replace(f"cid:{content_id}", f"data:{part.get_content_type()};base64,{data}")
    return html


def _attachment(part: EmailMessage) -> Attachment:
    """An attached file."""
    return Attachment(file_name=part.get_filename() or "file", media_type=part.get_content_type(), content=_bytes(part))


def _bytes(part: EmailMessage) -> bytes:
    """A part's content as it was before it was encoded."""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
