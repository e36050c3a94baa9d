"""A message as the bytes of a mail, the same for SMTP and for the outbox, and the same on every retry."""

import hashlib
import re
from collections.abc import Sequence
from email import policy
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.utils import format_datetime

from core.address import Sender, check_header, parse_email
from core.domain.delivery import Addressees, Message, MessageFile


class _Registry(HeaderRegistry):
    """The standard library makes the class of a header anew for each header of each mail: a twentieth of its time."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, type] = {}

    def __getitem__(self, name: str) -> type:
        if name not in self._made:
            self._made[name] = super().__getitem__(name)
        return self._made[name]


#: Lines end in CRLF; everything is 7-bit, so no server on the way needs 8BITMIME or SMTPUTF8.
_POLICY = policy.SMTP.clone(cte_type="7bit", header_factory=_Registry())
#: Bytes that become one line of base64, with its line break (RFC 2045 section 6.8).
_LINE_BYTES, _LINE_ENCODED = 57, 78
#: Kept for the text, the pictures and the heads of a mail.
_TEXT_ROOM = 512 * 1024
#: What a mail shows that goes to blind copies only (RFC 5322 appendix A.1.3).
_NOBODY = "undisclosed-recipients:;"


def message_id(message: Message, sender: Sender) -> str:
    """The Message-ID, a function of the message's reference: a receiver can tell a retry from a second mail."""
    digest = hashlib.sha256(message.reference.encode()).hexdigest()
    return f"<{digest[:40]}@{sender.address.rpartition('@')[2]}>"


def build_mime(message: Message, address: str, sender: Sender) -> bytes:
    """The mail to one address: text and HTML with inline images, then the attachments. Equal input, equal bytes.

    Built here: yagmail's `prepare_send` repeats the HTML as its plain text, names only attachments of type
    application/*, takes inline images from files only, under content ids that differ from process to process, and
    escapes a quote in the sender's name twice. Raises InvalidAddress or InvalidInput where a header would not be safe.
    """
    mail = _head(message, parse_email(address), sender)
    mail.set_content(_encodable(message.text))
    mail.add_alternative(_encodable(message.html), subtype="html")
    html_part = mail.get_payload(1)
    if message.inline_images and isinstance(html_part, EmailMessage):
        for content_id, png in message.inline_images:
            html_part.add_related(png, "image", "png", cid=f"<{content_id}>", disposition="inline")
    for attachment in message.attachments:
        maintype, _, subtype = attachment.media_type.partition(";")[0].strip().partition("/")
        file_name = check_header(attachment.file_name, place="attachments")
        with attachment.open() as file:
            content = file.read()
        mail.add_attachment(content, maintype=maintype, subtype=subtype, filename=file_name)
    _fix_boundaries(mail, message.reference)
    return _list_headers(message.unsubscribe_url) + re.sub(rb"\r\n|\r|\n", b"\r\n", mail.as_bytes())


def too_large(files: Sequence[MessageFile], limit: int) -> tuple[MessageFile, ...]:
    """Which files do not fit into a mail of `limit` bytes beside its text; base64 makes them larger by 37 percent."""
    room, left_out = limit - _TEXT_ROOM, []
    for file in files:
        encoded = -(-file.size_bytes // _LINE_BYTES) * _LINE_ENCODED
        if encoded > room:
            left_out.append(file)
        else:
            room -= encoded
    return tuple(left_out)


def _head(message: Message, address: str, sender: Sender) -> EmailMessage:
    """The headers."""
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(display_name=sender.name, addr_spec=sender.address)
    _show(mail, message.addressees or Addressees(to=(address,)))
    mail["Subject"] = _encodable(check_header(message.subject, place="email_subject"))
    mail["Date"] = format_datetime(message.made_at)
    mail["Message-ID"] = message_id(message, sender)
    # RFC 3834: asks out-of-office programs not to answer.
    mail["Auto-Submitted"] = "auto-generated"
    return mail


def _show(mail: EmailMessage, addressees: Addressees) -> None:
    """Write whom the mail is for, as its readers see it."""
    for name, addresses in (("To", addressees.to), ("Cc", addressees.cc)):
        if addresses:
            mail[name] = [Address(addr_spec=parse_email(address)) for address in addresses]
    if not addressees.to and not addressees.cc:
        mail["To"] = _NOBODY


def _list_headers(url: str | None) -> bytes:
    """How a mail program unsubscribes (RFC 2369), over HTTPS with one click (RFC 8058).

    Written as they are: the standard library would break the address into encoded words, which no program reads.
    """
    if url is None:
        return b""
    lines = f"List-Unsubscribe: <{check_header(url, place='unsubscribe_url')}>\r\n"
    if url.startswith("https://"):
        lines += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    return lines.encode("ascii")


def _encodable(text: str) -> str:
    """A question mark for every lone surrogate: one broken character in a cell must not stop the mail."""
    return text.encode("utf-8", "replace").decode()


def _fix_boundaries(mail: EmailMessage, reference: str) -> None:
    """Replace the random boundaries by ones made of the reference, so that a retry sends the same bytes."""
    for number, part in enumerate(mail.walk()):
        if part.is_multipart():
            digest = hashlib.sha256(f"{reference}:{number}".encode()).hexdigest()
            part.set_boundary(f"=_{digest[:40]}")
