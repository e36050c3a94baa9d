"""A pasted list of addresses, answered line by line: which can be used, which are there twice, what is wrong."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from core.address import parse_email
from core.errors import InvalidAddress, InvalidInput

MAX_LINES = 20_000
MAX_CHARACTERS = 2_000_000
_MOST_SHOWN = 120
#: `Ann Lee <ann@example.com>`: address books copy them so.
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
#: Between entries on one line; a comma or semicolon in quotes belongs to a name.
_ENTRY = re.compile(r'(?:"[^"]*"|[^,;"]|")+')


class LineState(StrEnum):
    """What an entry is."""

    OK = "ok"
    DUPLICATE = "duplicate"  #: the same mailbox stands further up
    WRONG = "wrong"
    NOT_ALLOWED = "not_allowed"  #: a good address that the organization's rule does not let through


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientLine:
    """An entry and its answer."""

    line: int  #: from 1
    text: str  #: what was typed, printable and cut
    state: LineState
    address: str | None = None  #: the address as mail travels to it
    message: str = ""  #: what is wrong, or where it stands already


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientLines:
    """The answer to a list."""

    lines: tuple[RecipientLine, ...]

    @property
    def addresses(self) -> tuple[str, ...]:
        """The usable addresses, each once, in their order."""
        return tuple(one.address for one in self.lines if one.state is LineState.OK and one.address is not None)

    def count(self, state: LineState) -> int:
        """How many entries are that."""
        return sum(one.state is state for one in self.lines)


def check_recipient_lines(text: str) -> RecipientLines:
    """Answer every entry of a list; entries stand on lines of their own or between commas and semicolons.

    Raises InvalidInput only where the list is too long to be meant.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidInput(f"The list may have up to {MAX_CHARACTERS:,} characters.", place="text")
    seen: dict[str, int] = {}
    found: list[RecipientLine] = []
    for number, entry in _entries(text):
        if len(found) == MAX_LINES:
            raise InvalidInput(f"The list may have up to {MAX_LINES:,} entries.", place="text")
        found.append(_answer(number, entry, seen))
    return RecipientLines(lines=tuple(found))


def with_refusals(found: RecipientLines, refused: Mapping[str, str]) -> RecipientLines:
    """Mark the addresses that may not receive reports; `refused`: the reason of each."""
    return RecipientLines(lines=tuple(_with_refusal(one, refused) for one in found.lines))


def _with_refusal(one: RecipientLine, refused: Mapping[str, str]) -> RecipientLine:
    why = None if one.address is None or one.state is not LineState.OK else refused.get(one.address)
    return one if why is None else replace(one, state=LineState.NOT_ALLOWED, message=why)


def _entries(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        for match in _ENTRY.finditer(line):
            if match[0].strip():
                yield number, match[0]


def _answer(number: int, entry: str, seen: dict[str, int]) -> RecipientLine:
    shown = _shown(entry)
    named = _NAMED.fullmatch(entry.strip())
    try:
        address = parse_email(named["address"] if named else entry)
    except InvalidAddress as error:
        return RecipientLine(line=number, text=shown, state=LineState.WRONG, message=error.user_message)
    key = address.lower()
    if key in seen:
        words = f"It stands on line {seen[key]} already."
        return RecipientLine(line=number, text=shown, state=LineState.DUPLICATE, address=address, message=words)
    seen[key] = number
    return RecipientLine(line=number, text=shown, state=LineState.OK, address=address)


def _shown(text: str) -> str:
    """Text that can be shown: one line, nothing that cannot be printed."""
    clean = "".join(" " if unicodedata.category(character)[0] == "C" else character for character in text[:1000])
    line = " ".join(clean.split())
    return line if len(line) <= _MOST_SHOWN else f"{line[: _MOST_SHOWN - 1]}…"
