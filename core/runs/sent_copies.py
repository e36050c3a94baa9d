"""Keeps a copy of what each delivery hands over, written before the network is touched."""

import base64
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from core.clock import Clock
from core.db import sent_repository
from core.db.database import Database
from core.db.delivery_repository import OutboxRow
from core.deliver.sent_copy import Skeleton, cut
from core.domain.delivery import Message, MessageFile
from core.domain.sent import SentCopy, SentFile
from core.secrets import SecretBox


class SentCopies:
    """Copies are sealed, for a message holds links that open files."""

    def __init__(self, database: Database, clock: Clock, box: SecretBox) -> None:
        self._database = database
        self._clock = clock
        self._box = box

    @contextmanager
    def keeping(self, row: OutboxRow, message: Message) -> Iterator[Message]:
        """Give the message so that the bytes its channel makes of it are kept before they go out.

        Of what a channel sends as files only, their list is kept at the end.
        """
        is_kept = False

        def keep(content: bytes) -> None:
            nonlocal is_kept
            self._put(row, message, content)
            is_kept = True

        try:
            yield replace(message, on_wire=keep)
        finally:
            if not is_kept:
                self._put(row, message, None)

    @contextmanager
    def keeping_failed(self, row: OutboxRow, message: Message) -> Iterator[None]:
        """Keep the list of files where handing them over fails; otherwise the caller keeps it with what it records."""
        try:
            yield
        except BaseException:
            self.put(row, self.copy_of_files(message))
            raise

    def put(self, row: OutboxRow, copy: SentCopy) -> None:
        """Keep a copy."""
        with self._database.organization(row.organization_id) as session:
            sent_repository.put_copy(session, row.organization_id, row.id, copy)

    def copy_of_files(self, message: Message) -> SentCopy:
        """Return the copy of a message of which a channel sends the files only."""
        return self._copy(message, None)

    def _put(self, row: OutboxRow, message: Message, content: bytes | None) -> None:
        skeleton = None if content is None else cut(content, message)
        copy = self._copy(message, skeleton)
        with self._database.organization(row.organization_id) as session:
            if skeleton is not None:
                sent_repository.put_parts(session, row.organization_id, row.run_id, skeleton.pictures)
            sent_repository.put_copy(session, row.organization_id, row.id, copy)

    def _copy(self, message: Message, skeleton: Skeleton | None) -> SentCopy:
        files = (
            *(_file(file) for file in message.attachments),
            *(_file(link.file, is_linked=True) for link in message.links),
        )
        return SentCopy(
            at=self._clock.now(),
            subject=message.subject,
            sha256=None if skeleton is None else skeleton.sha256,
            size_bytes=None if skeleton is None else skeleton.size_bytes,
            content=seal_content(self._box, skeleton.content if skeleton else b""),
            files=files,
        )


def seal_content(box: SecretBox, content: bytes) -> str:
    """Compress and encrypt."""
    return box.encrypt(base64.b85encode(zlib.compress(content)).decode("ascii"))


def unseal_content(box: SecretBox, sealed: str) -> bytes:
    """Read what `seal_content` wrote."""
    return zlib.decompress(base64.b85decode(box.decrypt(sealed)))


def _file(file: MessageFile, *, is_linked: bool = False) -> SentFile:
    return SentFile(
        file_name=file.file_name,
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        artifact_id=file.artifact_id,
        is_linked=is_linked,
    )
