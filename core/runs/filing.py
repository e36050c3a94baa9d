"""Filing: renders the files of a run and puts them into the artifact store under keys that only this attempt writes."""

import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from core.artifacts.manifest import build_manifest
from core.artifacts.store import ArtifactStore
from core.clock import Clock
from core.db.run_repository import LedgerRun
from core.domain.artifact import Artifact, Rendering
from core.domain.result import Result, ResultHead
from core.errors import ArtifactError
from core.query.spool import open_spool
from core.render.renderer import Renderer, Wishes
from core.runs.guard import Guard
from core.runs.press import Press, RenderJob
from core.runs.rendering import Drawer, Picture, RenderedFile, draw_picture, finished_file, write_file

_CHART = "chart"
#: The format that is written from front to back, without a look at anything but the rows.
_STRAIGHT = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledRows:
    """A committed result on this machine, and how its files are to be made."""

    head: ResultHead
    path: Path  #: the rows, or the file they went straight into
    wishes: Wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What an attempt stored; the ledger does not speak of it yet."""

    artifacts: tuple[Artifact, ...]
    files: tuple[RenderedFile, ...]
    picture_key: str | None
    picture_notes: tuple[str, ...]  #: why the chart is missing, or what it leaves out
    keys: tuple[str, ...]


class Filing:
    """Renders and stores. The lease token is part of every key: a worker that lost its lease overwrites nothing."""

    def __init__(
        self,
        clock: Clock,
        *,
        renderers: Mapping[str, Renderer],
        press: Press,
        drawer: Drawer,
        store: ArtifactStore,
        scratch_dir: Path,
    ) -> None:
        self._clock = clock
        self._renderers = renderers
        self._press = press
        self._drawer = drawer
        self._store = store
        self._scratch_dir = scratch_dir

    def file(self, run: LedgerRun, rows: SpooledRows, guard: Guard) -> Filed:
        """Render and store each format of a run; where it fails, what was stored is cleared away again."""
        keys: list[str] = []
        try:
            with tempfile.TemporaryDirectory(prefix="render-", dir=self._scratch_dir) as folder:
                picture = self._picture(run, rows)
                picture_key = self._store_picture(run, picture, Path(folder), keys)
                stored = [
                    self._store_file(run, self._job(name, rows, picture, Path(folder)), guard, keys)
                    for name in run.formats
                ]
        except BaseException:
            self.discard(keys)
            raise
        return Filed(
            artifacts=tuple(artifact for artifact, _ in stored),
            files=tuple(file for _, file in stored),
            picture_key=picture_key,
            picture_notes=tuple(note for note in (picture.missing, picture.note) if note),
            keys=tuple(keys),
        )

    def takes_rows_straight(self, run: LedgerRun) -> bool:
        """Whether the rows of a run can go into its one file while they are read, as nothing else looks at them."""
        return tuple(run.formats) == (_STRAIGHT,) and _STRAIGHT in self._renderers and not run.recipients

    def write_straight(self, result: Result, path: Path, wishes: Wishes) -> Rendering:
        """Write that file; it appears whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{uuid4().hex}")
        try:
            rendering = write_file(result, self._renderers[_STRAIGHT].fitted(wishes), temporary, Picture())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        return rendering

    def file_straight(self, run: LedgerRun, rows: SpooledRows, rendering: Rendering) -> Filed:
        """Store a file that `write_straight` left."""
        keys: list[str] = []
        try:
            renderer = self._renderers[_STRAIGHT].fitted(rows.wishes)
            file = finished_file(rows.head, renderer, rows.path, rendering)
            artifact = self._stored(run, rows.head, file, keys)
        except BaseException:
            self.discard(keys)
            raise
        return Filed(artifacts=(artifact,), files=(file,), picture_key=None, picture_notes=(), keys=tuple(keys))

    def discard(self, keys: Iterable[str]) -> None:
        """Clear away files that no run speaks of; one that stays costs room, nothing else."""
        for key in keys:
            with suppress(ArtifactError):
                self._store.delete(key)

    def discard_earlier(self, run: LedgerRun) -> None:
        """Clear away what earlier attempts of a run stored before they died."""
        names = (*run.formats, _CHART)
        self.discard(_key(run, name, token) for token in range(1, run.lease_token) for name in names)

    def _picture(self, run: LedgerRun, rows: SpooledRows) -> Picture:
        return draw_picture(open_spool(rows.path, rows.head), self._drawer) if self._wants_picture(run) else Picture()

    def _job(self, name: str, rows: SpooledRows, picture: Picture, folder: Path) -> RenderJob:
        return RenderJob(
            format=name, head=rows.head, spool=rows.path, folder=folder, picture=picture, wishes=rows.wishes
        )

    def _wants_picture(self, run: LedgerRun) -> bool:
        """A mail shows the chart; so do most formats. For the others no browser is started."""
        return bool(run.recipients) or any(
            renderer.takes_chart for name, renderer in self._renderers.items() if name in run.formats
        )

    def _store_picture(self, run: LedgerRun, picture: Picture, folder: Path, keys: list[str]) -> str | None:
        if picture.image is None or not run.recipients:
            return None
        path = folder / "chart.png"
        path.write_bytes(picture.image.png)
        return self._put(run, _CHART, path, keys)

    def _store_file(
        self, run: LedgerRun, job: RenderJob, guard: Guard, keys: list[str]
    ) -> tuple[Artifact, RenderedFile]:
        file = self._press.render(job, guard)
        artifact = self._stored(run, job.head, file, keys)
        file.path.unlink(missing_ok=True)
        return artifact, file

    def _stored(self, run: LedgerRun, head: ResultHead, file: RenderedFile, keys: list[str]) -> Artifact:
        key = self._put(run, file.format, file.path, keys)
        return Artifact(
            id=uuid4(),
            run_id=run.id,
            format=file.format,
            file_name=file.file_name,
            media_type=file.media_type,
            store=self._store.name,
            storage_key=key,
            sha256=file.sha256,
            size_bytes=file.size_bytes,
            manifest=build_manifest(head, file.rendering, file.sha256, file.size_bytes),
            created_at=self._clock.now(),
        )

    def _put(self, run: LedgerRun, name: str, path: Path, keys: list[str]) -> str:
        key = _key(run, name, run.lease_token)
        keys.append(key)
        self._store.put(key, path)
        return key


def _key(run: LedgerRun, name: str, token: int) -> str:
    return f"{run.organization_id}/{run.id}/{token}-{name}"
