"""Names of columns: whether the first row holds them, and what is made of empty and double ones."""

import re
from collections.abc import Sequence

from core.catalog.uploads.table import counted
from core.errors import InvalidUpload

Row = Sequence[str | None]

_MAX_LENGTH = 100
#: Names that the engine has for where a row lies in its file.
_RESERVED = frozenset({"broadsheet row", "file_index", "file_row_number", "filename"})
_MOSTLY = 0.8
_FLAGS = {"true", "false", "yes", "no", "ja", "nein", "oui", "non"}
_YEAR = re.compile(r"(19|20)\d\d", re.ASCII)


def has_header(rows: Sequence[Row]) -> bool:
    """Whether the first of the rows names the columns: texts over values, or texts that do not come again."""
    first, below = rows[0], rows[1:]
    texts = [cell.strip() for cell in first if cell and cell.strip()]
    if not texts:
        return False
    if any(_is_value(text) and not _YEAR.fullmatch(text) for text in texts) or all(map(_is_value, texts)):
        return False
    comes_again = len({text.lower() for text in texts}) < len(texts)
    for index, heading in enumerate(first):
        cells = [row[index] or "" for row in below if index < len(row) and row[index]]
        values = sum(_is_value(cell.strip()) for cell in cells)
        if cells and values >= _MOSTLY * len(cells) and not _is_value((heading or "").strip()):
            return True
        comes_again |= bool(heading) and heading in cells
    return not comes_again


def unique_headings(given: Sequence[str | None]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a name for every column, no two alike, and words on what had to be changed."""
    names: list[str] = []
    taken = set(_RESERVED)
    empty, double = [], []
    for position, heading in enumerate(given, start=1):
        name = _cleaned(heading or "")
        if not name:
            name = f"Column {position}"
            empty.append(name)
        elif name.lower() in taken:
            double.append(name)
        names.append(_other_than(taken, name))
        taken.add(names[-1].lower())
    return tuple(names), _words(empty, double)


def check_names(names: Sequence[str]) -> None:
    """Raise InvalidUpload where two columns would be kept under one name, or one under none."""
    taken: set[str] = set()
    for name in names:
        if not _cleaned(name) or name != _cleaned(name) or name.lower() in _RESERVED:
            raise InvalidUpload(f"'{name}' cannot be the name of a column.", place="options.columns")
        if name.lower() in taken:
            raise InvalidUpload(f"Two columns would be called '{name}'. Rename one.", place="options.columns")
        taken.add(name.lower())


def _cleaned(heading: str) -> str:
    """One line without control characters, of a length that fits."""
    line = " ".join("".join(c if c.isprintable() else " " for c in heading).split())
    return line[:_MAX_LENGTH].strip()


def _other_than(taken: set[str], name: str) -> str:
    number, wanted = 2, name
    while name.lower() in taken:
        name = f"{wanted} ({number})"
        number += 1
    return name


def _words(empty: list[str], double: list[str]) -> tuple[str, ...]:
    words = []
    if empty:
        words.append(f"{counted(len(empty), 'column')} without a heading, called {_listed(empty)}.")
    if double:
        words.append(f"Headings that come more than once got a number: {_listed(double)}.")
    return tuple(words)


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _is_value(text: str) -> bool:
    """Whether it looks like a number, a day, a time or a flag."""
    if text.lower() in _FLAGS:
        return True
    letters = re.sub(r"(?i)(?<=\d)\s*(am|pm|z)$|(?<=\d)t(?=\d)|\b(eur|usd|gbp|chf)\b", "", text)
    return any(c.isdigit() for c in text) and not any(c.isalpha() for c in letters)
