"""The container of a locked workbook: a compound file as Office writes it, streamed, so that any size takes no memory.

Layout and names follow [MS-CFB] 3 and [MS-OFFCRYPTO] 2.1 and 2.3.4. What is inside the two streams is not its matter.
"""

import struct
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from core.errors import RenderError

_SECTOR = 512
_SMALL_SECTOR = 64
#: Streams of fewer bytes lie in small sectors, and so cannot be the package.
LEAST_PACKAGE = 4096
_MOST_PACKAGE = 0x7FFF_FFFF  #: what a stream of this version of the format can hold
_PER_SECTOR = _SECTOR // 4
_IN_HEADER = 109  #: places for table sectors in the header; further ones go into sectors of their own
_CHAIN_END, _TABLE, _TABLE_OF_TABLES, _NONE = 0xFFFF_FFFE, 0xFFFF_FFFD, 0xFFFF_FFFC, 0xFFFF_FFFF
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_HEADER = struct.Struct("<8s16sHHHHH6x9I")
_ENTRY = struct.Struct("<64sHBBIII16sIQQIQ")


def _text(text: str) -> bytes:
    """A text with its length in bytes before it, padded to whole double words."""
    data = text.encode("utf-16-le")
    return struct.pack("<I", len(data)) + data + bytes(-len(data) % 4)


_VERSION = _text("Microsoft.Container.DataSpaces") + struct.pack("<HHHHHH", 1, 0, 1, 0, 1, 0)
_MAP_ENTRY = struct.pack("<II", 1, 0) + _text("EncryptedPackage") + _text("StrongEncryptionDataSpace")
_MAP = struct.pack("<III", 8, 1, len(_MAP_ENTRY) + 4) + _MAP_ENTRY
_SPACE = struct.pack("<II", 8, 1) + _text("StrongEncryptionTransform")
_TRANSFORM = struct.pack("<I", 1) + _text("{FF9A3F03-56EF-4613-BDD5-5A41C1D07246}")
_PRIMARY = (
    struct.pack("<I", len(_TRANSFORM) + 4)
    + _TRANSFORM
    + _text("Microsoft.Container.EncryptionTransform")
    + struct.pack("<HHHHHH", 1, 0, 1, 0, 1, 0)
    + struct.pack("<IIII", 0, 0, 0, 4)
)
#: Streams that are the same in every file.
_FIXED = {"Version": _VERSION, "DataSpaceMap": _MAP, "StrongEncryptionDataSpace": _SPACE, "\x06Primary": _PRIMARY}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """In which sector what begins; the package comes last."""

    small_bytes: int
    package_bytes: int
    directory: int
    small: int
    tables_of_tables: int
    tables: int
    package: int
    end: int

    @classmethod
    def of(cls, small_bytes: int, package_bytes: int) -> "_Layout":
        small = 1 + -(-len(_ENTRIES) // 4)
        tables_of_tables = small + -(-small_bytes // _SECTOR)
        of_package = -(-package_bytes // _SECTOR)
        count = extra = 0
        while True:
            needed = -(-(tables_of_tables + extra + count + of_package) // _PER_SECTOR)
            if needed == count:
                break
            count, extra = needed, -(-max(0, needed - _IN_HEADER) // (_PER_SECTOR - 1))
        tables = tables_of_tables + extra
        return cls(
            small_bytes=small_bytes,
            package_bytes=package_bytes,
            directory=1,
            small=small,
            tables_of_tables=tables_of_tables,
            tables=tables,
            package=tables + count,
            end=tables + count + of_package,
        )


#: Name, kind, left and right sibling, child; siblings are a tree by length of name, then by name.
_ENTRIES: tuple[tuple[str, int, int, int, int], ...] = (
    ("Root Entry", _ROOT, _NONE, _NONE, 10),
    ("EncryptedPackage", _STREAM, _NONE, _NONE, _NONE),
    ("\x06DataSpaces", _STORAGE, _NONE, _NONE, 4),
    ("Version", _STREAM, _NONE, _NONE, _NONE),
    ("DataSpaceMap", _STREAM, 3, 5, _NONE),
    ("DataSpaceInfo", _STORAGE, _NONE, 7, 6),
    ("StrongEncryptionDataSpace", _STREAM, _NONE, _NONE, _NONE),
    ("TransformInfo", _STORAGE, _NONE, _NONE, 8),
    ("StrongEncryptionTransform", _STORAGE, _NONE, _NONE, 9),
    ("\x06Primary", _STREAM, _NONE, _NONE, _NONE),
    ("EncryptionInfo", _STREAM, 2, 1, _NONE),
)


def write_compound_file(
    target: BinaryIO, *, information_bytes: int, package_bytes: int, put_package: Callable[[BinaryIO], bytes]
) -> None:
    """Write the file into the empty, seekable `target`.

    `put_package` writes `package_bytes` where the target stands and returns the stream that tells how they are
    encrypted, of `information_bytes`. Raises RenderError where the package is larger than such a file can hold.
    """
    if not LEAST_PACKAGE <= package_bytes <= _MOST_PACKAGE:
        raise RenderError("A workbook over 2 GB cannot be locked. Choose CSV, or narrow the report.")
    sizes = {**{name: len(content) for name, content in _FIXED.items()}, "EncryptionInfo": information_bytes}
    layout = _Layout.of(sum(_whole(size) for size in sizes.values()), package_bytes)
    target.seek((layout.package + 1) * _SECTOR)
    information = put_package(target)
    if len(information) != information_bytes:
        raise AssertionError("the information stream is not as long as it was announced")
    target.write(bytes(-package_bytes % _SECTOR))
    target.seek(0)
    streams = {**_FIXED, "EncryptionInfo": information}
    small = b"".join(_padded(content, _SMALL_SECTOR) for content in streams.values())
    target.write(_header(layout))
    target.write(_padded(_small_table(sizes).tobytes(), _SECTOR, b"\xff"))
    target.write(_directory(layout, sizes))
    target.write(_padded(small, _SECTOR))
    target.writelines(_tables_of_tables(layout))
    target.write(_padded(_table(layout).tobytes(), _SECTOR, b"\xff"))


def _header(layout: _Layout) -> bytes:
    tables = range(layout.tables, layout.package)
    extra = layout.tables - layout.tables_of_tables
    head = _HEADER.pack(
        bytes.fromhex("d0cf11e0a1b11ae1"), bytes(16), 0x3E, 3, 0xFFFE, 9, 6, 0, len(tables), layout.directory, 0,
        LEAST_PACKAGE, 0, 1, layout.tables_of_tables if extra else _CHAIN_END, extra,
    )  # fmt: skip
    return _padded(head + array("I", tables[:_IN_HEADER]).tobytes(), _SECTOR, b"\xff")


def _tables_of_tables(layout: _Layout) -> Iterator[bytes]:
    rest = range(layout.tables, layout.package)[_IN_HEADER:]
    step = _PER_SECTOR - 1
    for number, start in enumerate(range(0, len(rest), step), layout.tables_of_tables + 1):
        entries = array("I", rest[start : start + step]).tobytes()
        following = number if number < layout.tables else _CHAIN_END
        yield _padded(entries, _SECTOR - 4, b"\xff") + struct.pack("<I", following)


def _table(layout: _Layout) -> "array[int]":
    """Each sector's follower."""
    table = array("I")
    for end in (layout.directory, layout.small, layout.tables_of_tables):
        _chain(table, end)
    table.extend([_TABLE_OF_TABLES] * (layout.tables - layout.tables_of_tables))
    table.extend([_TABLE] * (layout.package - layout.tables))
    _chain(table, layout.end)
    return table


def _small_table(sizes: dict[str, int]) -> "array[int]":
    table = array("I")
    for size in sizes.values():
        _chain(table, len(table) + _whole(size) // _SMALL_SECTOR)
    return table


def _chain(table: "array[int]", end: int) -> None:
    """Add the sectors up to `end`, each leading to the next."""
    table.extend(range(len(table) + 1, end))
    table.append(_CHAIN_END)


def _directory(layout: _Layout, sizes: dict[str, int]) -> bytes:
    starts, at = {}, 0
    for name, size in sizes.items():
        starts[name] = at
        at += _whole(size) // _SMALL_SECTOR
    places = {name: (starts[name], size) for name, size in sizes.items()}
    places |= {"Root Entry": (layout.small, layout.small_bytes)}
    places |= {"EncryptedPackage": (layout.package, layout.package_bytes)}
    entries = [_entry(*entry, *places.get(entry[0], (0, 0))) for entry in _ENTRIES]
    entries += [_entry("", 0, _NONE, _NONE, _NONE, 0, 0)] * (-len(_ENTRIES) % 4)
    return b"".join(entries)


def _entry(name: str, kind: int, left: int, right: int, child: int, start: int, size: int) -> bytes:
    """One entry of the directory. It says no times: files carry no clock."""
    text = f"{name}\0".encode("utf-16-le") if name else b""
    black = 1
    return _ENTRY.pack(text, len(text), kind, black, left, right, child, bytes(16), 0, 0, 0, start, size)


def _whole(size: int) -> int:
    return size + -size % _SMALL_SECTOR


def _padded(content: bytes, unit: int, filling: bytes = b"\0") -> bytes:
    return content + filling * (-len(content) % unit)
