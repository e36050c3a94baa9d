"""The SQL by which PostgreSQL's COPY writes a result's rows byte for byte as our CSV renderer does.

What only the renderer can write, and text that gets an apostrophe, is looked for in the same state first: that takes
several processes of the server a moment, while COPY is one process, which nothing should burden that is not needed.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa
from psycopg import sql
from sqlalchemy.sql import ClauseElement

from core.catalog.sources.connector import CompiledQuery, CsvQuestion
from core.catalog.sources.csv_offsets import choice, first_instant, offset_text, spans_of
from core.catalog.sources.postgresql_wire import Wire
from core.domain.csv_options import CsvDateStyle
from core.domain.field import FieldType

#: First characters of what a spreadsheet takes for a formula; plus and minus only with something behind them.
_FORMULA = "'{9,10,13,43,45,61,64,65291,65293,65309,65312}'::int[]"
_SIGNS = "43, 45"
#: Past 2^53 PostgreSQL's shortest text of a float has at times a digit more than Arrow's.
_LARGE = "(abs({number}) > 9007199254740992 AND abs({number}) < 'Infinity')"
_FIRST_DAY, _LAST_DAY = "0001-01-01", "9999-12-31"

Statement = CompiledQuery | ClauseElement


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A column as SQL: its text, when it cannot be written so, and when its text gets an apostrophe."""

    key: str
    text: str
    is_unfit: str | None = None
    may_be_guarded: str | None = None  #: quick to ask; holds for a lone sign too
    is_guarded: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySql:
    """The statements for one question: of its rows (`text`) and of at least those in any order (`unordered`).

    `scanned` gives the rows in their order only where it is planned as a plain scan; None where it never does.
    """

    text: str
    unordered: str
    scanned: str | None
    names: str
    delimiter: str
    columns: tuple[_Written, ...]

    def check(self) -> str:
        """Whether there is a value that SQL cannot write, and whether there is text that may need an apostrophe."""
        unfit = " OR ".join(column.is_unfit for column in self.columns if column.is_unfit)
        guarded = " OR ".join(column.may_be_guarded for column in self.columns if column.may_be_guarded)
        return self._asked(f"bool_or({unfit or 'false'}), bool_or({guarded or 'false'})", self.unordered)

    def counts(self) -> str:
        """For each of `guarded_keys`, how many of its cells get an apostrophe."""
        exact = [column.is_guarded for column in self.columns if column.is_guarded]
        return self._asked(", ".join(f"count(*) FILTER (WHERE {condition})" for condition in exact), self.text)

    @property
    def guarded_keys(self) -> list[str]:
        """The columns that `counts` counts."""
        return [column.key for column in self.columns if column.is_guarded]

    def rows(self, text: str, *, guarded: Container[str]) -> str:
        """What is copied of `text`, with apostrophes in these columns."""
        texts = [
            f"CASE WHEN {column.is_guarded} THEN '''' || {column.text} ELSE {column.text} END"
            if column.key in guarded
            else column.text
            for column in self.columns
        ]
        if len(texts) == 1:  # a line with nothing on it would be read as no row at all
            texts = [f"coalesce(({texts[0]})::text, '')"]
        return self._asked(", ".join(texts), text)

    def copy(self, rows: str) -> str:
        """The COPY of `rows`."""
        return f"COPY ({rows}) TO STDOUT (FORMAT csv, DELIMITER {self.delimiter})"

    def _asked(self, columns: str, text: str) -> str:
        return f"SELECT {columns} FROM (\n{text}\n) AS rows ({self.names})"  # noqa: S608 - of statements of ours


def copy_sql(question: CsvQuestion, given: pa.Schema, render: Callable[[Statement], str]) -> CopySql | None:
    """The statements for rows which the driver gives as `given`; None where SQL cannot write them."""
    options = question.options
    if options.decimal != "." or options.date_style is not CsvDateStyle.ISO:
        return None
    places = {column.key: place for place, column in enumerate(question.columns)}
    columns = [_column(places[key], given, question) for key in question.keys]
    known = tuple(column for column in columns if column is not None)
    if len(known) < len(columns):
        return None
    return CopySql(
        text=render(question.statement),
        unordered=render(question.unordered),
        scanned=None if question.scanned is None else render(question.scanned),
        names=", ".join(f"c{place}" for place in places.values()),
        delimiter=sql.Literal(options.delimiter).as_string(None),
        columns=known,
    )


def _column(place: int, schema: pa.Schema, question: CsvQuestion) -> _Written | None:
    """A column as SQL, by what the driver makes of it: what it hands over in another type the renderer writes."""
    name, given, column = f"c{place}", Wire(schema).schema.field(place).type, question.columns[place]
    match column.type:
        case FieldType.BOOLEAN if pa.types.is_boolean(given):
            return _Written(key=column.key, text=f"CASE WHEN {name} THEN 'true' WHEN NOT {name} THEN 'false' END")
        case FieldType.INTEGER if pa.types.is_integer(given):
            return _Written(key=column.key, text=name)
        case FieldType.DECIMAL if pa.types.is_integer(given) or pa.types.is_decimal(given):
            return _Written(key=column.key, text=name)
        case FieldType.DECIMAL if pa.types.is_floating(given):
            number = f"{name}::float8"
            return _Written(key=column.key, text=number, is_unfit=_LARGE.format(number=number))
        case FieldType.DATE if pa.types.is_date(given):
            unfit = f"{name} NOT BETWEEN '{_FIRST_DAY}' AND '{_LAST_DAY}'"
            return _Written(key=column.key, text=name, is_unfit=unfit)
        case FieldType.DATETIME if pa.types.is_timestamp(given):
            is_aware = schema.field(place).type.tz is not None
            return _instant(column.key, name, question.timezone, is_aware=is_aware)
        case FieldType.TEXT if pa.types.is_string(given):
            text = _text(column.key, f"{name}::text", is_raw=question.options.raw)
            # By itself on a line it ends what COPY reads: COPY puts it in quotes then, and we do not.
            return replace(text, is_unfit=f"{name} = '\\.'") if len(question.keys) == 1 else text
    return None


def _text(key: str, name: str, *, is_raw: bool) -> _Written:
    if is_raw:
        return _Written(key=key, text=name)
    near = f"ascii({name}) = ANY ({_FORMULA})"
    exact = f"({near} AND (ascii({name}) NOT IN ({_SIGNS}) OR length({name}) > 1))"
    return _Written(key=key, text=name, may_be_guarded=near, is_guarded=exact)


def _instant(key: str, name: str, timezone: str, *, is_aware: bool) -> _Written | None:
    """ISO 8601 with the offset of the report's timezone; all six digits of a fraction, where there is one.

    Naive columns are in UTC, and read literals without their offset.
    """
    spans = spans_of(timezone)
    if spans is None:
        return None
    shift = choice(name, spans, [f"interval '{seconds} seconds'" for _, seconds in spans], _literal)
    kind, moved = ("timestamptz", f"timezone({shift}, {name})") if is_aware else ("timestamp", f"({name} + {shift})")
    local = f"replace({moved}::text, ' ', 'T')"
    whole = f"CASE WHEN {name}::{kind}(0) = {name} THEN {local} ELSE rpad({local}, 26, '0') END"
    offsets = [f"'{offset_text(seconds)}'" for _, seconds in spans]
    return _Written(
        key=key,
        text=f"{whole} || {choice(name, spans, offsets, _literal)}",
        is_unfit=f"({name} < {_literal(first_instant(timezone))} OR {name} >= {_literal(spans[-1][0])})",
    )


def _literal(instant: datetime) -> str:
    return f"'{instant.isoformat(sep=' ')}'"
