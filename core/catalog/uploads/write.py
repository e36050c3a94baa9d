"""Writes the planned columns as Parquet, and reads back what was said of them there."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from core.catalog.uploads.form import quoted
from core.catalog.uploads.plan import Plan
from core.catalog.uploads.table import TABLE

#: Key of the file's metadata under which it says how it was read.
_ABOUT = "broadsheet"


def write_parquet(connection: duckdb.DuckDBPyConnection, plan: Plan, path: Path, *, about: dict[str, Any]) -> None:
    """Write the table in the order of the file."""
    columns = ", ".join(f"{planned.value} AS {_identifier(planned.column.name)}" for planned in plan.columns)
    connection.execute(
        f"COPY (SELECT {columns} FROM {TABLE}) TO {quoted(str(path))} "  # noqa: S608 - quoted
        f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{_ABOUT}: {quoted(json.dumps(about))}}})"
    )


def read_about(path: Path) -> dict[str, Any]:
    """What a file written here says of how it was read: its `options` and `columns`."""
    metadata = pq.read_metadata(path).metadata or {}
    about: dict[str, Any] = json.loads(metadata[_ABOUT.encode()])
    return about


def read_sample(path: Path, rows: int) -> pa.Table:
    """The first rows of a file written here."""
    with pq.ParquetFile(path) as file:
        batches = file.iter_batches(batch_size=rows)
        first = next(batches, None)
        schema = file.schema_arrow.remove_metadata()
    return schema.empty_table() if first is None else pa.Table.from_batches([first]).replace_schema_metadata()


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
