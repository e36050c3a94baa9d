"""Digests of a result's rows, taken from the Arrow buffers as the batches pass: flat memory, no row in Python.

The digest depends on the values and their order alone, not on where batches begin or what lies under a null.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from core.domain.result import CellValue, ResultColumn
from core.query.fingerprint_json import CELLS_BYTES, KEY_BYTES

#: Above this many rows none is kept by its key.
MOST_KEYS = 5_000
#: Floating sums come out a little otherwise whenever they are added in another order: 40 of 52 bits count.
_NOISE_BITS = 12
_NAN = np.int64(0x7FF8_0000_0000_0000)


class RowDigest:
    """Takes the batches of one result as they pass."""

    def __init__(self, columns: Sequence[ResultColumn], *, keys: Sequence[str], rows: int) -> None:
        """`keys`: the columns that tell the rows apart, if any do; `rows`: how many are to come."""
        shown = [column.key for column in columns if not column.is_hidden]
        self._columns = {key: _ColumnDigest() for key in shown}
        self._keys = tuple(keys)
        self._others = tuple(key for key in shown if key not in self._keys)
        self._kept: dict[bytes, bytes] | None = {} if keys and rows <= MOST_KEYS else None
        self._rows = 0

    def passing(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Hand the batches on, having looked at them."""
        for batch in batches:
            self.add(batch)
            yield batch

    def add(self, batch: pa.RecordBatch) -> None:
        """Take the next rows."""
        for key, digest in self._columns.items():
            digest.add(batch.column(key), self._rows)
        self._rows += batch.num_rows
        if self._kept is not None and batch.num_rows:
            self._keep(batch)

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return self._rows

    def sha256(self) -> str:
        """The digest over all rows, in hexadecimal."""
        whole = hashlib.sha256(str(self._rows).encode())
        for key, digest in self._columns.items():
            whole.update(f"\n{key}\n".encode())
            whole.update(digest.digest())
        return whole.hexdigest()

    def by_key(self) -> dict[bytes, bytes] | None:
        """Short digests of the rows' cells by those of their keys; None where keys do not tell all rows apart."""
        return self._kept if self._kept is not None and len(self._kept) == self._rows else None

    def _keep(self, batch: pa.RecordBatch) -> None:
        if self._kept is None or self._rows > MOST_KEYS:
            self._kept = None
            return
        keys = zip(*(batch.column(key).to_pylist() for key in self._keys), strict=True)
        cells = [batch.column(key).to_pylist() for key in self._others]
        others = zip(*cells, strict=True) if cells else iter([()] * batch.num_rows)
        for key, other in zip(keys, others, strict=True):
            self._kept[_short(key, KEY_BYTES)] = _short(other, CELLS_BYTES)


class _ColumnDigest:
    """The values of one column, the lengths of texts, and the places of nulls, each as a stream of its own."""

    def __init__(self) -> None:
        self._values = hashlib.sha256()
        self._lengths = hashlib.sha256()
        self._nulls = hashlib.sha256()

    def add(self, array: pa.Array, first_row: int) -> None:
        """Take the next values; `first_row`: the place of the first of them."""
        if not len(array):
            return
        if array.null_count:
            places = np.flatnonzero(array.is_null().to_numpy(zero_copy_only=False)) + first_row
            self._nulls.update(places.astype("<i8").tobytes())
        if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
            self._add_text(array)
        elif pa.types.is_floating(array.type):
            self._values.update(_bits(array).data)
        else:
            self._values.update(_fixed(array))

    def digest(self) -> bytes:
        """The digest of the streams."""
        return self._values.digest() + self._lengths.digest() + self._nulls.digest()

    def _add_text(self, array: pa.Array) -> None:
        if array.null_count:
            array = pc.fill_null(array, "")
        width = np.int64 if pa.types.is_large_string(array.type) else np.int32
        _, offsets, data = array.buffers()
        places = np.frombuffer(offsets, dtype=width)[array.offset : array.offset + len(array) + 1]
        self._lengths.update(np.diff(places).astype("<i4", copy=False).data)
        if data is not None:
            self._values.update(memoryview(data)[places[0] : places[-1]])


def _fixed(array: pa.Array) -> memoryview:
    """The bytes of numbers, days, instants and truth values; nulls as zero."""
    kind = array.type
    if pa.types.is_boolean(kind):
        array = array.cast(pa.uint8())
    elif pa.types.is_date32(kind):
        array = array.view(pa.int32())
    elif pa.types.is_timestamp(kind):
        array = array.view(pa.int64())
    if array.null_count:
        zero = Decimal(0) if pa.types.is_decimal(kind) else 0
        array = pc.fill_null(array, pa.scalar(zero, array.type))
    width = array.type.bit_width // 8
    return memoryview(array.buffers()[1])[array.offset * width : (array.offset + len(array)) * width]


def _bits(array: pa.Array) -> npt.NDArray[np.int64]:
    """Floating numbers without their noisiest bits; minus zero is zero."""
    numbers: npt.NDArray[Any] = pc.fill_null(array, 0.0).to_numpy(zero_copy_only=False).astype(np.float64) + 0.0
    half, mask = np.int64(1 << (_NOISE_BITS - 1)), np.int64(-(1 << _NOISE_BITS))
    bits = (numbers.view(np.int64) + half) & mask
    bits[np.isnan(numbers)] = _NAN
    return bits


def _short(cells: Iterable[CellValue], size: int) -> bytes:
    said = (_text(cell) for cell in cells)
    return hashlib.blake2b("".join(f"{len(text)}:{text}" for text in said).encode(), digest_size=size).digest()


def _text(cell: CellValue) -> str:
    match cell:
        case None:
            return ""
        case float():
            return f"f{cell + 0.0:.11g}"
        case datetime() | date():
            return f"t{cell.isoformat()}"
        case Decimal():
            return f"d{cell}"
        case _:
            return f"{type(cell).__name__[0]}{cell}"
