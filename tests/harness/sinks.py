"""Where deliveries arrive: a real mail server and a folder, and what they hold, whatever the ledger says."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from tests.mail_server import MailServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message that arrived: the name it carries at the other side, and its files by digest."""

    name: str
    address: str
    files: tuple[str, ...]
    whole: str  #: digest of everything


class MailSink(MailServer):
    """The mail server, with what arrived as arrivals."""

    def arrivals(self) -> list[Arrival]:
        """Every mail, in order; retries of one mail are the same to the byte."""
        found = []
        for mail in list(self.mails):
            message = mail.message
            files = [bytes(part.get_payload(decode=True)) for part in message.iter_attachments()]
            found.append(
                Arrival(
                    name=str(message["Message-ID"]).strip(),
                    address=mail.recipients[0],
                    files=tuple(sorted(_digest(content) for content in files)),
                    whole=_digest(mail.content),
                )
            )
        return found


def folder_arrivals(folder: Path) -> list[Arrival]:
    """Every folder with files in it. What a writer that died left under a hidden name is no file yet."""
    found = []
    for path in sorted({file.parent for file in folder.rglob("*") if file.is_file() and not file.name.startswith(".")}):
        files = [_digest(file.read_bytes()) for file in path.iterdir() if not file.name.startswith(".")]
        name = path.relative_to(folder).as_posix()
        whole = _digest("".join(sorted(files)).encode())
        found.append(Arrival(name=name, address="", files=tuple(sorted(files)), whole=whole))
    return found


def unfinished_files(folder: Path) -> int:
    """How many files of writers that died lie there under their hidden names."""
    return sum(1 for file in folder.rglob(".*.part") if file.is_file())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
