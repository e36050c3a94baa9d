"""Reads JSON lines: an object a line, or one array of objects."""

import re
from pathlib import Path

import duckdb

from core.catalog.uploads.encoding import to_utf_8
from core.catalog.uploads.form import quoted
from core.catalog.uploads.limits import UploadLimits
from core.catalog.uploads.table import TABLE, Hint, Loaded, cell_names, check_columns, check_size
from core.domain.field import FieldType
from core.domain.upload import UploadOptions
from core.errors import InvalidUpload

#: The values as JSON, before they become texts.
_OBJECTS = "objects"
_LINE = re.compile(r"in (?:line|record/value) (\d+)")
_NUMBERS = frozenset({FieldType.INTEGER, FieldType.DECIMAL})
_DATES = frozenset({FieldType.DATE, FieldType.DATETIME})


def read_json(
    connection: duckdb.DuckDBPyConnection, path: Path, folder: Path, options: UploadOptions, limits: UploadLimits
) -> Loaded:
    """Load the objects into the table, a column for each key. Raises InvalidUpload with the line."""
    text, encoding, warnings = to_utf_8(path, folder / "text.json", options.encoding)
    with text.open(encoding="utf-8") as file:
        form = "array" if file.read(1000).lstrip().startswith("[") else "newline_delimited"
    try:
        keys = _keys(connection, text, form)
        check_columns(len(keys), limits)
        _load(connection, text, form, keys)
    except duckdb.Error as error:
        raise InvalidUpload(_reason(str(error))) from error
    hints = tuple(_hint(connection, name) for name in cell_names(len(keys)))
    texts = ", ".join(f"{name} ->> '$' AS {name}" for name in cell_names(len(keys)))
    connection.execute(f"CREATE TABLE {TABLE} AS SELECT {texts} FROM {_OBJECTS}")  # noqa: S608 - names of ours
    check_size(connection, len(keys), limits)
    return Loaded(headings=keys, hints=hints, options={"encoding": encoding}, warnings=warnings)


def _keys(connection: duckdb.DuckDBPyConnection, path: Path, form: str) -> tuple[str, ...]:
    """Every key in the order in which they first come."""
    rows = connection.execute(
        "SELECT key FROM (SELECT unnest(keys) AS key, generate_subscripts(keys, 1) AS place, number FROM ("  # noqa: S608
        "SELECT json_keys(json) AS keys, row_number() OVER () AS number "
        f"FROM read_json_objects({quoted(str(path))}, format = '{form}'))) "
        "GROUP BY key ORDER BY min(number), min(place)"
    ).fetchall()
    return tuple(str(row[0]) for row in rows)


def _load(connection: duckdb.DuckDBPyConnection, path: Path, form: str, keys: tuple[str, ...]) -> None:
    columns = ", ".join(f"{quoted(key)}: 'JSON'" for key in keys)
    picked = ", ".join(
        f'"{key.replace(chr(34), chr(34) * 2)}" AS {name}'
        for key, name in zip(keys, cell_names(len(keys)), strict=True)
    )
    connection.execute(
        f"CREATE TABLE {_OBJECTS} AS SELECT {picked} FROM read_json({quoted(str(path))}, "  # noqa: S608 - quoted
        f"format = '{form}', records = true, columns = {{{columns}}})"
    )


def _hint(connection: duckdb.DuckDBPyConnection, name: str) -> Hint:
    """What kinds of values a key has."""
    rows = connection.execute(
        f"SELECT DISTINCT json_type({name}) FROM {_OBJECTS} WHERE json_type({name}) <> 'NULL'"  # noqa: S608 - names of ours
    ).fetchall()
    kinds = {str(row[0]) for row in rows}
    if kinds <= {"BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT", "DOUBLE"}:
        return Hint(allowed=_NUMBERS, is_plain=True)
    if kinds == {"BOOLEAN"}:
        return Hint(allowed=frozenset({FieldType.BOOLEAN}))
    if kinds == {"VARCHAR"}:
        return Hint(allowed=_DATES)
    note = "Its values are of several kinds." if kinds - {"OBJECT", "ARRAY"} else "Holds objects or lists, as JSON."
    return Hint(allowed=frozenset(), note=note)


def _reason(message: str) -> str:
    line = _LINE.search(message)
    where = f"Line {line[1]}" if line else "A line"
    if "duplicate key" in message:
        return f"{where} has a key twice."
    if "Expected OBJECT" in message or ("expected" in message.lower() and "object" in message.lower()):
        return f'{where} is no object. JSON lines hold one object a line, such as {{"name": "value"}}.'
    if "maximum_object_size" in message:
        return f"{where} is too long."
    return f'{where} is no valid JSON. JSON lines hold one object a line, such as {{"name": "value"}}.'
