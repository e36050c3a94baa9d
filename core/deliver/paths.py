"""Folders and keys made of `{name}` variables: safe parts only, the same for the same run and recipient."""

import re
import unicodedata
from collections.abc import Mapping

from core.catalog.sources.connector import ConnectionField
from core.deliver.templates import fill_variables, names_in
from core.domain.delivery import Message
from core.domain.schedule import Recipient
from core.errors import InvalidAddress

#: What a folder may name, with what it means. Days are written as 2026-11-23.
PATH_VARIABLES: dict[str, str] = {
    "report": "title of the report",
    "period": "first and last day of the period: 2026-11-16 to 2026-11-22",
    "period.start": "first day of the period",
    "period.end": "last day of the period",
    "date": "day the report stands for",
    "time": "time of day it stands for: 0900",
    "version": "version of the report",
    "organization": "name of the organization",
    "schedule": "name of the schedule",
    "run": "the run, in eight letters and digits: two runs of a day do not meet",
}
DEFAULT_PATH = "{report}/{date}/{run}"
_MOST_PATH = 500
#: Bytes of one part. File systems take 255, and a temporary name is longer than the final one.
_MOST_PART = 150
_FORBIDDEN = re.compile(r'[<>:"\\|?*]')


def path_field() -> ConnectionField:
    """The folder that files go into, for every channel that keeps files."""
    return ConnectionField(
        name="path",
        label="Folder",
        help="May hold {report}, {date}, {period.start}, {run} and others. Without {run} a second run of a day "
        "replaces the files of the first.",
        default=DEFAULT_PATH,
        is_required=False,
    )


def check_path(text: str) -> None:
    """Check a folder when it is saved; empty means the destination's own. Raises InvalidAddress."""
    if len(text) > _MOST_PATH:
        raise InvalidAddress(f"A folder has at most {_MOST_PATH} characters.")
    if any(not character.isprintable() for character in text):
        raise InvalidAddress("Line breaks and control characters are not possible in a folder.")
    if "\\" in text:
        raise InvalidAddress("Write a folder with slashes: reports/{date}.")
    if any(part.strip() in (".", "..") for part in text.split("/")):
        raise InvalidAddress("A folder cannot lead upwards: leave out the dots.")
    unknown = [name for name in names_in(text) if name not in PATH_VARIABLES]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in PATH_VARIABLES)
        raise InvalidAddress(f"There is no {{{unknown[0][:40]}}} for folders. Possible are {known}.")


def folder_of(message: Message, recipient: Recipient, default: str) -> tuple[str, ...]:
    """The parts of the folder that a message goes to; the recipient's own outranks the destination's."""
    wanted = recipient.address.strip() or default or DEFAULT_PATH
    check_path(wanted)
    names = message.about.names if message.about else {}
    parts = (_filled(part, names) for part in wanted.split("/"))
    return tuple(part for part in parts if part)


def safe_part(text: str) -> str:
    """One part of a path that every store takes: no separators, no dots in front, at most 150 bytes."""
    line = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    printable = "".join(character if character.isprintable() else " " for character in line)
    plain = _FORBIDDEN.sub("-", " ".join(printable.split()).replace("/", "-"))
    return plain.lstrip("-~. ").encode()[:_MOST_PART].decode("utf-8", "ignore").rstrip(". ")


def file_part(name: str) -> str:
    """A file's name as the last part of a path; the end of a long one stays, for its ending tells what it is."""
    if len(name.encode()) <= _MOST_PART:
        return safe_part(name) or "file"
    front, dot, ending = name.rpartition(".")
    room = _MOST_PART - len(ending.encode()) - 1
    return safe_part(front)[: max(1, room // 4)] + dot + safe_part(ending)


def _filled(part: str, names: Mapping[str, str]) -> str:
    return safe_part(fill_variables(part, {name: names.get(name, "") for name in PATH_VARIABLES}))
