"""Has an upload read by a process of its own and waits for it, no longer than it may take."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from core.catalog.uploads.child import DATA, OUTCOME, TYPED, request_for
from core.catalog.uploads.limits import LIMITS, UploadLimits
from core.catalog.uploads.table import SPILL
from core.domain.upload import UploadOptions
from core.domain.upload_json import dump_options
from core.errors import InvalidUpload

_ROOT = Path(__file__).parents[3]
_CHILD = "core.catalog.uploads.child"
_LEFT_OVERS = ("text.csv", "text.json")
_TOO_SLOW = "Reading the file takes longer than is allowed. Cut it in parts, or save it as CSV or Parquet."
#: What the C library ends a process with that it has no memory for a thread of.
_NO_THREAD_MEMORY = 127
#: Libraries that are refused memory do not always say so: some just fall over.
_CRASHED = "Reading the file broke off, most likely because it takes more memory than is allowed. Cut it in parts."
_TOO_LARGE = "The file unpacks to more than is allowed. Leave out columns, or cut it in parts."


def read_file(folder: Path, file_name: str, options: UploadOptions, limits: UploadLimits = LIMITS) -> dict[str, Any]:
    """Read the file `data` in the folder into `typed.parquet` beside it; returns the outcome.

    Raises InvalidUpload, also where the process had to be ended.
    """
    for name in (TYPED, OUTCOME, *_LEFT_OVERS):
        (folder / name).unlink(missing_ok=True)
    try:
        code = _run(request_for(folder, file_name, options, limits), folder, limits)
    finally:
        shutil.rmtree(folder / SPILL, ignore_errors=True)
        for name in _LEFT_OVERS:
            (folder / name).unlink(missing_ok=True)
    outcome = folder / OUTCOME
    if code != 0 or not outcome.is_file():
        raise InvalidUpload(_words(code))
    found: dict[str, Any] = json.loads(outcome.read_text(encoding="utf-8"))
    if "error" in found:
        raise InvalidUpload(found["error"], place=found["place"])
    return found


def last_outcome(folder: Path, options: UploadOptions) -> dict[str, Any] | None:
    """The outcome of the last reading, where it was by the same options and went well."""
    path = folder / OUTCOME
    if not path.is_file() or not (folder / TYPED).is_file():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    is_same = "error" not in found and found["asked"] == json.loads(json.dumps(dump_options(options)))
    return found if is_same else None


def _run(request: bytes, folder: Path, limits: UploadLimits) -> int:
    return run_child(_CHILD, request, folder, limits)


def run_child(module: str, request: bytes, folder: Path, limits: UploadLimits) -> int:
    """Run a module as a process that works in `folder`; returns what it ended with. Raises InvalidUpload when late.

    The process gets an environment of its own without our secrets, and ends with this one.
    """
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(_ROOT),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LC_ALL": "C.UTF-8",
    }
    process = subprocess.Popen(  # noqa: S603 - a module of ours, named by our code
        (sys.executable, "-m", module),
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.communicate(request, timeout=limits.deadline_s)
    except subprocess.TimeoutExpired as error:
        raise InvalidUpload(_TOO_SLOW) from error
    finally:
        process.kill()
        process.wait()
    return process.returncode


def _words(code: int) -> str:
    """What happened to a process that left no outcome."""
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return _TOO_SLOW
    if code == -signal.SIGXFSZ:
        return _TOO_LARGE
    if code in (-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT, _NO_THREAD_MEMORY):
        return _CRASHED
    return "The file cannot be read: reading it broke off. Save it anew, or in another format."


__all__ = ["DATA", "TYPED", "read_file"]
