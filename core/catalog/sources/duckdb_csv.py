"""How DuckDB writes cells as our CSV renderer does."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa

from core.catalog.sources.csv_lines import FORMULA_CHARACTERS, SIGNS, Cell, LineWriter
from core.catalog.sources.csv_offsets import choice, first_instant, offset_text, spans_of

#: From here on it writes floats with other exponents than we do. Infinities, and what is no number, are beyond it.
_LARGE = "1e15"


class DuckDbLines(LineWriter):
    """DuckDB's own text of values, where it is ours too. The session's timezone is UTC."""

    def number(self, name: str, kind: pa.DataType) -> Cell:  # noqa: ARG002
        """Its own."""
        return Cell(text=f"CAST({name} AS VARCHAR)")

    def floating(self, name: str) -> Cell:
        """Its own but for whole ones, which it gives a .0."""
        number = f"CAST({name} AS DOUBLE)"
        whole = f"CAST(CAST({number} AS BIGINT) AS VARCHAR)"
        is_unfit = f"(abs({number}) >= {_LARGE} OR ({number} = 0 AND signbit({number})))"
        # What is unfit may not be cast either: the query would end with an error.
        text = f"CASE WHEN {is_unfit} THEN '' WHEN trunc({number}) = {number} THEN {whole} ELSE {number}::VARCHAR END"
        return Cell(text=text, is_unfit=is_unfit)

    def day(self, name: str) -> Cell:
        """Its own."""
        return Cell(
            text=f"CAST({name} AS VARCHAR)", is_unfit=f"{name} NOT BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'"
        )

    def instant(self, name: str, timezone: str) -> Cell | None:
        """By the offsets that we know: its own database of timezones may be of another year."""
        spans = spans_of(timezone)
        if spans is None:
            return None
        utc = f"CAST({name} AS TIMESTAMP)"
        shift = choice(utc, spans, [f"to_seconds({seconds})" for _, seconds in spans], _literal)
        offset = choice(utc, spans, [f"'{offset_text(seconds)}'" for _, seconds in spans], _literal)
        local = utc if shift == "to_seconds(0)" else f"({utc} + {shift})"
        is_whole = f"microsecond({utc}) % 1000000 = 0"
        whole, fine = (f"strftime({local}, '%Y-%m-%dT%H:%M:%S{end}')" for end in ("", ".%f"))
        first, last = _literal(first_instant(timezone)), _literal(spans[-1][0])
        return Cell(
            text=f"CASE WHEN {is_whole} THEN {whole} ELSE {fine} END || {offset}",
            is_unfit=f"({utc} < {first} OR {utc} >= {last})",
        )

    def text(self, name: str) -> Cell:
        """As it is."""
        return Cell(text=f"CAST({name} AS VARCHAR)")

    def is_formula(self, text: str) -> str:
        """By the number of its first character."""
        first = f"ord({text})"
        return f"({first} IN {FORMULA_CHARACTERS} AND ({first} NOT IN {SIGNS} OR length({text}) > 1))"

    def quoted(self, text: str, delimiter: str) -> str:
        """Looks for each character by itself, which is several times as fast as a pattern."""
        needs = " OR ".join(f"contains({text}, {_constant(each)})" for each in (delimiter, '"', "\n", "\r"))
        return f"""CASE WHEN {needs} OR {text} = '' THEN concat('"', replace({text}, '"', '""'), '"') ELSE {text} END"""

    def line(self, fields: Sequence[str], *, delimiter: str, newline: str) -> str:
        """`concat`, to which nulls are nothing."""
        parts = [part for field in fields for part in (field, _constant(delimiter))]
        return f"concat({', '.join([*parts[:-1], _constant(newline)])})"


def _constant(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _literal(instant: datetime) -> str:
    return f"TIMESTAMP '{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'"
