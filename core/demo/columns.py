"""Arrow columns from numpy arrays: texts from a vocabulary, exact decimals, days and instants."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.demo.randomness import Bools, Ints

MICROSECONDS_A_DAY = 86_400_000_000


def texts(vocabulary: Sequence[str] | pa.Array, positions: Ints, *, empty: Bools | None = None) -> pa.Array:
    """The texts of `vocabulary` at `positions`; null where `empty`."""
    words = vocabulary if isinstance(vocabulary, pa.Array) else pa.array(vocabulary, pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(positions.astype(np.int32), mask=empty), words)


def joined(*parts: pa.Array | str) -> pa.Array:
    """Texts put together row by row; dictionary columns are spelled out."""
    return pc.binary_join_element_wise(*map(_plain, parts), "")


def _plain(part: pa.Array | str) -> pa.Array | pa.Scalar:
    if isinstance(part, pa.DictionaryArray):
        return part.dictionary_decode()
    return pa.scalar(part, pa.string()) if isinstance(part, str) else part


def digits(numbers: Ints, *, width: int = 0) -> pa.Array:
    """Whole numbers as text, padded with zeros to `width`."""
    written = pa.array(numbers).cast(pa.string())
    return pc.utf8_lpad(written, width=width, padding="0") if width else written


def decimals(units: Ints, *, precision: int, scale: int, empty: Bools | None = None) -> pa.Array:
    """Exact decimals from whole numbers of the smallest unit: 1234 at scale 2 is 12.34."""
    words = np.empty((len(units), 2), dtype=np.int64)  # 128 bits, little end first
    words[:, 0] = units
    words[:, 1] = units >> 63
    exact = pa.Array.from_buffers(pa.decimal128(precision, scale), len(units), [None, pa.py_buffer(words)])
    return exact if empty is None else pc.if_else(pa.array(empty), pa.scalar(None, exact.type), exact)


def integers(numbers: Ints, *, empty: Bools | None = None) -> pa.Array:
    """32-bit whole numbers; null where `empty`."""
    return pa.array(numbers.astype(np.int32), mask=empty)


def flags(values: Bools, *, empty: Bools | None = None) -> pa.Array:
    """Booleans; null where `empty`."""
    return pa.array(values, mask=empty)


def dates(days: Ints, *, empty: Bools | None = None) -> pa.Array:
    """Calendar days from day numbers; null where `empty`."""
    return pa.array(days.astype(np.int32), mask=empty).cast(pa.date32())


def instants(microseconds: Ints) -> pa.Array:
    """Instants in UTC without a zone mark, from microseconds since 1970-01-01."""
    return pa.array(microseconds).cast(pa.timestamp("us"))
