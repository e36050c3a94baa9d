"""Where uploads lie: staged under their owner until they are kept or expire, kept under their source by number."""

import contextlib
import json
import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from core.catalog.sources.file_source import UPLOADS
from core.catalog.uploads.child import DATA, TYPED
from core.clock import Clock
from core.domain.upload import UploadOptions
from core.domain.upload_json import dump_options, parse_options
from core.errors import InvalidUpload, NotFound

#: How long a staged upload waits to be kept.
STAGED_FOR = timedelta(hours=24)
#: How long files stay that a source no longer consists of: longer than any run that began with them.
RETIRED_FOR = timedelta(days=2)
#: Staged uploads of one person; the oldest makes room.
MAX_STAGED = 10
_STAGED = "staged"
_OWNER, _OPTIONS = "owner.json", "options.json"
_CHUNK_BYTES = 1024 * 1024


class UploadTooLarge(InvalidUpload):
    """The file is too large."""

    code = "upload_too_large"
    http_status = 413


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedUpload:
    """A file that was brought and is not kept yet."""

    id: UUID
    folder: Path
    file_name: str
    size_bytes: int
    expires_at: datetime

    @property
    def options(self) -> UploadOptions:
        """How its owner last asked for it to be read."""
        path = self.folder / _OPTIONS
        return parse_options(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else UploadOptions()

    def remember(self, options: UploadOptions) -> None:
        """Note how its owner asks for it to be read."""
        (self.folder / _OPTIONS).write_text(json.dumps(dump_options(options)), encoding="utf-8")

    @property
    def typed(self) -> Path:
        """What was read of it."""
        return self.folder / TYPED


class UploadStore:
    """Files of uploads in the data folder."""

    def __init__(self, data_dir: Path, clock: Clock) -> None:
        self._root = data_dir / UPLOADS
        self._clock = clock

    def stage(
        self, organization_id: UUID, user_id: UUID, file_name: str, data: BinaryIO, *, max_bytes: int
    ) -> StagedUpload:
        """Take in a file. Raises UploadTooLarge, and then nothing of it stays."""
        self._make_room(organization_id, user_id)
        upload_id = uuid4()
        folder = self._folder(organization_id, user_id, upload_id)
        folder.mkdir(parents=True, mode=0o700)
        try:
            size = _copy(data, folder / DATA, max_bytes)
            about = {"file_name": file_name, "staged_at": self._clock.now().isoformat(), "size_bytes": size}
            (folder / _OWNER).write_text(json.dumps(about), encoding="utf-8")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return self.find(organization_id, user_id, upload_id)

    def find(self, organization_id: UUID, user_id: UUID, upload_id: UUID) -> StagedUpload:
        """Return a person's staged upload; raises NotFound for those of others and for expired ones."""
        folder = self._folder(organization_id, user_id, upload_id)
        try:
            about = json.loads((folder / _OWNER).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise NotFound(_GONE) from error
        expires_at = datetime.fromisoformat(about["staged_at"]) + STAGED_FOR
        if expires_at <= self._clock.now():
            self.discard(organization_id, user_id, upload_id)
            raise NotFound(_GONE)
        return StagedUpload(
            id=upload_id,
            folder=folder,
            file_name=about["file_name"],
            size_bytes=about["size_bytes"],
            expires_at=expires_at,
        )

    def discard(self, organization_id: UUID, user_id: UUID, upload_id: UUID) -> None:
        """Remove a staged upload, if it is there."""
        shutil.rmtree(self._folder(organization_id, user_id, upload_id), ignore_errors=True)

    def publish(self, upload: StagedUpload, folder_name: str) -> int:
        """Put what was read among the files of a source, under a number of its own; returns it.

        Nobody reads it before the source's row names it.
        """
        folder = self._root / folder_name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = folder / f"{uuid4().hex}.tmp"
        shutil.copyfile(upload.typed, made)
        with made.open("rb") as file:
            os.fsync(file.fileno())
        made.chmod(0o440)
        number = max((int(path.stem) for path in folder.glob("*.parquet")), default=0) + 1
        while True:
            try:
                # A link does not replace what another process put there meanwhile, as a rename would.
                os.link(made, folder / f"{number}.parquet")
                break
            except FileExistsError:
                number += 1
        made.unlink()
        _sync_folder(folder)
        return number

    def paths(self, folder_name: str, numbers: tuple[int, ...]) -> tuple[Path, ...]:
        """The files of a source."""
        return tuple(self._root / folder_name / f"{number}.parquet" for number in numbers)

    def retire(self, folder_name: str, numbers: tuple[int, ...]) -> None:
        """Note that a source no longer consists of these files; queries that run may still read them."""
        for path in self.paths(folder_name, numbers):
            marker = path.with_suffix(".retired")
            marker.write_text(self._clock.now().isoformat(), encoding="ascii")

    def organizations(self) -> tuple[UUID, ...]:
        """Those that files lie here of."""
        return tuple(UUID(folder.name) for folder in self._root.glob("*-*-*-*-*") if folder.is_dir())

    def purge_staged(self) -> int:
        """Remove staged uploads that expired, and what was left of those that were never taken in whole."""
        now, count = self._clock.now(), 0
        for folder in self._root.glob(f"*/{_STAGED}/*/*"):
            if _begun_at(folder) + STAGED_FOR <= now:
                shutil.rmtree(folder, ignore_errors=True)
                count += 1
        return count

    def purge_kept(self, organization_id: UUID, used: Collection[Path]) -> int:
        """Remove an organization's files that no source has consisted of for long enough; returns how many.

        Files of deleted sources and of writers that died are found here first, and go after the same time.
        """
        now, count = self._clock.now(), 0
        folder = self._root / str(organization_id)
        for path in (*folder.glob("*/*.parquet"), *folder.glob("*/*.tmp")):
            marker = path.with_suffix(".retired")
            if path in used:
                marker.unlink(missing_ok=True)  # it was not used yet when it was looked at before
            elif not marker.exists():
                marker.write_text(now.isoformat(), encoding="ascii")
            elif datetime.fromisoformat(marker.read_text(encoding="ascii")) + RETIRED_FOR <= now:
                path.unlink(missing_ok=True)
                marker.unlink(missing_ok=True)
                count += 1
        return count

    def _folder(self, organization_id: UUID, user_id: UUID, upload_id: UUID) -> Path:
        return self._root / str(organization_id) / _STAGED / str(user_id) / str(upload_id)

    def _make_room(self, organization_id: UUID, user_id: UUID) -> None:
        folder = self._folder(organization_id, user_id, uuid4()).parent
        staged = sorted(_staged_at(folder))
        for _, path in staged[: max(0, len(staged) - MAX_STAGED + 1)]:
            shutil.rmtree(path, ignore_errors=True)


_GONE = "This upload is not there any more: it expired, or it was kept. Upload the file again."


def _staged_at(folder: Path) -> Iterator[tuple[datetime, Path]]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            yield datetime.fromtimestamp(path.stat().st_mtime, UTC), path


def _begun_at(folder: Path) -> datetime:
    """When a staged upload was taken in, as far as it is known."""
    try:
        about = json.loads((folder / _OWNER).read_text(encoding="utf-8"))
        return datetime.fromisoformat(about["staged_at"])
    except (OSError, ValueError):
        return datetime.fromtimestamp(folder.stat().st_mtime, UTC)


def _copy(data: BinaryIO, path: Path, max_bytes: int) -> int:
    size = 0
    with path.open("xb") as file:
        while chunk := data.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > max_bytes:
                raise UploadTooLarge(
                    f"The file is larger than {max_bytes // _CHUNK_BYTES:,} MB, the most that can be uploaded. "
                    "Load it into a database and connect that, or leave out rows and columns."
                )
            file.write(chunk)
    return size


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
