"""Backup and restore: the database, the data folder's files, and the key without which neither can be read.

The dump is of one moment, and the files are copied after it: files are never changed once they are written, so every
file that the dump speaks of is there, save those whose time ended in between. The secret key stays out of a backup
unless it is asked for, because a backup with its key is everything anybody needs to read all of it.
"""

import hmac
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from core.clock import Clock
from core.db.dumping import check_empty, close_functions, dump_database, load_database
from core.errors import InvalidInput, SettingError
from core.secrets import KEY_FILE, derive, load_secret_key
from core.services.backup_archive import DUMP, FILES, BackupFacts, files_below, new_archive, unpack
from core.settings import Settings

#: Not copied as files: what is made anew by itself, the database's own folder, and the key.
_LEFT_OUT = frozenset({"postgres", "logs", "spool", "scratch", "spill", "certificates", "launcher.lock", KEY_FILE})
_KEY = "secret_key"
_ELSEWHERE = text("SELECT count(*) FROM artifacts WHERE store <> 'file' AND deleted_at IS NULL")


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupDone:
    """What a backup or a restore came to."""

    path: Path
    files: int
    size_bytes: int
    made_at: str
    schema: str
    has_key: bool
    files_elsewhere: int  #: produced files that lie in the bucket and are none of a backup's


def back_up(
    settings: Settings,
    owner: URL,
    target: Path,
    *,
    clock: Clock,
    with_key: bool = False,
    tell: Callable[[int], None] = lambda _: None,
) -> BackupDone:
    """Write a backup to `target`, which must not exist. Raises InvalidInput, ArtifactError and DatabaseUnavailable."""
    if target.exists():
        raise InvalidInput(f"{target} exists already. Name another file.")
    if not target.parent.is_dir():
        raise InvalidInput(f"There is no folder {target.parent}.")
    key, made_at = load_secret_key(settings), clock.now().isoformat()
    with tempfile.TemporaryDirectory(prefix=".broadsheet-", dir=target.parent) as scratch:
        dump = Path(scratch) / DUMP
        schema = dump_database(owner, dump)
        with new_archive(target) as archive:
            archive.add(DUMP, dump)
            for name, path in files_below(settings.data_dir, but=_LEFT_OUT):
                if path != target.absolute():
                    archive.add(name, path)
                    tell(archive.size_bytes)
            if with_key:
                archive.add_text(_KEY, key)
            facts = BackupFacts(
                made_at=made_at,
                schema=schema,
                key_mark=_mark(key),
                has_key=with_key,
                files_elsewhere=_count_elsewhere(owner),
            )
            archive.finish(facts)
            files = archive.count - 1 - with_key
    return _done(target, facts, files=files, size_bytes=target.stat().st_size)


def restore(
    settings: Settings,
    owner: URL,
    source: Path,
    *,
    migrate: Callable[[Settings], None],
    tell: Callable[[int], None] = lambda _: None,
) -> BackupDone:
    """Load a backup into an installation that holds nothing yet. Raises InvalidInput, SettingError and others.

    Every byte is checked before anything is touched. `migrate` brings the schema of an older version up to date.
    """
    if not source.is_file():
        raise InvalidInput(f"There is no file {source}.")
    check_empty(owner)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restoring-", dir=settings.data_dir) as scratch:
        folder = Path(scratch)
        facts = unpack(source, folder, tell=tell)
        files = folder / FILES
        files.mkdir(mode=0o700, exist_ok=True)
        _check_room(settings.data_dir, files)
        _settle_key(settings, facts, folder)
        load_database(owner, folder / DUMP, revision=facts.schema)
        close_functions(owner)
        migrate(settings)
        count = sum(len(names) for _, _, names in os.walk(files))
        for path in files.iterdir():
            _move(path, settings.data_dir / path.name)
    return _done(source, facts, files=count, size_bytes=source.stat().st_size)


def as_json(done: BackupDone) -> str:
    """What is said with --json."""
    return json.dumps(
        {
            "path": str(done.path),
            "files": done.files,
            "size_bytes": done.size_bytes,
            "made_at": done.made_at,
            "schema": done.schema,
            "has_key": done.has_key,
            "files_elsewhere": done.files_elsewhere,
        }
    )


def _settle_key(settings: Settings, facts: BackupFacts, folder: Path) -> None:
    """See that the key of this installation is the backup's; one that the backup brings is kept as any other."""
    place = settings.data_dir / KEY_FILE
    if settings.secret_key is None and not place.exists():
        if not facts.has_key:
            raise SettingError(
                "SECRET_KEY: the backup was made without its key. Set SECRET_KEY to the key it was made under, or put "
                f"that installation's file {KEY_FILE} into {settings.data_dir} (mode 0600).",
                place="SECRET_KEY",
            )
        key = (folder / _KEY).read_text(encoding="ascii")
        if not hmac.compare_digest(_mark(key), facts.key_mark):
            raise InvalidInput("The key in the backup is not the one that the backup was made under.")
        _write_key(place, key)
        return
    if not hmac.compare_digest(_mark(load_secret_key(settings)), facts.key_mark):
        raise SettingError(
            "SECRET_KEY: it is another key than the one that the backup was made under; its files and passwords could "
            "not be read.",
            place="SECRET_KEY",
        )


def _write_key(place: Path, key: str) -> None:
    scratch = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(place)


def _check_room(data_dir: Path, files: Path) -> None:
    """Nothing is ever overwritten: what the backup brings must not be there, an empty folder aside."""
    for path in files.iterdir():
        there = data_dir / path.name
        if there.is_file() or (there.is_dir() and any(there.iterdir())):
            raise InvalidInput(f"{there} is there already. Restore into an empty DATA_DIR.")


def _move(path: Path, place: Path) -> None:
    with suppress(FileNotFoundError):
        if place.is_dir():
            place.rmdir()
    shutil.move(path, place)


def _mark(key: str) -> str:
    return derive(key, "backup mark")


def _count_elsewhere(owner: URL) -> int:
    engine = create_engine(owner, poolclass=NullPool)
    with engine.connect() as connection:
        return int(connection.execute(_ELSEWHERE).scalar_one())


def _done(path: Path, facts: BackupFacts, *, files: int, size_bytes: int) -> BackupDone:
    return BackupDone(
        path=path,
        files=files,
        size_bytes=size_bytes,
        made_at=facts.made_at,
        schema=facts.schema,
        has_key=facts.has_key,
        files_elsewhere=facts.files_elsewhere,
    )
