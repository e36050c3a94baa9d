"""Filing: has the files of a run rendered and finished, and stores them under keys that only this attempt writes."""

import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from core.artifacts.store import ArtifactStore
from core.clock import Clock
from core.db.run_repository import LedgerRun
from core.domain.artifact import Artifact, Rendering
from core.domain.result import Result, ResultHead
from core.errors import ArtifactError, SettingError
from core.logs import step
from core.query.spool import open_spool
from core.render.boards.board import Board
from core.render.renderer import Renderer, Wishes
from core.runs.dashboard_files import board_extension, with_pictures
from core.runs.finishing import FinishedFile, Finishing, possible_formats
from core.runs.guard import Guard
from core.runs.press import InProcessPress, Press, RenderJob
from core.runs.rendering import Drawer, Picture, RenderedFile, draw_picture, finished_file, place_of, write_file
from core.secrets import SecretBox

_CHART = "chart"
#: The format that is written from front to back, without a look at anything but the rows.
_STRAIGHT = "csv"
#: Of so many rows it is written in this process.
_FEW_ROWS = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledRows:
    """A committed result on this machine, and how its files are to be made."""

    head: ResultHead
    path: Path  #: the rows, or the file they went straight into
    wishes: Wishes
    board: Board | None = None  #: a whole dashboard; `head` tells of all its tiles, which hold the rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What an attempt stored; the ledger does not speak of it yet."""

    artifacts: tuple[Artifact, ...]
    files: tuple[RenderedFile, ...]  #: those of them that hold the report, as people should be told of
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
        secret_box: SecretBox | None = None,
    ) -> None:
        """`secret_box` opens the passwords that files are to be locked with; without it no file can have one."""
        self._clock = clock
        self._renderers = renderers
        self._press = press
        self._near = InProcessPress(renderers)
        self._drawer = drawer
        self._store = store
        self._scratch_dir = scratch_dir
        self._secret_box = secret_box

    @step("files")
    def file(self, run: LedgerRun, rows: SpooledRows, guard: Guard) -> Filed:
        """Render, finish and store each file of a run; where it fails, what was stored is cleared away again."""
        keys: list[str] = []
        try:
            with tempfile.TemporaryDirectory(prefix="render-", dir=self._scratch_dir) as name:
                folder = Path(name)
                finishing = self._finishing(rows, folder, guard.check)
                rows, picture = self._pictured(run, rows)
                picture_key = self._store_picture(run, rows, picture, folder, keys)
                stored: list[tuple[Artifact, FinishedFile]] = []
                for format_ in run.formats:
                    file = self._press_for(format_, rows).render(self._job(format_, rows, picture, folder), guard)
                    finished = finishing.add(file, self._extension(format_, rows))
                    stored += self._stored(run, finished, keys)
                    if finished:  # what waits for the archive stays
                        _remove(file, *(one.file for one in finished))
                stored += self._stored(run, finishing.end(), keys)
        except BaseException:
            self.discard(keys)
            raise
        return Filed(
            artifacts=tuple(artifact for artifact, _ in stored),
            files=_told_of(stored),
            picture_key=picture_key,
            picture_notes=tuple(note for note in (picture.missing, picture.note) if note),
            keys=tuple(keys),
        )

    def takes_rows_straight(self, run: LedgerRun) -> bool:
        """Whether the rows of a run can go into its one file while they are read, as nothing else looks at them."""
        return self.is_plain(run) and not run.recipients

    def is_plain(self, run: LedgerRun) -> bool:
        """Whether a run makes CSV and nothing else."""
        return tuple(run.formats) == (_STRAIGHT,) and _STRAIGHT in self._renderers

    def write_straight(self, result: Result, path: Path, wishes: Wishes) -> Rendering:
        """Write that file; it appears whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{uuid4().hex}")
        try:
            rendering = write_file(result, self._renderers[_STRAIGHT].fitted(wishes), temporary, Picture(), lasts=True)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        return rendering

    @step("files")
    def file_straight(self, run: LedgerRun, rows: SpooledRows, rendering: Rendering) -> Filed:
        """Finish and store a file that `write_straight` left."""
        with tempfile.TemporaryDirectory(prefix="render-", dir=self._scratch_dir) as folder:
            renderer = self._renderers[_STRAIGHT].fitted(rows.wishes)
            file = finished_file(rows.head, renderer, rows.path, rendering)
            return self._file_plain(run, rows, file, Path(folder))

    @step("files")
    def file_small(self, run: LedgerRun, result: Result, wishes: Wishes) -> Filed:
        """Write, finish and store the file of a run whose rows are in memory."""
        with tempfile.TemporaryDirectory(prefix="render-", dir=self._scratch_dir) as name:
            folder, renderer = Path(name), self._renderers[_STRAIGHT].fitted(wishes)
            path = place_of(renderer, folder)
            file = finished_file(result.head, renderer, path, write_file(result, renderer, path, Picture()))
            return self._file_plain(run, SpooledRows(head=result.head, path=path, wishes=wishes), file, folder)

    def _file_plain(self, run: LedgerRun, rows: SpooledRows, file: RenderedFile, folder: Path) -> Filed:
        keys: list[str] = []
        try:
            finishing = self._finishing(rows, folder)
            extension = self._extension(_STRAIGHT, rows)
            stored = self._stored(run, (*finishing.add(file, extension), *finishing.end()), keys)
        except BaseException:
            self.discard(keys)
            raise
        return Filed(
            artifacts=tuple(artifact for artifact, _ in stored),
            files=_told_of(stored),
            picture_key=None,
            picture_notes=(),
            keys=tuple(keys),
        )

    def discard(self, keys: Iterable[str]) -> None:
        """Clear away files that no run speaks of; one that stays costs room, nothing else."""
        for key in keys:
            with suppress(ArtifactError):
                self._store.delete(key)

    def discard_earlier(self, run: LedgerRun) -> None:
        """Clear away what earlier attempts of a run stored before they died."""
        names = (*possible_formats(run.formats), _CHART)
        self.discard(_key(run, name, token) for token in range(1, run.lease_token) for name in names)

    def _press_for(self, name: str, rows: SpooledRows) -> Press:
        """Few rows as CSV need no process of their own: that takes longer than the file."""
        is_small = name == _STRAIGHT and rows.head.rows_delivered <= _FEW_ROWS
        return self._near if is_small else self._press

    def _pictured(self, run: LedgerRun, rows: SpooledRows) -> tuple[SpooledRows, Picture]:
        """The rows with the pictures of their dashboard's tiles, and the picture of the whole."""
        accent = rows.wishes.branding.accent
        if not self._wants_picture(run, rows):
            return rows, Picture()
        if rows.board is not None:
            board, picture = with_pictures(rows.board, self._drawer, accent=accent)
            return replace(rows, board=board), picture
        return rows, draw_picture(open_spool(rows.path, rows.head), self._drawer, accent=accent)

    def _job(self, name: str, rows: SpooledRows, picture: Picture, folder: Path) -> RenderJob:
        return RenderJob(
            format=name,
            head=rows.head,
            spool=rows.path,
            folder=folder,
            picture=picture,
            wishes=rows.wishes,
            board=rows.board,
        )

    def _wants_picture(self, run: LedgerRun, rows: SpooledRows) -> bool:
        """A mail shows the chart; so do most formats. For the others no browser is started."""
        return _is_shown(run, rows) or any(
            renderer.takes_chart for name, renderer in self._renderers.items() if name in run.formats
        )

    def _finishing(self, rows: SpooledRows, folder: Path, check: Callable[[], None] = lambda: None) -> Finishing:
        options = rows.wishes.options
        password = None if options.sealed_password is None else self._unsealed(options.sealed_password)
        return Finishing(rows.head, options, folder=folder, password=password, check=check)

    def _unsealed(self, password: str) -> str:
        if self._secret_box is None:
            raise SettingError("Files cannot be locked here: this process has no secret key.", place="SECRET_KEY")
        return self._secret_box.decrypt(password)

    def _extension(self, name: str, rows: SpooledRows) -> str:
        if rows.board is not None:
            return board_extension(name)
        return self._renderers[name].fitted(rows.wishes).extension

    def _store_picture(
        self, run: LedgerRun, rows: SpooledRows, picture: Picture, folder: Path, keys: list[str]
    ) -> str | None:
        """Keep the picture for the mail."""
        if picture.image is None or not _is_shown(run, rows):
            return None
        path = folder / "chart.png"
        path.write_bytes(picture.image.png)
        return self._put(run, _CHART, path, keys)

    def _stored(
        self, run: LedgerRun, files: Iterable[FinishedFile], keys: list[str]
    ) -> list[tuple[Artifact, FinishedFile]]:
        return [(self._artifact(run, finished, keys), finished) for finished in files]

    def _artifact(self, run: LedgerRun, finished: FinishedFile, keys: list[str]) -> Artifact:
        file = finished.file
        return Artifact(
            id=uuid4(),
            run_id=run.id,
            format=file.format,
            file_name=file.file_name,
            media_type=file.media_type,
            store=self._store.name,
            storage_key=self._put(run, file.format, file.path, keys),
            sha256=file.sha256,
            size_bytes=file.size_bytes,
            manifest=finished.manifest,
            created_at=self._clock.now(),
        )

    def _put(self, run: LedgerRun, name: str, path: Path, keys: list[str]) -> str:
        key = _key(run, name, run.lease_token)
        keys.append(key)
        self._store.put(key, path)
        return key


def _is_shown(run: LedgerRun, rows: SpooledRows) -> bool:
    """Whether a mail shows the data: what is locked in the files does not stand open beside them."""
    return bool(run.recipients) and rows.wishes.options.sealed_password is None


def _told_of(stored: Iterable[tuple[Artifact, FinishedFile]]) -> tuple[RenderedFile, ...]:
    return tuple(finished.file for _, finished in stored if not finished.is_manifest)


def _remove(*files: RenderedFile) -> None:
    for file in files:
        file.path.unlink(missing_ok=True)


def _key(run: LedgerRun, name: str, token: int) -> str:
    return f"{run.organization_id}/{run.id}/{token}-{name}"
