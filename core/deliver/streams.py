"""The bytes of a message's file on their way out: counted and checked, never all in memory."""

import hashlib
from types import TracebackType
from typing import BinaryIO, Self

from core.domain.delivery import MessageFile
from core.errors import ArtifactError

CHUNK_BYTES = 1 << 20


class CheckedFile:
    """Reads a file from front to back; its end is only handed out where the bytes are those that were recorded.

    `part_bytes`: the sums of parts of that size are kept too.
    """

    def __init__(self, file: MessageFile, *, part_bytes: int | None = None) -> None:
        self._file = file
        self._content: BinaryIO = file.open()
        self._whole = hashlib.sha256()
        self._part_bytes = part_bytes
        self._part = hashlib.sha256()
        self._part_size = 0
        self._parts: list[bytes] = []
        self.size_bytes = 0  #: read so far

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._content.close()

    @property
    def digest(self) -> bytes:
        """The SHA-256 of what was read."""
        return self._whole.digest()

    @property
    def part_digests(self) -> tuple[bytes, ...]:
        """The SHA-256 of each part, the last one as far as it was read."""
        return (*self._parts, self._part.digest()) if self._part_size or not self._parts else tuple(self._parts)

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises ArtifactError at the end where they were others than those recorded."""
        chunk = self._content.read(size)
        self._whole.update(chunk)
        self.size_bytes += len(chunk)
        if self._part_bytes is not None:
            self._add_to_part(chunk, self._part_bytes)
        if self.size_bytes >= self._file.size_bytes or (not chunk and size != 0):
            self._check()
        return chunk

    def _add_to_part(self, chunk: bytes, part_bytes: int) -> None:
        rest = memoryview(chunk)
        while rest:
            taken = rest[: part_bytes - self._part_size]
            self._part.update(taken)
            self._part_size += len(taken)
            rest = rest[len(taken) :]
            if self._part_size == part_bytes:
                self._parts.append(self._part.digest())
                self._part, self._part_size = hashlib.sha256(), 0

    def _check(self) -> None:
        if self.size_bytes != self._file.size_bytes or self._whole.hexdigest() != self._file.sha256:
            raise ArtifactError(f"{self._file.file_name} is not the file any more that was made. Run the report again.")
