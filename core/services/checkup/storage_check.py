"""Where files go: the data folder can be written to and has room; the bucket takes a file and gives it back."""

import os
import shutil
import tempfile
from pathlib import Path
from uuid import uuid4

from core.artifacts import open_store
from core.errors import ArtifactError
from core.services.checkup.finding import Finding, fail, ok, warn
from core.settings import Settings

_GIBI, _MEBI = 1 << 30, 1 << 20
#: Below this much free space new files are about to fail.
LEAST_FREE_BYTES = 100 * _MEBI
_FEW_FREE_BYTES = 2 * _GIBI
_CONTENT = b"Broadsheet looks whether files can be stored here."


def why_not_writable(folder: Path) -> str | None:
    """Why no file can be written to `folder`, in words; None where one can."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return "the data folder cannot be written to"
    free = shutil.disk_usage(folder).free
    return f"only {free // _MEBI} MiB are free in the data folder" if free < LEAST_FREE_BYTES else None


def check_storage(settings: Settings) -> Finding:
    """Write a file into the data folder, and look how much room there is."""
    folder = settings.data_dir
    mend = "Make room: fewer RETENTION_DAYS, a larger disk, or ARTIFACT_STORE=s3."
    if not folder.is_dir():
        return fail("storage", f"There is no folder {folder}.", "Set DATA_DIR, or start with ./run, which makes it.")
    try:
        with tempfile.TemporaryFile(prefix=".checkup-", dir=folder) as file:
            file.write(_CONTENT)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return fail(
            "storage",
            f"{folder} cannot be written to: {error.strerror}.",
            f"Give the folder to the account that runs Broadsheet: chown -R that-account {folder}",
        )
    usage = shutil.disk_usage(folder)
    found = f"{folder} can be written to; {usage.free / _GIBI:.1f} of {usage.total / _GIBI:.1f} GiB are free."
    if usage.free < LEAST_FREE_BYTES:
        return fail("storage", found, mend)
    return warn("storage", found, mend) if usage.free < _FEW_FREE_BYTES else ok("storage", found)


def check_bucket(settings: Settings) -> tuple[Finding, ...]:
    """Put a small file into the bucket, read it back and remove it; nothing where no bucket is set."""
    if not settings.s3_bucket:
        return ()
    store, key = open_store(settings, "s3"), f"checkup/{uuid4()}.txt"
    try:
        with tempfile.NamedTemporaryFile(prefix="checkup-") as file:
            file.write(_CONTENT)
            file.flush()
            store.put(key, Path(file.name))
        with store.open(key) as content:
            is_same = content.read() == _CONTENT
        store.delete(key)
    except ArtifactError as error:
        mend = "It needs s3:PutObject, GetObject and DeleteObject below S3_PREFIX."
        return (fail("bucket", f"{settings.s3_bucket}: {error.user_message}", mend),)
    if not is_same:
        return (fail("bucket", f"{settings.s3_bucket} gives back other bytes.", "Look at what stands before it."),)
    return (ok("bucket", f"{settings.s3_bucket} takes a file, gives it back and removes it."),)
