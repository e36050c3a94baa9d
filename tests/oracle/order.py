"""Order and equality of values, as far as the last bits of doubles do not decide them."""

import math
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import cmp_to_key
from typing import TypeVar

Value = str | int | float | bool | Decimal | date | None
T = TypeVar("T")
_CLOSE = 1e-9


class Undecided(Exception):
    """The answer hangs on the last bits of a double, which engines may round differently."""


def compare(left: Value, right: Value) -> int:
    """-1, 0 or 1 for two values that are there. Raises Undecided where they are all but equal."""
    if not isinstance(left, str | date) and (isinstance(left, float) or isinstance(right, float)):
        return _compare_doubles(float(left or 0), float(right or 0))  # type: ignore[arg-type]
    return (left > right) - (left < right)  # type: ignore[operator]


def _compare_doubles(left: float, right: float) -> int:
    if left != right and math.isclose(left, right, rel_tol=_CLOSE, abs_tol=_CLOSE):
        raise Undecided
    return (left > right) - (left < right)


def ordered(items: Sequence[T], keys: Sequence[tuple[Callable[[T], Value], bool]]) -> list[T]:
    """The items by several keys, each with whether it descends; empty values last either way."""

    def compare_items(one: T, other: T) -> int:
        for key, descending in keys:
            left, right = key(one), key(other)
            if left is None or right is None:
                found = (left is None) - (right is None)
            else:
                found = compare(left, right) * (-1 if descending else 1)
            if found:
                return found
        return 0

    return sorted(items, key=cmp_to_key(compare_items))
