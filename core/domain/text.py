"""What text a person may give: one rule for names, one for longer texts; what passes can be stored and shown."""

from core.errors import InvalidInput

#: Not printable by `str.isprintable`, yet parts of names: joiners of Persian and emoji, and spaces of other scripts.
_FINE_IN_NAMES = frozenset("\u200c\u200d\u00a0\u202f\u3000")


def is_one_line(text: str) -> bool:
    """Whether a text is one line, without control characters and those that change the reading direction."""
    return all(character.isprintable() or character in _FINE_IN_NAMES for character in text)


def is_storable(text: str) -> bool:
    """Whether the database can keep a text: no NUL and no lone surrogate."""
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


def check_text(text: str, *, place: str, max_length: int, one_line: bool = False) -> str:
    """Return the text; raises InvalidInput at `place` where it is too long, is not one line or cannot be stored.

    `one_line`: for names, which stand in lists, file names and mail headers. Longer texts keep line breaks and tabs.
    """
    what = f"The {place.rpartition('.')[2].replace('_', ' ')}"
    if len(text) > max_length:
        raise InvalidInput(f"{what} may have up to {max_length:,} characters.", place=place)
    if one_line and not is_one_line(text):
        raise InvalidInput(f"{what} is one line without control characters.", place=place)
    if not is_storable(text):
        raise InvalidInput(f"{what} holds a character that cannot be stored.", place=place)
    return text
