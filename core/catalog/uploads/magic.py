"""What a file is, told by its content; its name only chooses between kinds of text."""

import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.errors import InvalidUpload

CSV, XLSX, PARQUET, JSON_LINES = "CSV", "XLSX", "Parquet", "JSON lines"
_BY_ENDING = {
    ".csv": CSV,
    ".tsv": CSV,
    ".tab": CSV,
    ".txt": CSV,
    ".xlsx": XLSX,
    ".xlsm": XLSX,
    ".parquet": PARQUET,
    ".pq": PARQUET,
    ".jsonl": JSON_LINES,
    ".ndjson": JSON_LINES,
    ".json": JSON_LINES,
}
_WORDS = {CSV: "a text table (CSV)", XLSX: "an XLSX workbook", PARQUET: "a Parquet file", JSON_LINES: "JSON lines"}
#: The end of every sentence that refuses a file.
READABLE = "CSV, TSV, XLSX, Parquet and JSON lines can be read."
_HEAD_BYTES = 4096
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls) or an encrypted one; save it as .xlsx"),
    (b"%PDF-", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"BZh", "a bzip2 archive; unpack it first"),
    (b"\xfd7zXZ\x00", "an xz archive; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
    (b"Rar!\x1a\x07", "a RAR archive; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive; unpack it first"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"{\\rtf", "a rich text document"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    format: str | None
    words: str


def detect_format(path: Path, file_name: str) -> str:
    """Return the format of the file. Raises InvalidUpload where it is another than its name says, naming both."""
    ending = PurePosixPath(file_name.lower()).suffix
    said = _BY_ENDING.get(ending)
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head.strip():
        raise InvalidUpload(f"'{file_name}' is empty.")
    found = _look_at(path, head, said)
    if said is None and ending and found.format in (CSV, None):
        raise InvalidUpload(f"'{file_name}' ends in '{ending}', and its content is {found.words}. {READABLE}")
    if found.format is None or (said is not None and said != found.format):
        claim = f"The name '{file_name}' says {_WORDS[said]}, but" if said else f"'{file_name}' cannot be read:"
        raise InvalidUpload(f"{claim} the content is {found.words}. {READABLE}")
    return found.format


def _look_at(path: Path, head: bytes, said: str | None) -> _Found:
    if head.startswith(b"PAR1"):
        return _Found(format=PARQUET, words=_WORDS[PARQUET])
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _look_into_archive(path)
    for magic, words in _OTHERS:
        if head.startswith(magic):
            return _Found(format=None, words=words)
    return _look_at_text(head, said)


def _look_into_archive(path: Path) -> _Found:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise InvalidUpload("The file is a damaged XLSX workbook or ZIP archive.") from error
    if "[Content_Types].xml" in names and any(name.startswith("xl/workbook.") for name in names):
        if "xl/workbook.bin" in names:
            return _Found(format=None, words="a binary Excel workbook (.xlsb); save it as .xlsx")
        return _Found(format=XLSX, words=_WORDS[XLSX])
    if "mimetype" in names:
        return _Found(format=None, words="an OpenDocument file; save it as .xlsx")
    return _Found(format=None, words="a ZIP archive; unpack it first")


def _look_at_text(head: bytes, said: str | None) -> _Found:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or _is_utf_16(head):
        text = head.decode("utf-16-be" if head.startswith(b"\xfe\xff") else "utf-16-le", errors="ignore").lstrip(
            "\ufeff"
        )
    elif (head.count(0) > 0 and said not in (CSV, JSON_LINES)) or _is_binary(head):
        return _Found(format=None, words="binary data")
    else:
        text = head.decode("utf-8-sig", errors="replace")
    start = text.lstrip()[:200].lower()
    if start.startswith("{") or (start.startswith("[") and said == JSON_LINES):
        return _Found(format=JSON_LINES, words=_WORDS[JSON_LINES])
    if start.startswith(("<!doctype html", "<html", "<head", "<table")):
        return _Found(format=None, words="a web page (HTML)")
    if start.startswith("<?xml"):
        return _Found(format=None, words="an XML document")
    return _Found(format=CSV, words="plain text")


def _is_utf_16(head: bytes) -> bool:
    """Whether every other byte of the start is zero, as in UTF-16 without its mark."""
    return len(head) > 3 and head[1:64:2].count(0) == len(head[1:64:2])


def _is_binary(head: bytes) -> bool:
    """Whether there are more control characters than any text has."""
    odd = sum(1 for byte in head if byte < 32 and byte not in (0, 9, 10, 12, 13, 26, 27))
    return odd * 20 > len(head)
