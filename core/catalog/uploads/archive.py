"""Looks through an XLSX workbook's parts before anything reads them: bombs, document types, formulas, merged cells."""

import re
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from core.catalog.uploads.limits import UploadLimits
from core.errors import InvalidUpload

_CHUNK_BYTES = 256 * 1024
_OVERLAP = 256
_MAX_PARTS = 10_000
#: Parts smaller than this may be packed as tightly as they like.
_SMALL_BYTES = 1024 * 1024
_DOCUMENT_TYPE = re.compile(rb"<\s*!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
#: A formula in a cell that no result follows.
_UNCOMPUTED = re.compile(
    rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f(?:\s[^<>]*)?/>)\s*(?:<(?:\w+:)?v>\s*</(?:\w+:)?v>|<(?:\w+:)?v\s*/>)?\s*</(?:\w+:)?c>"
)
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class SheetMarks:
    """What is said of a sheet beside its cells."""

    merged: list[str] = field(default_factory=list)  #: ranges such as A1:C1
    uncomputed: int = 0  #: formulas without a saved result


def check_workbook(path: Path, limits: UploadLimits) -> dict[str, SheetMarks]:
    """Unpack every part once, counting. Returns the marks of the sheets by part; raises InvalidUpload.

    The sizes that an archive declares are not believed, only used to refuse early.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_declared(archive, limits)
            return _look_through(archive, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InvalidUpload("The XLSX workbook is damaged or encrypted.") from error


def _check_declared(archive: zipfile.ZipFile, limits: UploadLimits) -> None:
    parts = archive.infolist()
    names = [part.filename for part in parts]
    if len(parts) > _MAX_PARTS or len(set(names)) < len(names):
        raise InvalidUpload("The XLSX workbook has too many parts, or the same part twice.")
    for part in parts:
        if part.file_size > _SMALL_BYTES and part.file_size > limits.unpacked_ratio * max(part.compress_size, 1):
            raise _bomb()
    if sum(part.file_size for part in parts) > limits.unpacked_bytes:
        raise _bomb()


def _look_through(archive: zipfile.ZipFile, limits: UploadLimits) -> dict[str, SheetMarks]:
    marks: dict[str, SheetMarks] = {}
    total = 0
    for part in archive.infolist():
        name = part.filename.lstrip("/")
        is_xml = name.lower().endswith((".xml", ".rels", ".vml"))
        found = marks.setdefault(name, SheetMarks()) if _SHEET.fullmatch(name) else None
        tail = b""
        with archive.open(part) as file:
            while chunk := file.read(_CHUNK_BYTES):
                total += len(chunk)
                if total > limits.unpacked_bytes:
                    raise _bomb()
                if is_xml:
                    tail = _look_at(tail + chunk, len(tail), found)
    return marks


def _look_at(window: bytes, known: int, found: SheetMarks | None) -> bytes:
    """Search a piece of XML; returns the end of it that the next piece begins with."""
    # A workbook's parts are UTF-8 or UTF-16; without the zeros both read alike.
    plain = window.replace(b"\x00", b"") if b"\x00" in window else window
    # Patterns are tried only where a mark of theirs is found, which is many times as fast.
    if b"!" in plain and _DOCUMENT_TYPE.search(plain):
        raise InvalidUpload(
            "The XLSX workbook declares a document type or entities in its XML, which no workbook does and which are "
            "used to attack readers. Save it anew from a spreadsheet program."
        )
    if found is not None:
        # What ends in the part looked at before was counted then.
        if b"mergeCell" in window:
            found.merged.extend(match[1].decode() for match in _MERGED.finditer(window) if match.end() > known)
        if b"f>" in window or b"<f" in window or b":f" in window:
            found.uncomputed += sum(1 for match in _UNCOMPUTED.finditer(window) if match.end() > known)
    return window[-_OVERLAP:]


def _bomb() -> InvalidUpload:
    return InvalidUpload("The XLSX workbook unpacks to far more than its size: it looks like a zip bomb.")
