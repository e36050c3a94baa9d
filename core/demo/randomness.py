"""Repeatable randomness: a value is a hash of seed, table, column, day and row, so days do not depend on each other."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_Bits = NDArray[np.uint64]


def _mix(bits: _Bits) -> _Bits:
    """Scatter 64-bit numbers: the finalizer of SplitMix64 (Steele, Lea, Flood 2014), the same on every version."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def _key(*parts: object) -> np.uint64:
    """A 64-bit key of `parts`."""
    digest = blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


class Draws:
    """Random columns for the rows numbered `rows` of the days numbered `days` (days since 1970-01-01)."""

    def __init__(self, *, seed: int, table: str, days: Ints, rows: Ints) -> None:
        positions = (days.astype(np.uint64) << np.uint64(32)) | rows.astype(np.uint64)
        self._base = _mix(positions + _key(seed, table))

    def uniform(self, column: str) -> Floats:
        """Numbers from 0 up to, but not including, 1."""
        bits = _mix(self._base + _key(column))
        return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def below(self, column: str, bound: int | Ints) -> Ints:
        """Whole numbers from 0 up to, but not including, `bound`."""
        return (self.uniform(column) * bound).astype(np.int64)

    def chance(self, column: str, probability: float | Floats) -> Bools:
        """True with `probability`."""
        return self.uniform(column) < probability

    def choice(self, column: str, weights: Sequence[float] | Floats | Ints) -> Ints:
        """Positions in `weights`, each as likely as its weight."""
        steps = np.cumsum(np.asarray(weights, dtype=np.float64))
        found = np.searchsorted(steps, self.uniform(column) * steps[-1], side="right")
        return np.asarray(np.minimum(found, len(steps) - 1), dtype=np.int64)

    def around(self, column: str, median: float | Floats, spread: float) -> Floats:
        """Log-normal numbers around `median`: many a little below, a few far above."""
        radius = np.sqrt(-2.0 * np.log1p(-self.uniform(f"{column}.radius")))
        return median * np.exp(spread * radius * np.cos(2.0 * np.pi * self.uniform(f"{column}.angle")))

    def nested(
        self, column: str, lists: Sequence[Sequence[str]], outer: Ints, *, skew: float = 1.0
    ) -> tuple[list[str], Ints]:
        """All words of `lists` in one, and for each row the position of a word from its own list, `lists[outer]`.

        A `skew` above 1 prefers the words that come first.
        """
        sizes = np.array([len(words) for words in lists], dtype=np.int64)
        starts = np.cumsum(sizes) - sizes
        nth = (self.uniform(column) ** skew * sizes[outer]).astype(np.int64)
        return [word for words in lists for word in words], starts[outer] + nth
