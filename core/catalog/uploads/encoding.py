"""Brings text files to UTF-8, guessing what they are in."""

import codecs
from pathlib import Path

from core.errors import InvalidUpload

_CHUNK_BYTES = 1024 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Bytes that Windows-1252 leaves open; a file that has them is something else.
_NOT_WINDOWS_1252 = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))
_WARNING = (
    "The text is not UTF-8 and was read as Windows-1252. "
    "Look at its letters with accents, and choose another encoding if they are wrong."
)


def to_utf_8(source: Path, target: Path, encoding: str | None) -> tuple[Path, str, tuple[str, ...]]:
    """Return where the text lies in UTF-8 without a mark, its encoding, and what to look at.

    That is `source` itself where it is such already, else it is written to `target`. Raises InvalidUpload for NUL
    characters and for bytes that are none of the encoding, with their place.
    """
    warnings: tuple[str, ...] = ()
    if encoding is None:
        encoding = _guess(source)
        if encoding == "utf-8":
            return source, encoding, warnings
        if encoding == "windows-1252":
            warnings = (_WARNING,)
    try:
        " ".encode(encoding)  # refuses codecs that are not of texts
        decoder = codecs.getincrementaldecoder(encoding)()
    except (LookupError, UnicodeError) as error:
        raise InvalidUpload(f"There is no encoding called '{encoding}'.", place="options.encoding") from error
    with source.open("rb") as given, target.open("wb") as written:
        line = 1
        while True:
            chunk = given.read(_CHUNK_BYTES)
            text = _decode(decoder, chunk, encoding, line)
            made = text.removeprefix("\ufeff").encode() if written.tell() == 0 else text.encode()
            line = _count_lines(made, line)
            written.write(made)
            if not chunk:
                break
    return target, encoding.removesuffix("-sig"), warnings


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, encoding: str, line: int) -> str:
    try:
        text = decoder.decode(chunk, final=not chunk)
        text.encode()
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        line += chunk[:start].count(b"\n")
        raise InvalidUpload(
            f"The text near line {line} is not {encoding}. Choose the encoding it was saved in.",
            place="options.encoding",
        ) from error
    return text


def _count_lines(chunk: bytes, line: int) -> int:
    """The number of the line that comes after a piece beginning in `line`; raises InvalidUpload for NUL characters."""
    if b"\x00" in chunk:
        line += chunk[: chunk.index(b"\x00")].count(b"\n")
        raise InvalidUpload(f"Line {line} holds a NUL character, which no text has. Is the file damaged?")
    return line + chunk.count(b"\n")


def _guess(source: Path) -> str:
    with source.open("rb") as file:
        head = file.read(_CHUNK_BYTES)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    sample = head[:2048]
    if sample and sample[1::2].count(0) > len(sample) // 4:
        return "utf-16-le"
    if sample and sample[::2].count(0) > len(sample) // 4:
        return "utf-16-be"
    return "utf-8" if _is_utf_8(source) else _one_byte_encoding(source)


def _is_utf_8(source: Path) -> bool:
    """Whether all of it is UTF-8; raises InvalidUpload for NUL characters in it."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with source.open("rb") as file:
        try:
            line = 1
            while chunk := file.read(_CHUNK_BYTES):
                decoder.decode(chunk)
                line = _count_lines(chunk, line)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _one_byte_encoding(source: Path) -> str:
    with source.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            if len(chunk.translate(None, _NOT_WINDOWS_1252)) != len(chunk):
                raise InvalidUpload(
                    "The text is neither UTF-8, UTF-16 nor Windows-1252. Choose its encoding, or save it as UTF-8.",
                    place="options.encoding",
                )
    return "windows-1252"
