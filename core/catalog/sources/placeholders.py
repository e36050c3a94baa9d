"""Puts values in the place of `%s`, for what streams without binding any."""

import re
from collections.abc import Callable

from core.catalog.sources.connector import CompiledQuery

_PLACE = re.compile(r"%(%|s)")


def filled(query: CompiledQuery, quote: Callable[[object], str]) -> str:
    """The statement with each value as `quote` writes it; the compiler doubled every other percent sign."""
    values = iter([quote(value) for value in query.parameters])
    return _PLACE.sub(lambda found: "%" if found[1] == "%" else next(values), query.sql)
