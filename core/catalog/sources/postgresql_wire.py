"""Brings what PostgreSQL's Arrow driver hands out to the types of results, the same for every batch of a query."""

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from core.catalog.sources.exact_numbers import MAX_DIGITS, exact_numbers
from core.errors import QueryFailed

_INSTANT = pa.timestamp("us", tz="UTC")
#: Infinite times wrap around in the driver, to values far before any that PostgreSQL has.
_FIRST_INSTANT = -(2**63) + 946_684_800_000_000 + 1
_FIRST_DAY = -(2**31) + 10_957 + 1

_Bring = Callable[[pa.Array], pa.Array]


class Wire:
    """The way from the driver's columns to ours, made once a query."""

    def __init__(self, given: pa.Schema) -> None:
        columns = [_column(field) for field in given]
        self.schema = pa.schema([pa.field(field.name, kind) for field, (kind, _) in zip(given, columns, strict=True)])
        self._bring = [bring for _, bring in columns]

    def batch(self, given: pa.RecordBatch) -> pa.RecordBatch:
        """A batch of our types. Raises QueryFailed for a value that they have no room for."""
        arrays = []
        for field, column, bring in zip(self.schema, given.columns, self._bring, strict=True):
            try:
                arrays.append(bring(column))
            except (pa.ArrowException, OverflowError) as error:
                raise QueryFailed(
                    f"The column '{field.name}' holds a value that cannot be shown, such as an infinite date, a "
                    "number that is none, or one of more than 38 digits. Leave it out by a filter."
                ) from error
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def _column(field: pa.Field) -> tuple[pa.DataType, _Bring]:
    kind = field.type
    if isinstance(kind, pa.BaseExtensionType):
        return _extension(field)
    if pa.types.is_timestamp(kind):
        return _INSTANT, _instants
    if pa.types.is_date(kind):
        return kind, _days
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_interval(kind) or pa.types.is_time(kind):
        raise _unshown(field.name)
    return kind, lambda column: column


def _extension(field: pa.Field) -> tuple[pa.DataType, _Bring]:
    """Numbers come as texts, documents too; what comes as bytes cannot be shown as it is."""
    if field.type.extension_name == "arrow.opaque" and field.type.type_name == "numeric":
        scale = _scale(field)
        # Without a declared scale each value has its own: only doubles hold them all.
        if scale is None:
            return pa.float64(), lambda column: pc.cast(column.storage, pa.float64())
        return pa.decimal128(MAX_DIGITS, scale), lambda column: exact_numbers(column.storage, scale)
    if not pa.types.is_string(field.type.storage_type):
        raise _unshown(field.name)
    return pa.string(), lambda column: column.storage


def _scale(field: pa.Field) -> int | None:
    """Digits after the point that the server declares; see numeric_typmod_scale in its numeric.c."""
    modifier = int((field.metadata or {}).get(b"POSTGRESQL:typmod", b"-1"))
    if modifier < 4:
        return None
    scale = ((modifier - 4) & 0x7FF ^ 1024) - 1024
    return min(max(scale, 0), MAX_DIGITS)


def _instants(column: pa.Array) -> pa.Array:
    """Naive ones are in UTC."""
    _finite(column.view(pa.int64()), _FIRST_INSTANT)
    return column.cast(_INSTANT)


def _days(column: pa.Array) -> pa.Array:
    _finite(column.view(pa.int32()), _FIRST_DAY)
    return column


def _finite(numbers: pa.Array, first: int) -> None:
    least = pc.min(numbers).as_py()
    if least is not None and least < first:
        raise OverflowError("an infinite time")


def _unshown(name: str) -> QueryFailed:
    return QueryFailed(f"The column '{name}' is of a type that no report can show. Leave it out of the dataset.")
