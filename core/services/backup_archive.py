"""The file that a backup is: a tar of the dump and the data folder's files, with a list of checksums at its end.

A backup without its list broke off; nothing of it is used.
"""

import hashlib
import io
import json
import os
import secrets
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from core.errors import ArtifactError, InvalidInput

DUMP = "database.dump"
FILES = "files"
_LIST = "manifest.json"
_FORMAT = 1
_CHUNK_BYTES = 1 << 20
_MOST_LIST_BYTES = 1 << 30
#: Half-written files and locks carry a dot in front; nobody misses them.
_HIDDEN = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFacts:
    """What a backup says of itself."""

    made_at: str  #: ISO 8601 with offset
    schema: str  #: revision of the database's schema
    key_mark: str  #: tells the secret key from others, and nothing about it
    has_key: bool  #: whether the secret key is in it
    files_elsewhere: int  #: produced files that lie in a bucket and are not in it


class ArchiveWriter:
    """Adds files one by one, reading each once."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._sums: dict[str, str] = {}
        self.size_bytes = 0

    @property
    def count(self) -> int:
        """How many files are in it."""
        return len(self._sums)

    def add(self, name: str, path: Path) -> bool:
        """Add a file; False where it is gone by now."""
        try:
            content = path.open("rb")
        except FileNotFoundError:
            return False
        with content:
            member = _member(name, os.fstat(content.fileno()).st_size)
            summing = _Summing(content, member.size)
            self._tar.addfile(member, summing)
        self._sums[name] = summing.sum.hexdigest()
        self.size_bytes += member.size
        return True

    def add_text(self, name: str, text: str) -> None:
        """Add a file that holds `text`."""
        self._tar.addfile(_member(name, len(text.encode())), io.BytesIO(text.encode()))
        self._sums[name] = hashlib.sha256(text.encode()).hexdigest()

    def finish(self, facts: BackupFacts) -> None:
        """Add the list, which makes the backup whole."""
        content = json.dumps({"format": _FORMAT, "facts": asdict(facts), "sha256": self._sums}).encode()
        self._tar.addfile(_member(_LIST, len(content)), io.BytesIO(content))


@contextmanager
def new_archive(target: Path) -> Iterator[ArchiveWriter]:
    """A backup that appears whole or not at all, readable by its owner only. Raises ArtifactError."""
    scratch = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                yield ArchiveWriter(tar)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(target)
    except OSError as error:
        raise ArtifactError(f"{target} cannot be written: {error.strerror or error}.") from error
    finally:
        scratch.unlink(missing_ok=True)


def unpack(source: Path, folder: Path, *, tell: Callable[[int], None]) -> BackupFacts:
    """Write what a backup holds below `folder` and check every byte of it. Raises InvalidInput.

    `tell` hears how many bytes were read so far.
    """
    sums: dict[str, str] = {}
    told = b""
    read = 0
    try:
        with tarfile.open(source, mode="r:") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() else None
                if content is None:
                    raise InvalidInput(f"{source} is no backup of Broadsheet: it holds more than files.")
                if member.name == _LIST:
                    told = content.read(_MOST_LIST_BYTES)
                    continue
                sums[member.name] = _written(content, _place(folder, member.name, source))
                read += member.size
                tell(read)
    except (tarfile.TarError, EOFError) as error:
        raise InvalidInput(f"{source} is no backup of Broadsheet, or it is damaged.") from error
    except OSError as error:
        raise ArtifactError(f"{source} cannot be unpacked: {error.strerror or error}.") from error
    return _checked(source, told, sums)


def files_below(folder: Path, *, but: frozenset[str]) -> Iterator[tuple[str, Path]]:
    """The files of a data folder with their names in a backup; `but` are left out, as is what a link leads to."""
    for root, folders, names in os.walk(folder):
        here = Path(root)
        left = but if here == folder else frozenset[str]()
        folders[:] = sorted(name for name in folders if not name.startswith(_HIDDEN) and name not in left)
        for name in sorted(names):
            path = here / name
            if not name.startswith(_HIDDEN) and name not in left and path.is_file() and not path.is_symlink():
                yield f"{FILES}/{path.relative_to(folder).as_posix()}", path


def _checked(source: Path, told: bytes, sums: dict[str, str]) -> BackupFacts:
    if not told:
        raise InvalidInput(f"{source} broke off: its list of checksums is missing. Use another backup.")
    try:
        listed = json.loads(told)
        is_known, expected, facts = listed["format"] == _FORMAT, listed["sha256"], BackupFacts(**listed["facts"])
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"{source} is no backup of Broadsheet, or it is damaged.") from error
    if not is_known:
        raise InvalidInput(f"{source} was made by another version of Broadsheet. Update first.")
    if expected != sums:
        odd = sorted(name for name in expected.keys() | sums.keys() if expected.get(name) != sums.get(name))
        raise InvalidInput(f"{source} is damaged: {odd[0]} is not what was put in. Use another backup.")
    return facts


def _place(folder: Path, name: str, source: Path) -> Path:
    """Where a member goes; a name that would lead out of the folder is none of ours."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or any(part in ("..", ".") or "\0" in part for part in parts):
        raise InvalidInput(f"{source} is no backup of Broadsheet: it holds the name {name!r}.")
    path = folder.joinpath(*parts)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _written(content: IO[bytes], path: Path) -> str:
    digest = hashlib.sha256()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as target:
        while chunk := content.read(_CHUNK_BYTES):
            digest.update(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    return digest.hexdigest()


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


class _Summing(io.RawIOBase):
    """Reads exactly `size` bytes and sums them; a file that shrank meanwhile is filled up, and its sum says so."""

    def __init__(self, content: BinaryIO, size: int) -> None:
        self._content = content
        self._left = size
        self.sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        chunk = self._content.read(wanted).ljust(wanted, b"\0")
        self._left -= len(chunk)
        self.sum.update(chunk)
        return chunk
