"""The process that makes one file: it takes the job, says how far it is, and ends with the file or with the reason."""

import contextlib
import faulthandler
import os
import signal
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection

from core.artifacts.disk import disk_full
from core.errors import BroadsheetError, RenderError, RenderTooLarge
from core.processes import ProcessIdentity, be_killed_first, end_with_parent, identify
from core.render.renderer import Renderer
from core.runs.press import RenderJob, make_file
from core.runs.rendering import RenderedFile

#: Seconds between two words on how far it is.
_SAY_S = 0.2
_UNEXPECTED = "The file could not be made: something went wrong in its format. The details are in the daemon's log."


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The first word: the process that takes the job."""

    process: ProcessIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How far the file is."""

    rows: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The last word where there is no file."""

    error: BroadsheetError
    details: str = ""  #: for the daemon's log


#: What the process says; it hears one RenderJob.
Word = Started | Written | RenderedFile | Failed


def serve_job(renderers: Mapping[str, Renderer], line: Connection, *, parent: int) -> None:
    """Make the file of the job that comes over `line`; ends with `parent`, and where nobody listens any more."""
    end_with_parent(signal.SIGKILL, parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the daemon, which decides
    faulthandler.enable()
    be_killed_first()
    process = identify(os.getpid())
    assert process is not None  # noqa: S101 - it runs
    with contextlib.suppress(BrokenPipeError, EOFError):
        line.send(Started(process=process))
        line.send(_outcome(line.recv(), renderers, line))


def _outcome(job: RenderJob, renderers: Mapping[str, Renderer], line: Connection) -> RenderedFile | Failed:
    say_at = 0.0

    def passed(rows: int, size_bytes: int) -> None:
        nonlocal say_at
        if time.monotonic() >= say_at or rows >= job.head.rows_delivered:  # the last rows, then the end of the file
            line.send(Written(rows=rows, size_bytes=size_bytes))
            say_at = time.monotonic() + _SAY_S

    try:
        return make_file(job, renderers, passed)
    except BroadsheetError as error:
        return Failed(error=error)
    except MemoryError:
        return Failed(error=RenderTooLarge())
    except BrokenPipeError:  # the daemon does not want the file any more
        raise
    except Exception as error:  # noqa: BLE001 - it becomes the state of the run
        return Failed(error=disk_full(error) or RenderError(_UNEXPECTED), details=traceback.format_exc())
