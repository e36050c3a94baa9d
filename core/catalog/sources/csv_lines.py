"""Lines of CSV as one column of a query, and beside it what only the rows can tell: for engines that write text fast.

The lines are byte for byte those of our CSV renderer. Whether they can be, and which cells get an apostrophe, comes
with each row: so one pass is enough, also where two would not see the same state.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.catalog.sources.connector import CsvQuestion
from core.domain.csv_options import CsvDateStyle, CsvLines, CsvOptions
from core.domain.field import FieldType

#: First characters of what a spreadsheet takes for a formula; plus and minus only with something behind them.
FORMULA_CHARACTERS = (9, 10, 13, 43, 45, 61, 64, 65_291, 65_293, 65_309, 65_312)
SIGNS = (43, 45)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """SQL of a cell: its text, null where it is empty, and when it cannot be written so."""

    text: str
    is_unfit: str | None = None


class LineWriter(ABC):
    """How an engine writes cells; each method is given the name of a column, or SQL of a text, and gives SQL."""

    def boolean(self, name: str) -> Cell:
        """True or false."""
        return self.number(name, pa.bool_())

    @abstractmethod
    def number(self, name: str, kind: pa.DataType) -> Cell:
        """A whole or an exact number, with all digits of its scale."""

    @abstractmethod
    def floating(self, name: str) -> Cell:
        """A double in its shortest exact form."""

    @abstractmethod
    def day(self, name: str) -> Cell:
        """A day as ISO 8601."""

    @abstractmethod
    def instant(self, name: str, timezone: str) -> Cell | None:
        """ISO 8601 with the offset of `timezone`, six digits of a fraction where there is one; naive ones are UTC."""

    @abstractmethod
    def text(self, name: str) -> Cell:
        """A text as it is."""

    @abstractmethod
    def is_formula(self, text: str) -> str:
        """Whether a spreadsheet would take the text for a formula."""

    @abstractmethod
    def quoted(self, text: str, delimiter: str) -> str:
        """The text in quotes where it needs them: where it is empty, too."""

    @abstractmethod
    def line(self, fields: Sequence[str], *, delimiter: str, newline: str) -> str:
        """The fields between delimiters; nulls are nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesSql:
    """A query. Its rows are a line, whether that cannot be written so, and whether each of `guarded` was guarded."""

    sql: str
    guarded: tuple[str, ...]  #: keys of the columns that may get an apostrophe


def lines_sql(text: str, given: pa.Schema, question: CsvQuestion, writer: LineWriter) -> LinesSql | None:
    """The query over `text`, whose rows the driver gives as `given`; None where SQL cannot write them."""
    options = question.options
    if options.decimal != "." or options.date_style is not CsvDateStyle.ISO:
        return None
    keys = [column.key for column in question.columns]
    wanted = [keys.index(key) for key in question.keys]
    known = [_cell(place, given, question, writer) for place in wanted]
    cells = {place: cell for place, cell in zip(wanted, known, strict=True) if cell is not None}
    if len(cells) < len(known):
        return None
    texts = [place for place in wanted if question.columns[place].type is FieldType.TEXT]
    guarded = [] if options.raw else texts
    # Three steps, so that no text is made twice: its cells, which of them get an apostrophe, the line of them.
    unfit = " OR ".join(f"coalesce({cell.is_unfit}, false)" for cell in cells.values() if cell.is_unfit) or "false"
    made = [f"{cell.text} AS t{place}" for place, cell in cells.items()]
    marks = [f"{writer.is_formula(f't{place}')} AS g{place}" for place in guarded]
    line = _line([_field(place, question, writer, is_guarded=place in guarded) for place in wanted], options, writer)
    names = ", ".join(f"c{place}" for place in range(len(keys)))
    rows = _selected([*made, f"{unfit} AS unfit"], f"(\n{text}\n) AS rows ({names})")
    marked = _selected(["*", *marks], f"({rows}) AS cells")
    asked = _selected([f"{line} AS line", "unfit", *(f"g{place}" for place in guarded)], f"({marked}) AS marked")
    return LinesSql(sql=asked, guarded=tuple(keys[place] for place in guarded))


def counted_lines(
    batches: Generator[pa.RecordBatch, None, None], lines: CsvLines, guarded: Sequence[str]
) -> Generator[bytes | memoryview, None, None]:
    """The lines of a `LinesSql`, counted into `lines`; ends early where the renderer has to write the rows."""
    with closing(batches):
        for batch in batches:
            line, unfit, *marks = batch.columns
            if pc.sum(unfit).as_py():
                return
            lines.rows += batch.num_rows
            for key, mark in zip(guarded, marks, strict=True):
                if cells := pc.sum(mark).as_py():
                    lines.guarded[key] = lines.guarded.get(key, 0) + cells
            if batch.num_rows:
                yield _characters(line)
    lines.is_whole = True


def _cell(place: int, given: pa.Schema, question: CsvQuestion, writer: LineWriter) -> Cell | None:
    """A cell, by what the driver makes of its column: what it hands over in another type the renderer writes."""
    name, kind = f"c{place}", given.field(place).type
    match question.columns[place].type:
        case FieldType.BOOLEAN if pa.types.is_boolean(kind):
            return writer.boolean(name)
        case FieldType.INTEGER | FieldType.DECIMAL if pa.types.is_integer(kind) and not pa.types.is_uint64(kind):
            return writer.number(name, kind)
        case FieldType.DECIMAL if pa.types.is_decimal128(kind):
            return writer.number(name, kind)
        case FieldType.DECIMAL if pa.types.is_floating(kind):
            return writer.floating(name)
        case FieldType.DATE if pa.types.is_date32(kind):
            return writer.day(name)
        case FieldType.DATETIME if pa.types.is_timestamp(kind) and kind.unit != "ns":
            return writer.instant(name, question.timezone)
        case FieldType.TEXT if pa.types.is_string(kind):
            return writer.text(name)
    return None


def _line(fields: Sequence[str], options: CsvOptions, writer: LineWriter) -> str:
    if len(fields) == 1:  # a line with nothing on it would be read as no row at all
        fields = [f"""coalesce({fields[0]}, '""')"""]
    return writer.line(fields, delimiter=options.delimiter, newline=options.newline.text)


def _selected(columns: Sequence[str], source: str) -> str:
    return f"SELECT {', '.join(columns)} FROM {source}"  # noqa: S608 - names and statements of ours


def _field(place: int, question: CsvQuestion, writer: LineWriter, *, is_guarded: bool) -> str:
    text = f"t{place}"
    if question.columns[place].type is not FieldType.TEXT:
        return text
    field = writer.quoted(text, question.options.delimiter)
    if not is_guarded:
        return field
    shielded = writer.quoted(f"concat('''', {text})", question.options.delimiter)
    return f"CASE WHEN g{place} THEN {shielded} ELSE {field} END"


def _characters(line: pa.Array) -> memoryview:
    """All characters of texts that are none of them null, without a copy."""
    kind = np.int64 if pa.types.is_large_string(line.type) else np.int32
    bounds = np.frombuffer(line.buffers()[1], kind)[line.offset : line.offset + len(line) + 1]
    return memoryview(line.buffers()[2])[bounds[0] : bounds[-1]]
