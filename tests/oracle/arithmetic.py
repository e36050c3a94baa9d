"""Arithmetic as the language has it: exact numbers stay exact, divisions are doubles, by zero there is none."""

import math
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from tests.oracle.order import Undecided

Number = int | float | Decimal
#: Wider than any number of the tests.
EXACT = Context(prec=80)

#: The part of the largest of them below which what is left of doubles hangs on the order in which they are added.
_LITTLE = 1e-6


def number_pair(left: Number, right: Number) -> tuple[Any, Any]:
    """Both as doubles where one is, as exact numbers where one has digits after the point."""
    if isinstance(left, float) or isinstance(right, float):
        return float(left), float(right)
    return left, right


def divided(left: Number, right: Number) -> float | None:
    """A double; nothing where the divisor is zero."""
    return float(left) / float(right) if right else None


def remainder(left: Number, right: Number) -> Number | None:
    """What a division that cuts off its fraction leaves over; it has the sign of `left`."""
    if not right:
        return None
    if isinstance(left, float) or isinstance(right, float):
        return math.fmod(float(left), float(right))
    size = EXACT.remainder(abs(Decimal(left)), abs(Decimal(right)))
    found = -size if left < 0 else size
    return int(found) if isinstance(left, int) and isinstance(right, int) else found


def rounded(value: Number, digits: int = 0) -> Number:
    """Half away from zero."""
    if isinstance(value, int):
        return value
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, EXACT)
    return float(exact) if isinstance(value, float) else exact


def total(values: list[Any]) -> Number | None:
    """The sum of what is there; nothing where nothing is."""
    there = [value for value in values if value is not None]
    if not there:
        return None
    if any(isinstance(value, float) for value in there):
        return math.fsum(map(float, there))
    return sum(there)


def average(values: list[Any]) -> float | None:
    """The mean of the doubles. Raises Undecided where large ones leave little of each other."""
    if not values:
        return None
    doubles = list(map(float, values))
    mean = math.fsum(doubles) / len(doubles)
    if abs(mean) < _LITTLE * max(map(abs, doubles)) > _LITTLE:
        raise Undecided
    return mean


def percentile(values: list[Any], share: float) -> float | None:
    """The value at that share of the way through the sorted values, interpolated between its neighbours."""
    if not values:
        return None
    doubles = sorted(map(float, values))
    place = share * (len(doubles) - 1)
    low = math.floor(place)
    high = min(low + 1, len(doubles) - 1)
    return doubles[low] + (doubles[high] - doubles[low]) * (place - low)
