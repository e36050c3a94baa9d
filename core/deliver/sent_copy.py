"""What went over the wire, kept small: files and pictures are cut out of its bytes and put back for whoever asks.

Cutting and putting back are exact: the SHA-256 of the whole is that of the bytes the other side got.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from core.domain.delivery import Message

#: A NUL stands in no mail and in no JSON.
_MARK = re.compile(rb"\x00([0-9a-f]{64})\x00")
#: Bytes that become one line of base64 (RFC 2045 section 6.8).
_LINE_BYTES = 57


@dataclass(frozen=True, slots=True, kw_only=True)
class Skeleton:
    """The bytes without what they carry, and the pictures among that by their SHA-256."""

    content: bytes
    pictures: dict[str, bytes]
    sha256: str
    size_bytes: int


def cut(content: bytes, message: Message) -> Skeleton:
    """Take the message's files and pictures out of its bytes; what is not found there stays."""
    whole, pictures = content, {}
    for _, picture in message.inline_images:
        digest, before = hashlib.sha256(picture).hexdigest(), content
        content = _without(content, picture, digest)
        if content is not before:
            pictures[digest] = picture
    for attachment in message.attachments:
        with attachment.open() as file:
            content = _without(content, file.read(), attachment.sha256)
    return Skeleton(content=content, pictures=pictures, sha256=hashlib.sha256(whole).hexdigest(), size_bytes=len(whole))


def put_back(content: bytes, find: Callable[[str], bytes]) -> bytes:
    """Return the bytes as they were; `find` answers what has a SHA-256."""
    return _MARK.sub(lambda mark: _encoded(find(mark[1].decode("ascii"))), content)


def _without(content: bytes, part: bytes, digest: str) -> bytes:
    encoded = _encoded(part)
    if len(part) < _LINE_BYTES or encoded not in content:
        return content
    return content.replace(encoded, b"\0" + digest.encode("ascii") + b"\0")


def _encoded(part: bytes) -> bytes:
    """As the standard library writes a part into a mail whose lines end in CRLF."""
    return base64.encodebytes(part).replace(b"\n", b"\r\n")
