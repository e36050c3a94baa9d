"""How ClickHouse writes cells as our CSV renderer does."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa

from core.catalog.sources.csv_lines import FORMULA_CHARACTERS, SIGNS, Cell, LineWriter
from core.catalog.sources.csv_offsets import choice, first_instant, offset_text, spans_of

#: Outside of these it writes floats with other exponents than we do.
_SMALL, _LARGE = "1e-4", "1e15"


class ClickHouseLines(LineWriter):
    """ClickHouse's own text of values, where it is ours too. Its own CSV would put every text in quotes."""

    def number(self, name: str, kind: pa.DataType) -> Cell:
        """Its own, with the zeros at the end that it leaves out."""
        if pa.types.is_decimal(kind):
            return Cell(text=f"toDecimalString({name}, {kind.scale})")
        return Cell(text=f"toString({name})")

    def floating(self, name: str) -> Cell:
        """Its own; not its zeros, of which some are negative, infinities, and what is no number."""
        number = f"toFloat64({name})"
        is_usual = f"({number} = 0 AND NOT startsWith(toString({number}), '-'))"
        is_usual += f" OR (abs({number}) >= {_SMALL} AND abs({number}) < {_LARGE})"
        return Cell(text=f"toString({number})", is_unfit=f"NOT ({is_usual})")

    def day(self, name: str) -> Cell:
        """Its own."""
        return Cell(text=f"toString({name})")

    def instant(self, name: str, timezone: str) -> Cell | None:
        """By the offsets that we know: its own database of timezones may be of another year."""
        spans = spans_of(timezone)
        if spans is None:
            return None
        utc = f"toDateTime64({name}, 6, 'UTC')"
        shift = choice(utc, spans, [str(seconds) for _, seconds in spans], _literal)
        offset = choice(utc, spans, [f"'{offset_text(seconds)}'" for _, seconds in spans], _literal)
        local = f"toString({utc if shift == '0' else f'addSeconds({utc}, {shift})'})"
        whole = f"if(endsWith({local}, '.000000'), substring({local}, 1, 19), {local})"
        is_unfit = f"({utc} < {_literal(first_instant(timezone))} OR {utc} >= {_literal(spans[-1][0])})"
        return Cell(
            text=f"concat(replaceOne({whole}, ' ', 'T'), {offset})",
            # All the instants that it knows are fit in UTC, and it knows none of the first and the last year there.
            is_unfit=None if timezone == "UTC" else is_unfit,
        )

    def text(self, name: str) -> Cell:
        """As it is, if it is one: it may hold any bytes."""
        return Cell(text=f"toString({name})", is_unfit=f"NOT isValidUTF8(toString({name}))")

    def is_formula(self, text: str) -> str:
        """By its first byte, or its first three."""
        first = f"ascii({text})"
        narrow = tuple(each for each in FORMULA_CHARACTERS if each < 128 and each not in SIGNS)
        wide = " OR ".join(f"startsWith({text}, '{chr(each)}')" for each in FORMULA_CHARACTERS if each >= 128)
        return f"({first} IN {narrow} OR ({first} IN {SIGNS} AND length({text}) > 1) OR {wide})"

    def quoted(self, text: str, delimiter: str) -> str:
        """Looks for all the characters at once."""
        needs = f"multiSearchAny({text}, ['{delimiter}', '\"', '\\n', '\\r'])"
        return f"""if({needs} OR {text} = '', concat('"', replaceAll({text}, '"', '""'), '"'), {text})"""

    def line(self, fields: Sequence[str], *, delimiter: str, newline: str) -> str:
        """`concat`, to which a null is null."""
        parts = [part for field in fields for part in (f"ifNull({field}, '')", f"'{delimiter}'")]
        end = newline.replace("\r", "\\r").replace("\n", "\\n")
        return "concat(" + ", ".join([*parts[:-1], f"'{end}'"]) + ")"


def _literal(instant: datetime) -> str:
    return f"toDateTime64('{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}', 6, 'UTC')"
