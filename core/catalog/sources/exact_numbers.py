"""Reads exact numbers that servers send as text: Arrow's own cast to 128 bits wraps around where they do not fit."""

import pyarrow as pa
import pyarrow.compute as pc

#: Digits that results carry.
MAX_DIGITS = 38
_WIDEST = 76


def exact_numbers(texts: pa.Array, scale: int) -> pa.Array:
    """Texts as decimal128 of this scale. Raises ArrowInvalid for a number of too many digits, or none."""
    target = pa.decimal128(MAX_DIGITS, scale)
    longest = pc.max(pc.binary_length(texts)).as_py() or 0
    if longest + scale <= MAX_DIGITS:
        return texts.cast(target)
    if longest + scale > _WIDEST:
        raise pa.ArrowInvalid("a number of too many digits")
    return texts.cast(pa.decimal256(_WIDEST, scale)).cast(target)
