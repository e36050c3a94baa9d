"""The press: makes one file of a run's spooled rows. Where it works, here or in a process of its own, is its matter."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from core.domain.result import ResultHead
from core.errors import RenderError
from core.query.spool import open_spool
from core.render.renderer import Renderer, Wishes
from core.runs.guard import Guard, WatchedBatches
from core.runs.rendering import Picture, RenderedFile, render_file


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderJob:
    """One file to make: the rows lie at `spool`, the file goes into `folder`."""

    format: str
    head: ResultHead
    spool: Path
    folder: Path
    picture: Picture
    wishes: Wishes


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
        renderer = self._renderers.get(job.format)
        if renderer is None:
            raise RenderError(f"There is no file format called {job.format!r}.")
        result = open_spool(job.spool, job.head)
        watched = replace(result, batches=WatchedBatches(result.batches, guard))
        picture = job.picture if renderer.takes_chart else Picture()
        return render_file(watched, renderer.fitted(job.wishes), job.folder, picture)
