"""Reads Parquet files, whose columns have types already."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from core.catalog.sources.duckdb_sql import field_type
from core.catalog.uploads.form import quoted
from core.catalog.uploads.limits import UploadLimits
from core.catalog.uploads.table import TABLE, Hint, Loaded, check_cells, check_columns
from core.domain.field import FieldType
from core.domain.upload import UploadOptions
from core.errors import InvalidUpload

_NAIVE = ("TIMESTAMP_NS", "TIMESTAMP_S", "TIMESTAMP_MS")


def read_parquet(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    folder: Path,  # noqa: ARG001 - as the other readers
    options: UploadOptions,  # noqa: ARG001
    limits: UploadLimits,
) -> Loaded:
    """Load the file's cells into the table. Raises InvalidUpload."""
    _check(path, limits)
    source = f"read_parquet({quoted(str(path))})"
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608
        shown = [(str(name), str(kind)) for name, kind, *_ in described if field_type(str(kind)) is not None]
        check_columns(len(shown), limits)
        connection.execute(
            f"CREATE TABLE {TABLE} AS SELECT "  # noqa: S608 - quoted
            + ", ".join(f"{_text(*column)} AS c{index}" for index, column in enumerate(shown))
            + f" FROM {source}"
        )
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise InvalidUpload("The Parquet file is damaged, or written in a way that cannot be read.") from error
    left_out = [str(name) for name, kind, *_ in described if field_type(str(kind)) is None]
    return Loaded(
        headings=tuple(name for name, _ in shown),
        hints=tuple(_hint(kind) for _, kind in shown),
        warnings=(f"Left out, because no report can show their type: {', '.join(left_out)}.",) if left_out else (),
    )


def _check(path: Path, limits: UploadLimits) -> None:
    """Refuse by what the file says of itself; what it says wrongly meets the limits of the process."""
    try:
        metadata = pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise InvalidUpload("The Parquet file is damaged or encrypted.") from error
    check_columns(metadata.num_columns, limits)
    check_cells(metadata.num_rows, metadata.num_columns, limits.cells)
    groups = (metadata.row_group(index) for index in range(metadata.num_row_groups))
    if sum(group.total_byte_size for group in groups) > limits.unpacked_bytes:
        raise InvalidUpload("The Parquet file is too large once it is unpacked.")


def _text(name: str, kind: str) -> str:
    column = '"' + name.replace('"', '""') + '"'
    # Below a microsecond nothing is kept; an aware time keeps its offset in the text.
    brought_to = {"TIMESTAMPTZ_NS": "::TIMESTAMPTZ", **dict.fromkeys(_NAIVE, "::TIMESTAMP")}
    return f"CAST({column}{brought_to.get(kind, '')} AS VARCHAR)"


def _hint(kind: str) -> Hint:
    given = field_type(kind)
    return Hint(
        allowed=frozenset() if given in (None, FieldType.TEXT) else frozenset({given}),
        is_plain=True,
        is_floating=kind in ("DOUBLE", "FLOAT"),
    )
