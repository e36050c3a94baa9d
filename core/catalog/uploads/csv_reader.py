"""Reads text tables: CSV, TSV and their kin."""

import csv
import itertools
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb

from core.catalog.uploads.encoding import to_utf_8
from core.catalog.uploads.form import quoted
from core.catalog.uploads.headings import has_header
from core.catalog.uploads.limits import UploadLimits
from core.catalog.uploads.table import TABLE, Loaded, cell_names, check_columns, check_size, counted
from core.domain.upload import UploadOptions
from core.errors import InvalidUpload

_DELIMITERS = (",", ";", "\t", "|")
_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SAMPLE_ROWS = 1000
_MAX_CELL = 16 * 1024 * 1024
_MAX_NAMED = 3
_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """How the file is laid out."""

    delimiter: str
    width: int
    skipped_lines: int  #: lines above the header or the first row
    skipped_rows: int
    has_header: bool
    headings: tuple[str, ...]


def read_csv(
    connection: duckdb.DuckDBPyConnection, path: Path, folder: Path, options: UploadOptions, limits: UploadLimits
) -> Loaded:
    """Load the file's cells into the table. Raises InvalidUpload, with the line where there is one."""
    text, encoding, warnings = to_utf_8(path, folder / "text.csv", options.encoding)
    layout = _lay_out(text, options)
    check_columns(layout.width, limits)
    _load(connection, text, layout)
    check_size(connection, layout.width, limits)
    if layout.skipped_rows and options.skip_rows is None:
        warnings = (*warnings, f"{counted(layout.skipped_rows, 'row')} above the table left out.")
    return Loaded(
        headings=layout.headings,
        options={
            "encoding": encoding,
            "delimiter": layout.delimiter,
            "has_header": layout.has_header,
            "skip_rows": layout.skipped_rows,
        },
        warnings=warnings,
    )


def _lay_out(path: Path, options: UploadOptions) -> _Layout:
    """Look at the first rows with the delimiter asked for, or with the one that cuts them most evenly."""
    if options.delimiter is not None and (len(options.delimiter) != 1 or options.delimiter in '"\r\n'):
        raise InvalidUpload("The delimiter must be one character.", place="options.delimiter")
    candidates = (options.delimiter,) if options.delimiter else _DELIMITERS
    samples = {delimiter: _sample(path, delimiter) for delimiter in candidates}
    delimiter = max(samples, key=lambda candidate: _evenness(samples[candidate]))
    rows = samples[delimiter]
    filled = [row for _, row in rows if row]
    if not filled:
        raise InvalidUpload("There are no rows in the file.")
    width = Counter(map(len, filled)).most_common(1)[0][0]
    skipped = _preamble(rows, width) if options.skip_rows is None else options.skip_rows
    below = [row for _, row in rows[skipped:] if row]
    if not below:
        raise InvalidUpload("There are no rows below those left out.", place="options.skip_rows")
    is_header = has_header(below) if options.has_header is None else options.has_header
    width = len(below[0]) if is_header else width
    return _Layout(
        delimiter=delimiter,
        width=width,
        skipped_lines=rows[skipped - 1][0] if skipped else 0,
        skipped_rows=skipped,
        has_header=is_header,
        headings=tuple(below[0]) if is_header else ("",) * width,
    )


def _sample(path: Path, delimiter: str) -> list[tuple[int, list[str]]]:
    """The first rows, each with the number of its last line."""
    csv.field_size_limit(_MAX_CELL)
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        try:
            return [(reader.line_num, row) for row in itertools.islice(reader, _SAMPLE_ROWS)]
        except csv.Error as error:
            raise InvalidUpload(f"Line {reader.line_num} cannot be read: a cell is too long or not closed.") from error


def _evenness(rows: list[tuple[int, list[str]]]) -> tuple[float, int]:
    """How many of the rows have the same number of cells, and that number; one cell a row is no cut at all."""
    widths = Counter(len(row) for _, row in rows if row)
    if not widths:
        return 0.0, 0
    width, count = max(widths.items(), key=lambda found: (found[1] * (found[0] > 1), found[0]))
    return (count / widths.total(), width) if width > 1 else (0.0, 1)


def _preamble(rows: list[tuple[int, list[str]]], width: int) -> int:
    """How many rows stand above the table: empty ones, titles and remarks."""
    skipped = 0
    for _, row in rows:
        cells = sum(bool(cell.strip()) for cell in row)
        if cells > 1 or (width == 1 and cells):
            break
        skipped += 1
    return 0 if skipped == len(rows) else skipped


def _load(connection: duckdb.DuckDBPyConnection, path: Path, layout: _Layout) -> None:
    columns = ", ".join(f"{name}: 'VARCHAR'" for name in cell_names(layout.width))
    reading = (
        f"read_csv({quoted(str(path))}, auto_detect = false, columns = {{{columns}}}, "
        f"delim = {quoted(layout.delimiter)}, quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, "
        f"header = {layout.has_header}, skip = {layout.skipped_lines}, strict_mode = true, "
        f"max_line_size = {_MAX_CELL}, store_rejects = true, rejects_limit = 1000)"
    )
    try:
        connection.execute(f"CREATE TABLE {TABLE} AS SELECT * FROM {reading}")  # noqa: S608 - quoted above
    except duckdb.InvalidInputException as error:
        raise InvalidUpload("The rows cannot be told apart. Is a quotation mark not closed?") from error
    _refuse_rejected(connection, path, layout)


def _refuse_rejected(connection: duckdb.DuckDBPyConnection, path: Path, layout: _Layout) -> None:
    """Raise InvalidUpload naming the first lines that do not fit: none is left out silently."""
    rejected = connection.execute(
        "SELECT line_byte_position, any_value(error_type)::VARCHAR, any_value(error_message) "  # noqa: S608 - a constant
        "FROM reject_errors "
        f"GROUP BY line_byte_position ORDER BY line_byte_position LIMIT {_MAX_NAMED + 1}"
    ).fetchall()
    if not rejected:
        return
    reasons = [
        _reason(_line_at(path, int(position)), str(kind), str(message), layout.width)
        for position, kind, message in rejected[:_MAX_NAMED]
    ]
    more = " There are more such lines." if len(rejected) > _MAX_NAMED else ""
    cut = _NAMES.get(layout.delimiter, f"'{layout.delimiter}'")
    raise InvalidUpload(
        f"{' '.join(reasons)}{more} Cells were taken to be divided by {cut}; mend the lines, "
        "put quotation marks around cells that hold the delimiter, or choose another delimiter."
    )


def _line_at(path: Path, position: int) -> int:
    """The number of the line that begins at a byte (counted from 1). The engine counts rows, not lines."""
    with path.open("rb") as file:
        lines, ended, left = 1, b"", position - 1
        while left > 0 and (chunk := file.read(min(_CHUNK_BYTES, left))):
            left -= len(chunk)
            lines += chunk.count(b"\n") + chunk.count(b"\r") - (ended + chunk).count(b"\r\n")
            ended = chunk[-1:] if chunk.endswith(b"\r") else b""
    return lines


def _reason(line: int, kind: str, message: str, width: int) -> str:
    if kind in ("MISSING COLUMNS", "TOO MANY COLUMNS"):
        found = message.rpartition("Found:")[2].strip()
        return f"Line {line} has {counted(int(found), 'cell')}, not {width}."
    if kind == "LINE SIZE OVER MAXIMUM":
        return f"Line {line} is too long."
    return f"Line {line} has a quotation mark that is not closed, or text after a closed one."
