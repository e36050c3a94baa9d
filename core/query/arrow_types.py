"""Brings what engines hand out to the result's Arrow types and names."""

from collections.abc import Sequence

import pyarrow as pa

from core.domain.field import FieldType
from core.domain.result import ResultColumn
from core.errors import QueryFailed

_MAX_DIGITS = 38
_FIXED = {
    FieldType.TEXT: pa.string(),
    FieldType.INTEGER: pa.int64(),
    FieldType.BOOLEAN: pa.bool_(),
    FieldType.DATE: pa.date32(),
}


def conform(batch: pa.RecordBatch, columns: Sequence[ResultColumn], timezone: str) -> pa.RecordBatch:
    """Rename the columns to their keys and cast them: instants to microseconds in `timezone`, decimals to decimal128.

    Casts that are no-ops share memory with the input. Raises QueryFailed where a value does not fit.
    """
    arrays = [
        _cast(array, arrow_type(array.type, column.type, timezone, column.scale), column)
        for array, column in zip(batch.columns, columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, names=[column.key for column in columns])


def arrow_type(given: pa.DataType, kind: FieldType, timezone: str, scale: int | None = None) -> pa.DataType:
    """The Arrow type that a column of `kind` has in a result, seen what the engine gives."""
    if kind is FieldType.DATETIME:
        return pa.timestamp("us", tz=timezone)
    if kind is FieldType.DECIMAL:
        return _number_type(given, scale)
    if kind is FieldType.TEXT and pa.types.is_large_string(given):
        return given
    return _FIXED[kind]


def _number_type(given: pa.DataType, scale: int | None) -> pa.DataType:
    """Exact where the engine hands over exact numbers, or texts of known digits."""
    if pa.types.is_decimal(given):
        return pa.decimal128(min(given.precision, _MAX_DIGITS), given.scale)
    if pa.types.is_integer(given):
        return pa.decimal128(20, 0)
    is_text = pa.types.is_string(given) or pa.types.is_large_string(given)
    return pa.decimal128(_MAX_DIGITS, scale) if is_text and scale is not None else pa.float64()


def _cast(array: pa.Array, target: pa.DataType, column: ResultColumn) -> pa.Array:
    if array.type == target:
        return array
    try:
        if pa.types.is_timestamp(target) and pa.types.is_timestamp(array.type) and array.type.unit == "ns":
            # Results carry microseconds, as Python does; what lies below is dropped.
            array = array.cast(pa.timestamp("us", tz=array.type.tz), safe=False)
        return array.cast(target)
    except pa.ArrowException as error:
        raise QueryFailed(
            f"The values of '{column.label}' are no longer of the type the dataset says. Refresh the dataset's fields."
        ) from error
