"""A ZIP written as a stream with fixed timestamps: the same parts give the same bytes; deflated by ISA-L."""

import struct
from types import TracebackType
from typing import BinaryIO, Self
from zlib import crc32

from isal import isal_zlib

from core.errors import RenderError

_LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL_HEADER = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END_RECORD = struct.Struct("<4sHHHHIIH")
_VERSION = 20  #: deflate, no ZIP64: some readers of workbooks refuse it
_DEFLATE = 8
_UTF8_NAMES = 0x800
_DATE = 0x21  #: 1 January 1980, the oldest a ZIP can say: files carry no clock
_MOST = 0xFFFF_FFFF
_LEVEL = 2  #: of 0 to 3; 3 takes twice as long for three percent


class Package:
    """Writes parts one after another into `target`, which must be seekable."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._base = target.tell()
        self._entries: list[bytes] = []

    def write(self, name: str, content: str | bytes) -> None:
        """Write one whole part."""
        with self.part(name) as part:
            part.write(content.encode() if isinstance(content, str) else content)

    def part(self, name: str) -> "Part":
        """Open a part to write piece by piece; close it before the next is opened."""
        return Part(self._target, name, self._target.tell() - self._base, self._entries)

    def close(self) -> None:
        """Write the central directory."""
        start = self._target.tell() - self._base
        directory = b"".join(self._entries)
        if start + len(directory) > _MOST:
            raise _too_large()
        self._target.write(directory)
        count = len(self._entries)
        self._target.write(_END_RECORD.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0))


class Part:
    """One entry of the ZIP while it is being written."""

    def __init__(self, target: BinaryIO, name: str, offset: int, entries: list[bytes]) -> None:
        self._target = target
        self._name = name.encode()
        self._offset = offset
        self._entries = entries
        self._crc = self._size = self._compressed = 0
        self._deflate = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, -15)
        self._header_at = target.tell()
        target.write(self._header())

    def write(self, data: bytes | memoryview) -> None:
        """Deflate and write `data`."""
        self._crc = crc32(data, self._crc)
        self._size += len(data)
        self._put(self._deflate.compress(data))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error_type is None:
            self._finish()

    def _finish(self) -> None:
        """End the deflate stream and enter the sizes, now known, into the local header and the directory."""
        self._put(self._deflate.flush())
        if max(self._size, self._compressed, self._offset) > _MOST:
            raise _too_large()
        end = self._target.tell()
        self._target.seek(self._header_at)
        self._target.write(self._header())
        self._target.seek(end)
        self._entries.append(
            _CENTRAL_HEADER.pack(
                b"PK\x01\x02", _VERSION, _VERSION, _UTF8_NAMES, _DEFLATE, 0, _DATE, self._crc, self._compressed,
                self._size, len(self._name), 0, 0, 0, 0, 0, self._offset,
            )
            + self._name
        )  # fmt: skip

    def _put(self, compressed: bytes) -> None:
        self._compressed += len(compressed)
        self._target.write(compressed)

    def _header(self) -> bytes:
        return (
            _LOCAL_HEADER.pack(
                b"PK\x03\x04", _VERSION, _UTF8_NAMES, _DEFLATE, 0, _DATE, self._crc & _MOST,
                self._compressed & _MOST, self._size & _MOST, len(self._name), 0,
            )
            + self._name
        )  # fmt: skip


def _too_large() -> RenderError:
    return RenderError("The rows do not fit into a workbook of 4 GB. Choose CSV, or narrow the report.")
