"""A PDF file written front to back: every object goes to the target at once, only its offset is kept.

Memory stays flat however many pages there are, and the bytes depend on nothing but what is written (ISO 32000-1, 7.5).
"""

import hashlib
import zlib
from typing import BinaryIO

_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_COMPRESSION = 6  #: zlib's level for page contents


class PdfFile:
    """Numbers objects, writes them, and ends with the cross-reference table."""

    def __init__(self, target: BinaryIO) -> None:
        """`target` needs only `write`."""
        self._target = target
        self._position = 0
        self._offsets: list[int] = []
        self._digest = hashlib.sha256()
        self._write(_HEADER)

    def reserve(self) -> int:
        """A number for an object that is written later."""
        self._offsets.append(0)
        return len(self._offsets)

    def add(self, body: bytes, number: int | None = None) -> int:
        """Write an object (under a reserved number, if given) and return its number."""
        number = self.reserve() if number is None else number
        self._offsets[number - 1] = self._position
        self._write(b"%d 0 obj\n" % number + body + b"\nendobj\n")
        return number

    def add_stream(self, data: bytes, entries: bytes = b"", number: int | None = None) -> int:
        """Write a compressed stream with further dictionary `entries` and return its number."""
        packed = zlib.compress(data, _COMPRESSION)
        head = b"<</Length %d/Filter/FlateDecode%s>>\nstream\n" % (len(packed), entries)
        return self.add(head + packed + b"\nendstream", number)

    def finish(self, *, root: int, info: int) -> None:
        """Write the cross-reference table and the trailer. The file's id is the digest of its own bytes."""
        start = self._position
        file_id = self._digest.hexdigest()[:32].encode()
        rows = b"".join(b"%010d 00000 n \n" % offset for offset in self._offsets)
        count = len(self._offsets) + 1
        self._write(b"xref\n0 %d\n0000000000 65535 f \n" % count + rows)
        self._write(
            b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]>>\nstartxref\n%d\n%%%%EOF\n"
            % (count, root, info, file_id, file_id, start)
        )

    def _write(self, data: bytes) -> None:
        self._target.write(data)
        self._digest.update(data)
        self._position += len(data)


def text_string(text: str) -> bytes:
    """A text string for dictionaries, UTF-16 with its mark (7.9.2.2); lone surrogates become U+FFFD."""
    clean = text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")
    return b"<FEFF" + clean.encode("utf-16-be").hex().upper().encode() + b">"
