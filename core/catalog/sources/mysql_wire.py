"""Turns the rows of MySQL's text protocol into Arrow batches, a column at a time, without a Python object per value."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pymysql.constants import FIELD_TYPE, FLAG

from core.catalog.sources.exact_numbers import MAX_DIGITS, exact_numbers
from core.errors import QueryFailed

_INSTANT = pa.timestamp("us", tz="UTC")
_BINARY = 63  #: the character set of bytes
_NULL, _TWO, _THREE, _EIGHT = 0xFB, 0xFC, 0xFD, 0xFE
_ZERO_DAY = "0000-00-00"

_WHOLE = {FIELD_TYPE.TINY, FIELD_TYPE.SHORT, FIELD_TYPE.LONG, FIELD_TYPE.INT24, FIELD_TYPE.LONGLONG, FIELD_TYPE.YEAR}
_EXACT = {FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL}
_INSTANTS = {FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP}
_DAYS = {FIELD_TYPE.DATE, FIELD_TYPE.NEWDATE}
_BYTES = {
    FIELD_TYPE.TINY_BLOB,
    FIELD_TYPE.MEDIUM_BLOB,
    FIELD_TYPE.LONG_BLOB,
    FIELD_TYPE.BLOB,
    FIELD_TYPE.VAR_STRING,
    FIELD_TYPE.STRING,
    FIELD_TYPE.VARCHAR,
}

Numbers = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WireColumn:
    """What the server says of a column of a result."""

    name: str
    code: int
    flags: int
    length: int
    scale: int
    charset: int


class Wire:
    """The way from packets to batches, made once a query."""

    def __init__(self, columns: list[WireColumn]) -> None:
        kinds = [_kind(column) for column in columns]
        self.schema = pa.schema([pa.field(column.name, kind) for column, kind in zip(columns, kinds, strict=True)])
        self._read = [_reader(column, kind) for column, kind in zip(columns, kinds, strict=True)]

    def batch(self, data: Numbers, starts: list[int]) -> pa.RecordBatch:
        """The rows whose packets begin at `starts` in the bytes `data`. Raises QueryFailed for what does not fit."""
        at = np.array(starts, dtype=np.int64)
        arrays = []
        for field, read in zip(self.schema, self._read, strict=True):
            first, lengths, is_null, at = _locate(data, at)
            try:
                arrays.append(read(_gather(data, first, lengths, is_null)))
            except pa.ArrowException as error:
                raise QueryFailed(
                    f"The column '{field.name}' holds a value that cannot be shown, such as a day that does not exist "
                    "or a number of more than 38 digits. Leave it out by a filter."
                ) from error
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def _kind(column: WireColumn) -> pa.DataType:
    code = column.code
    if _is_flag(column):
        return pa.bool_()
    if code in _WHOLE:
        return (
            pa.decimal128(MAX_DIGITS, 0) if code == FIELD_TYPE.LONGLONG and column.flags & FLAG.UNSIGNED else pa.int64()
        )
    if code in _EXACT:
        return pa.decimal128(MAX_DIGITS, min(column.scale, MAX_DIGITS))
    if code in (FIELD_TYPE.FLOAT, FIELD_TYPE.DOUBLE):
        return pa.float64()
    if code in _INSTANTS:
        return _INSTANT
    if code in _DAYS:
        return pa.date32()
    if code in (FIELD_TYPE.TIME, FIELD_TYPE.BIT, FIELD_TYPE.GEOMETRY) or (code in _BYTES and column.charset == _BINARY):
        raise QueryFailed(f"The column '{column.name}' is of a type that no report can show. Leave it out.")
    return pa.string()


def _is_flag(column: WireColumn) -> bool:
    """BOOLEAN is TINYINT(1)."""
    return column.length == 1 and column.code in (FIELD_TYPE.TINY, FIELD_TYPE.BIT)


def _reader(column: WireColumn, kind: pa.DataType) -> Callable[[pa.Array], pa.Array]:
    if pa.types.is_string(kind):
        return _texts
    if column.code == FIELD_TYPE.BIT:
        return lambda texts: pc.equal(texts.cast(pa.binary()), b"\x01")
    if pa.types.is_boolean(kind):
        return lambda texts: texts.cast(pa.int8()).cast(pa.bool_())
    if kind == _INSTANT:
        return lambda texts: _times(texts, pa.timestamp("us")).cast(_INSTANT)
    if kind == pa.date32():
        return lambda texts: _times(texts, kind)
    if pa.types.is_decimal(kind):
        return lambda texts: exact_numbers(texts, kind.scale)
    return lambda texts: texts.cast(kind)


def _texts(texts: pa.Array) -> pa.Array:
    texts.validate(full=True)
    return texts


def _times(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """Days and instants; the zero day, by which MySQL means none, is null."""
    try:
        return texts.cast(kind)
    except pa.ArrowInvalid:
        return pc.if_else(pc.starts_with(texts, _ZERO_DAY), pa.scalar(None, pa.string()), texts).cast(kind)


def _locate(data: Numbers, at: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Where the values of a column begin in each row, how long they are, which are null, and where the next are."""
    lengths = data[at].astype(np.int64)
    first = at + 1
    is_null = lengths == _NULL
    if (lengths >= _NULL).any():
        for mark, width in ((_TWO, 2), (_THREE, 3), (_EIGHT, 8)):
            (rows,) = np.nonzero(data[at] == mark)
            if len(rows):
                lengths[rows] = sum(data[first[rows] + place].astype(np.int64) << 8 * place for place in range(width))
                first[rows] += width
        lengths[is_null] = 0
    return first, lengths, is_null, first + lengths


def _gather(data: Numbers, first: Numbers, lengths: Numbers, is_null: Numbers) -> pa.Array:
    """The values of a column next to each other, as an array of texts."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    places = np.repeat(first - offsets[:-1], lengths)
    places += np.arange(offsets[-1], dtype=np.int64)
    nulls = pa.array(~is_null).buffers()[1] if is_null.any() else None
    buffers = [nulls, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(data[places])]
    return pa.StringArray.from_buffers(len(lengths), buffers[1], buffers[2], nulls)
