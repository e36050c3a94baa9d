"""`If-Match`: a change is made only to the version its author saw."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.api.problems import PreconditionFailed
from core.errors import Conflict, InvalidInput


def expected_version(if_match: str | None) -> int | None:
    """Return the version an `If-Match` header names; None without one, or for `*`."""
    if if_match is None or if_match.strip() == "*":
        return None
    digits = if_match.strip().removeprefix("W/").strip('"')
    if not digits.isascii() or not digits.isdigit():
        raise InvalidInput('If-Match takes the version in quotes, as in "3".', place="If-Match")
    return int(digits)


@contextmanager
def stale_as_412(if_match: str | None) -> Iterator[None]:
    """Answer 412 instead of 409 where the caller named the version.

    A conflict that has a place is about something else: a name that is taken, reports that would break.
    """
    try:
        yield
    except Conflict as error:
        if if_match is None or error.place is not None:
            raise
        failed = PreconditionFailed(error.user_message)
        failed.changes = error.changes
        raise failed from error
