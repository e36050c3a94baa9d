"""The rule for passwords that people choose: long, hard to guess, nothing of their own in it, and not leaked before."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from core.access.passwords import check_new_password
from core.domain.text import is_storable
from core.errors import InvalidInput

#: Of zxcvbn's 0 to 4: at least 10^8 guesses.
LEAST_SCORE = 3
#: Parts of a name or an address that are shorter stand in many passwords by chance.
_LEAST_PART = 4
#: No line of a list is longer: forty digits, a colon, a count.
_LONGEST_LINE = 80
_LEAST_PREFIX = 10


class PasswordRule:
    """Judges a new password; looks at no network."""

    def __init__(self, breached: Path | None = None) -> None:
        """`breached`: a sorted file of SHA-1 hashes of leaked passwords, or of their first ten digits and more."""
        self._breached = breached

    def check(self, password: str, *, about: Iterable[str] = ()) -> None:
        """Raise InvalidInput saying what is wrong. `about`: the person's address, name and organization."""
        if not is_storable(password):
            raise InvalidInput("The password holds a character that cannot be stored.", place="password")
        check_new_password(password)
        parts = [part for text in about for part in re.split(r"[^\w]+", text.lower()) if len(part) >= _LEAST_PART]
        if any(part in password.lower() for part in parts):
            raise InvalidInput("The password may not hold your name or your address.", place="password")
        self._check_guesses(password, parts)
        if self._breached is not None and is_listed(self._breached, password):
            raise InvalidInput(
                "This password stands in a list of passwords that were stolen elsewhere. Choose another one.",
                place="password",
            )

    def _check_guesses(self, password: str, parts: list[str]) -> None:
        from zxcvbn import zxcvbn  # its word lists take a moment to load, and few processes ever need them

        judged = zxcvbn(password, user_inputs=[*parts, "broadsheet"])
        if judged["score"] < LEAST_SCORE:
            why = str(judged["feedback"]["warning"] or "").rstrip(".")
            more = f" {why}." if why else ""
            raise InvalidInput(
                f"The password is too easy to guess.{more} Several words that do not belong together are better.",
                place="password",
            )


def is_listed(path: Path, password: str) -> bool:
    """Whether the file names the password's SHA-1, or a prefix of it; searched by halves, whatever its size."""
    sought = hashlib.sha1(password.encode(errors="replace"), usedforsecurity=False).hexdigest().upper()
    with path.open("rb") as file:
        low, high = 0, path.stat().st_size  # `low` is always where a line begins
        while low < high:
            middle = (low + high) // 2
            file.seek(max(middle - 1, low))
            if middle > low:
                file.readline(_LONGEST_LINE)  # the rest of a line that began before
            listed = _listed(file.readline(_LONGEST_LINE)) if file.tell() < high else ""
            if len(listed) >= _LEAST_PREFIX and sought.startswith(listed):
                return True
            if listed and listed < sought:
                low = file.tell()
            else:
                high = middle
        file.seek(low)
        listed = _listed(file.readline(_LONGEST_LINE))
        return len(listed) >= _LEAST_PREFIX and sought.startswith(listed)


def _listed(line: bytes) -> str:
    """Return the digits of a line, without the count that some lists add."""
    return line.partition(b":")[0].strip().decode("ascii", errors="replace").upper()
