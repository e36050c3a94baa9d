"""How DuckDB writes what engines write differently, and how its column types map to ours."""

import re
from datetime import UTC, datetime
from typing import Any

import duckdb_engine
from sqlalchemy import BigInteger, ColumnElement, Date, DateTime, Dialect, Double, Text, bindparam, cast, func

from core.domain.dataset import Field, FieldType
from core.domain.definition import Aggregation
from core.domain.filter import DateUnit

#: Compiles to `$1, $2, …`, which DuckDB binds by position.
DIALECT: Dialect = duckdb_engine.Dialect(paramstyle="numeric_dollar")

_TYPES: dict[str, FieldType] = {
    **dict.fromkeys(("VARCHAR", "UUID", "ENUM", "JSON"), FieldType.TEXT),
    **dict.fromkeys(
        ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"), FieldType.INTEGER
    ),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL", "HUGEINT", "UBIGINT"), FieldType.DECIMAL),
    "BOOLEAN": FieldType.BOOLEAN,
    "DATE": FieldType.DATE,
    **dict.fromkeys(
        ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"), FieldType.DATETIME
    ),
}


def field_type(duckdb_type: str) -> FieldType | None:
    """Our type for DuckDB's, or None for what no report can show (blobs, lists, structs, times without a day)."""
    if duckdb_type.endswith("]"):
        return None
    return _TYPES.get(re.split(r"\(", duckdb_type, maxsplit=1)[0])


class DuckDbFunctions:
    """DuckDB's own SQL. The session's timezone is UTC, so naive and aware columns read the same."""

    def instant(self, value: datetime) -> ColumnElement[Any]:
        """A bound naive UTC timestamp."""
        return bindparam(None, value.astimezone(UTC).replace(tzinfo=None), DateTime, unique=True)

    def text(self, column: ColumnElement[Any]) -> ColumnElement[str]:
        """A cast, which DuckDB drops for text columns and needs for UUID and ENUM ones."""
        return cast(column, Text)

    def matches(self, column: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
        """ILIKE, case-insensitive beyond ASCII too."""
        return self.text(column).ilike(pattern, escape="\\")

    def bucket(
        self,
        column: ColumnElement[Any],
        *,
        grain: DateUnit,
        timezone: str | None,
        between: tuple[datetime, datetime] | None = None,  # noqa: ARG002 - a hint this engine can do without
    ) -> ColumnElement[Any]:
        """`date_trunc` of the local time, as a date; weeks start on Monday."""
        local = column
        if timezone is not None and timezone != "UTC":
            local = func.timezone(timezone, func.timezone("UTC", column))
        if grain is DateUnit.DAY:
            return cast(local, Date)
        return cast(func.date_trunc(str(grain), local), Date)

    def aggregate(self, aggregation: Aggregation, column: ColumnElement[Any], field: Field) -> ColumnElement[Any]:
        """DuckDB sums whole numbers to 128 bits: brought back to 64, where an overflow is an error, never a wrap."""
        match aggregation:
            case Aggregation.COUNT:
                return func.count(column)
            case Aggregation.COUNT_DISTINCT:
                return func.count(column.distinct())
            case Aggregation.SUM:
                total = func.sum(column)
                return cast(total, BigInteger) if field.type is FieldType.INTEGER else total
            case Aggregation.AVERAGE:
                return func.avg(cast(column, Double))
            case Aggregation.MEDIAN:
                return func.median(cast(column, Double))
            case Aggregation.MIN:
                return func.min(column)
            case Aggregation.MAX:
                return func.max(column)

    def order(self, key: ColumnElement[Any], *, descending: bool) -> tuple[ColumnElement[Any], ...]:
        """NULLS LAST, spelled out."""
        return ((key.desc() if descending else key.asc()).nulls_last(),)
