"""Names of produced files, safe on every system they may be saved on."""

import re
import unicodedata

from core.domain.filter import ResolvedWindow

_MOST_BYTES = 150  #: of a name in UTF-8; file systems take 255, mail clients and zip tools add to it
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]')
_SPACES = re.compile(r"\s+")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(?=\.|\s|$)")


def artifact_file_name(title: str, period: ResolvedWindow | None, format: str) -> str:  # noqa: A002 - the domain's word
    """The file's name for people: "Usage Summary 2026-11-16 to 2026-11-22.pdf".

    Letters of every script stay; separators, characters that Windows forbids, controls and marks that turn the reading
    direction become a dash or vanish; names that Windows reserves get an underscore; long titles are cut.
    """
    span = _span(period)
    extension = re.sub(r"[^a-z0-9]", "", format.lower()) or "bin"
    room = _MOST_BYTES - len(f"{span}.{extension}".encode())
    return f"{_stem(title, room)}{span}.{extension}"


def _stem(title: str, room: int) -> str:
    """The title as the front of a file's name, at most `room` bytes of UTF-8."""
    readable = title.encode("utf-8", "replace").decode()
    text = unicodedata.normalize("NFC", _SPACES.sub(" ", readable))
    text = _FORBIDDEN.sub(lambda found: "-" if found.group().isprintable() else "", text)
    text = text.encode()[:room].decode("utf-8", "ignore").strip(" .")
    # a leading dash would read as an option, a leading tilde as a home folder
    text = text.lstrip("-~ .") or "Report"
    return f"_{text}" if _RESERVED.match(text) else text


def _span(period: ResolvedWindow | None) -> str:
    if period is None:
        return ""
    if period.first_on == period.last_on:
        return f" {period.first_on.isoformat()}"
    return f" {period.first_on.isoformat()} to {period.last_on.isoformat()}"
