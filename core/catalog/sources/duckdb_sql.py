"""How DuckDB writes what engines write differently, and how its column types map to ours."""

import re
from datetime import UTC, datetime
from typing import Any

import duckdb_engine
from sqlalchemy import BigInteger, ColumnElement, Date, DateTime, Dialect, Double, Text, bindparam, case, cast, func

from core.catalog.sources.offsets import utc_offsets
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

    #: First and last value are in the file's statistics.
    wants_spans = True

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
        between: tuple[datetime, datetime] | None = None,
    ) -> ColumnElement[Any]:
        """`date_trunc` of the local time, as a date; weeks start on Monday."""
        local = column if timezone is None or timezone == "UTC" else self._local(column, timezone, between)
        if grain is DateUnit.DAY:
            return cast(local, Date)
        return cast(func.date_trunc(str(grain), local), Date)

    def _local(
        self, column: ColumnElement[Any], timezone: str, between: tuple[datetime, datetime] | None
    ) -> ColumnElement[Any]:
        """The wall clock of `timezone`. In a known span by its offsets there: six times as fast as DuckDB's own way."""
        offsets = utc_offsets(timezone, *between) if between is not None else None
        if offsets is None:
            return func.timezone(timezone, func.timezone("UTC", column))
        shifted = [column + func.to_seconds(seconds) for _, seconds in offsets]
        if len(offsets) == 1:
            return shifted[0]
        cases = [(column < self.instant(until), local) for (until, _), local in zip(offsets, shifted, strict=True)]
        return case(*cases[:-1], else_=shifted[-1])

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
