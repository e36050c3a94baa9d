"""Artifacts as sealed files in a folder: written aside, synced, renamed; readable by the product's user only."""

import contextlib
import functools
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from core.artifacts.disk import disk_full
from core.artifacts.sealed import seal, unseal
from core.artifacts.store import check_key
from core.errors import ArtifactError
from core.secrets import derive, load_secret_key
from core.settings import Settings

_FOLDER_MODE = 0o700
_SCRATCH_PREFIX = ".writing-"  #: no key starts with a dot, so a file left by a crash is never taken for an artifact


class FileStore:
    """Stores files below `folder`, which is made when the first file comes, sealed with the key that `key` gives."""

    name = "file"

    def __init__(self, folder: Path, *, key: Callable[[], str]) -> None:
        self._folder = folder
        self._key = key

    def put(self, key: str, source: Path) -> None:
        """Copy `source` beside its place, sync it, and rename it over: a crash leaves the old file or the new one."""
        path = self._path(key)
        with _translated():
            self._make_folders(path.parent)
            # mkstemp opens with mode 0600 and O_EXCL
            handle, scratch = tempfile.mkstemp(prefix=_SCRATCH_PREFIX, dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as target, source.open("rb") as content:
                    seal(content, target, self._key())
                    target.flush()
                    os.fsync(target.fileno())
                Path(scratch).replace(path)
            except BaseException:
                Path(scratch).unlink(missing_ok=True)
                raise
            _sync_folder(path.parent)

    def open(self, key: str) -> BinaryIO:
        """Open the file under `key` for reading from front to back."""
        path = self._path(key)
        try:
            return unseal(path.open("rb"), self._key())
        except OSError as error:
            raise ArtifactError("The file is not in the store any more. Run the report again.") from error

    def delete(self, key: str) -> None:
        """Remove the file under `key` and the folders that are empty without it."""
        path = self._path(key)
        with _translated():
            path.unlink(missing_ok=True)
        for folder in path.relative_to(self._folder).parents[:-1]:
            try:
                (self._folder / folder).rmdir()
            except OSError:  # it holds other files, or somebody else removed it first
                break

    def sweep(self, before: datetime) -> None:
        """Remove what a killed process left half-written before an instant."""
        with _translated():
            for path in self._folder.rglob(f"{_SCRATCH_PREFIX}*"):
                with contextlib.suppress(FileNotFoundError):  # its writer renamed it, or another daemon removed it
                    if path.stat().st_mtime < before.timestamp():
                        path.unlink()

    def _path(self, key: str) -> Path:
        return self._folder.joinpath(*check_key(key))

    def _make_folders(self, folder: Path) -> None:
        """Make `folder` and those above it in the store, closed to other users and synced into their parents."""
        if folder.is_dir():
            return
        if folder != self._folder:
            self._make_folders(folder.parent)
        folder.mkdir(mode=_FOLDER_MODE, parents=folder == self._folder, exist_ok=True)
        _sync_folder(folder.parent)


def open_file_store(settings: Settings) -> FileStore:
    """The store in the data folder; its key is read when the first file comes."""
    return FileStore(
        settings.data_dir / "artifacts", key=functools.cache(lambda: derive(load_secret_key(settings), "artifacts"))
    )


def _sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable; where folders cannot be opened (Windows) the system does so itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turn the system's errors into the one people are told of."""
    try:
        yield
    except OSError as error:
        full = disk_full(error)
        if full is not None:
            raise full from error
        raise ArtifactError("The file could not be written to the data folder. Check its rights.") from error
