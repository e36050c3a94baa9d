"""Keeps a result's rows in an Arrow IPC file between the query and the renderers, which may read it repeatedly."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pyarrow as pa

from core.domain.result import Result, ResultHead
from core.errors import ArtifactError


class Spool:
    """The record batches of a spool file; each iteration opens it again and holds one batch at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        # Read, not memory-mapped: mapped pages would count as this process's memory until the file is closed.
        with _opened(self._path) as reader:
            for index in range(reader.num_record_batches):
                yield reader.get_batch(index)


def write_spool(result: Result, path: Path) -> int:
    """Write the rows of `result` to `path` and return how many; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        rows = _write(result, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return rows


def open_spool(path: Path, head: ResultHead) -> Result:
    """The result whose rows were spooled to `path`. Raises ArtifactError where they are missing or damaged."""
    with _opened(path) as reader:
        if reader.schema.names != [column.key for column in head.columns]:
            raise ArtifactError("The stored rows do not belong to this result. Run the report again.")
    return Result(head=head, batches=Spool(path))


def _write(result: Result, path: Path) -> int:
    rows = 0
    writer: pa.RecordBatchFileWriter | None = None
    with path.open("wb") as file:
        try:
            for batch in result.batches:
                writer = writer or pa.ipc.new_file(file, batch.schema)
                writer.write_batch(batch)
                rows += batch.num_rows
        finally:
            if writer is not None:
                writer.close()
        file.flush()
        os.fsync(file.fileno())
    if writer is None:
        raise ArtifactError("The result has no columns to store.")
    return rows


@contextmanager
def _opened(path: Path) -> Iterator[pa.RecordBatchFileReader]:
    try:
        with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as reader:
            yield reader
    except (OSError, pa.ArrowException) as error:
        raise ArtifactError("The stored rows of this run are missing or damaged. Run the report again.") from error


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
