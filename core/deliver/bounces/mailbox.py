"""Where delivery-status mails are picked up: a folder that a mail server writes to, or a mailbox over IMAP."""

import imaplib
import logging
import os
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

from core.settings import Settings

logger = logging.getLogger(__name__)

_MOST_BYTES = 5_000_000
_MOST_AT_ONCE = 200
_TIMEOUT_S = 30.0
_DONE, _NOT_OURS = "done", "not-ours"

#: A piece of what an IMAP server answers.
Part = bytes | tuple[bytes, bytes] | None
#: Takes the bytes of a mail; answers whether they were a report about one of our mails.
Take = Callable[[bytes], bool]


def read_folder(folder: Path, take: Take) -> int:
    """Read every file of a folder once and move it below `done` or `not-ours`; returns how many were reports."""
    count = 0
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    for path in [folder / name for name in names if name not in (_DONE, _NOT_OURS)][:_MOST_AT_ONCE]:
        content = _content(path)
        if content is None:
            continue
        is_ours = take(content)
        count += is_ours
        target = folder / (_DONE if is_ours else _NOT_OURS)
        target.mkdir(mode=0o700, exist_ok=True)
        path.replace(target / path.name)
    return count


def read_imap(settings: Settings, take: Take, *, tls_context: ssl.SSLContext | None = None) -> int:
    """Read what is new in the mailbox and mark it as seen; returns how many were reports.

    A mail is marked after it was taken: where this breaks off in between, it is read again, and is known then.
    """
    password = settings.bounce_imap_password.get_secret_value() if settings.bounce_imap_password else ""
    count = 0
    with imaplib.IMAP4_SSL(
        settings.bounce_imap_host or "",
        settings.bounce_imap_port,
        ssl_context=tls_context or ssl.create_default_context(),
        timeout=_TIMEOUT_S,
    ) as server:
        server.login(settings.bounce_imap_user or "", password)
        _expect(server.select(_quoted(settings.bounce_imap_folder)))
        (found,) = _expect(server.search(None, "UNSEEN"))
        numbers = found.split() if isinstance(found, bytes) else []
        for number in numbers[:_MOST_AT_ONCE]:
            count += take(_fetch(server, number.decode("ascii")))
            _expect(server.store(number.decode("ascii"), "+FLAGS", r"(\Seen)"))
    return count


def _content(path: Path) -> bytes | None:
    """The bytes of a file; None where it is no mail, or was taken by another daemon meanwhile."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        try:
            return file.read(_MOST_BYTES)
        except IsADirectoryError:
            return None


def _fetch(server: imaplib.IMAP4, number: str) -> bytes:
    """A mail's bytes; `PEEK` leaves it unseen until it was taken."""
    for part in _expect(server.fetch(number, f"(BODY.PEEK[]<0.{_MOST_BYTES}>)")):
        if isinstance(part, tuple) and isinstance(part[1], bytes):
            return part[1]
    return b""


def _expect(answer: tuple[str, Sequence[Part]]) -> Sequence[Part]:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error("the mailbox does not answer as it should")
    return answer[1]


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
