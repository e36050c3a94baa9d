"""The press: makes one file of a run's spooled rows. Where it works, here or in a process of its own, is its matter."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from core.domain.result import ResultHead
from core.domain.run import RunPhase
from core.errors import RenderError
from core.query.spool import open_spool
from core.render.boards.board import Board
from core.render.renderer import Renderer, Wishes
from core.runs.dashboard_files import make_board_file
from core.runs.guard import Guard
from core.runs.progress import CountedBatches, Passed
from core.runs.rendering import Picture, RenderedFile, place_of, render_file


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderJob:
    """One file to make: the rows lie at `spool`, the file goes into `folder`."""

    format: str
    head: ResultHead
    spool: Path
    folder: Path
    picture: Picture
    wishes: Wishes
    board: Board | None = None  #: a whole dashboard; then its tiles hold the rows, and `spool` is not looked at


class Press(Protocol):
    """Makes files."""

    def render(self, job: RenderJob, guard: Guard) -> RenderedFile:
        """Make the file; stops soon after the guard says so. Raises RenderError and what `guard.check` raises."""
        ...


class InProcessPress:
    """Makes files in the calling process."""

    def __init__(self, renderers: Mapping[str, Renderer]) -> None:
        self._renderers = renderers

    def render(self, job: RenderJob, guard: Guard) -> RenderedFile:
        """Make the file."""
        note = writing(job, guard)

        def passed(rows: int, size_bytes: int) -> None:
            guard.check()
            note(rows, size_bytes)

        return make_file(job, self._renderers, passed)


def make_file(job: RenderJob, renderers: Mapping[str, Renderer], passed: Passed) -> RenderedFile:
    """Make the file here; `passed` is told the rows that went into it and its bytes so far. Raises RenderError."""
    if job.board is not None:
        return make_board_file(
            job.board, job.format, folder=job.folder, wishes=job.wishes, renderers=renderers, passed=passed
        )
    renderer = renderers.get(job.format)
    if renderer is None:
        raise RenderError(f"There is no file format called {job.format!r}.")
    renderer = renderer.fitted(job.wishes)
    path = place_of(renderer, job.folder)
    result = open_spool(job.spool, job.head)
    counted = CountedBatches(result.batches, lambda rows, _: passed(rows, path.stat().st_size))
    picture = job.picture if renderer.takes_chart else Picture()
    return render_file(replace(result, batches=counted), renderer, job.folder, picture)


def writing(job: RenderJob, guard: Guard) -> Passed:
    """What notes with the guard how far the writing of a job's file is."""
    total = job.head.rows_delivered

    def passed(rows: int, size_bytes: int) -> None:
        guard.note(RunPhase.WRITING, rows=rows, rows_total=total, size_bytes=size_bytes, format=job.format)

    return passed
