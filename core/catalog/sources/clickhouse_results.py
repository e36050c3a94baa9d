"""What both ways to ClickHouse share: the settings of a query, its parameters, the types it hands out, its errors."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa

from core.errors import BroadsheetError, QueryFailed, QueryTimedOut, SourceBusy, SourceUnavailable

#: What the semantics of `ClickHouseFunctions` rest on. No limit may cut a result silently, whatever a profile says.
SETTINGS: Mapping[str, str] = {
    "join_use_nulls": "1",
    "prefer_column_name_to_alias": "1",
    "cast_keep_nullable": "1",
    "aggregate_functions_null_for_empty": "1",
    "enable_extended_results_for_datetime_functions": "1",
    "use_variant_as_common_type": "0",
    "session_timezone": "UTC",
    "transform_null_in": "0",
    "decimal_check_overflow": "1",
    "extremes": "0",
    "max_query_size": "16777216",  # the changes of a zone's offset are written out wherever it is asked for
    "output_format_arrow_fixed_string_as_fixed_byte_array": "0",
    "timeout_before_checking_execution_speed": "0",
    **dict.fromkeys(
        (f"{what}_overflow_mode" for what in ("read", "group_by", "sort", "result", "timeout", "set", "join")), "throw"
    ),
    **dict.fromkeys(("distinct_overflow_mode", "transfer_overflow_mode"), "throw"),
}
#: How much later than ours the engine's own deadline passes, for when this process is gone.
BACKSTOP_S = 5.0
_CODE = re.compile(r"Code: (\d+)\. ")
_GONE = "The source has no such table or column any more, or its type changed. Refresh the dataset's fields."
_TOO_LARGE = "A value does not fit the type its column is declared as, or a sum passes 64 bits."
_QUERY_WORDS: Mapping[int, str] = {
    **dict.fromkeys((16, 47, 60, 81), _GONE),
    **dict.fromkeys((6, 27, 38, 41, 70, 72, 131, 153, 321, 349, 407), _TOO_LARGE),
    **dict.fromkeys((43, 53, 386), "The query compares or combines values of types that do not go together."),
    **dict.fromkeys((158, 307, 396), "The query reads more than the server lets this user read. Narrow the period."),
    164: "The query would change something or reaches outside the source. It may only read.",
    241: "The query needs more memory than the source may use. Narrow it by a period or a filter.",
    394: "The query was stopped at the server.",
    497: "The user of the source may not read this table or column.",
}
_REFUSED = (192, 193, 194, 516)
_LATE = (159, 160)
_LOST = (209, 210, 279)
_BUSY = (202, 290)


def parameter_values(values: tuple[object, ...]) -> dict[str, object]:
    """The parameters by their names, as texts (and lists of them) that ClickHouse reads as their types."""
    return {f"p{number}": _parameter(value) for number, value in enumerate(values, start=1)}


def _parameter(value: object) -> object:
    match value:
        case list() | tuple():
            return [_parameter(each) if isinstance(each, str | date) else _Bare(_text(each)) for each in value]
        case None | str():
            return value
        case _:
            return _text(value)


class _Bare:
    """A number in a list, which stands there without quotes."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text


def _text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """The types that results have, for those that ClickHouse hands out."""
    return pa.schema([pa.field(field.name, _plain_type(field.type)) for field in schema])


def _plain_type(given: pa.DataType) -> pa.DataType:
    if pa.types.is_integer(given):
        return pa.int64()
    if pa.types.is_floating(given):
        return pa.float64()
    if pa.types.is_timestamp(given):
        return pa.timestamp("us", tz="UTC")
    if pa.types.is_decimal256(given):
        return pa.decimal128(38, given.scale) if given.scale <= 38 else pa.float64()
    if pa.types.is_dictionary(given):
        return _plain_type(given.value_type)
    return given


def plain_batch(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch in the types of `schema`. Raises QueryFailed for numbers and texts that have no place in them."""
    try:
        return pa.RecordBatch.from_arrays(
            [_cast(array, field.type) for array, field in zip(batch.columns, schema, strict=True)], schema=schema
        )
    except pa.ArrowException as error:
        raise QueryFailed("A number of the result has more digits than 38, or a text is not UTF-8.") from error


def _cast(array: pa.Array, target: pa.DataType) -> pa.Array:
    if pa.types.is_string(array.type):
        array.validate(full=True)  # a String may hold any bytes
    if array.type == target:
        return array
    return array.cast(target, safe=not pa.types.is_timestamp(target))


def error_code(message: str) -> int | None:
    """The number in an error message of ClickHouse."""
    found = _CODE.search(message)
    return int(found[1]) if found else None


def translated(code: int | None) -> BroadsheetError:
    """What an error code means in plain words; the server's own may hold values of rows and stay out."""
    if code in _LATE:
        return QueryTimedOut()
    if code in _BUSY:
        return SourceBusy("The server runs as many queries as it allows. Try again in a moment.")
    if code in _REFUSED:
        return SourceUnavailable("The server refuses the user or the password.")
    if code in _LOST:
        return SourceUnavailable("The server lost the connection.")
    return QueryFailed(_QUERY_WORDS.get(code or 0))
