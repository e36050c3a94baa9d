"""Finishing: what becomes of a run's rendered files before they are stored: names, manifests, one archive, locks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.artifacts.archive import Member, pack
from core.artifacts.file_names import NameFacts, file_name, unique_name
from core.artifacts.locks import LOCK, LOCKS
from core.artifacts.manifest import build_manifest, manifest_bytes
from core.domain.artifact import Manifest, PackedFile, Rendering
from core.domain.file_options import FileOptions
from core.domain.result import ResultHead
from core.runs.rendering import RenderedFile, described_file

#: Format of the one file that holds all others.
ARCHIVE = "zip"
#: What a locked file says of itself.
LOCKED_NOTE = f"The files of this run open only with their password ({LOCK})."
_MANIFEST = ".manifest"
_ZIP_TYPE = "application/zip"
#: Formats of bare rows, which cannot carry their manifest.
_BARE = ("csv", "jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedFile:
    """A file as it is stored and sent."""

    file: RenderedFile
    manifest: Manifest

    @property
    def is_manifest(self) -> bool:
        """Whether it only tells of another file."""
        return self.file.format.endswith(_MANIFEST)


def possible_formats(formats: Sequence[str]) -> tuple[str, ...]:
    """The formats under which files of a run may be stored."""
    return (*formats, *(f"{name}{_MANIFEST}" for name in formats), ARCHIVE)


class Finishing:
    """Finishes the files of one run, one after another; makes its files in `folder` and removes none.

    `password` locks everything; `check` is called now and then and may raise.
    """

    def __init__(
        self,
        head: ResultHead,
        options: FileOptions,
        *,
        folder: Path,
        password: str | None,
        check: Callable[[], None],
    ) -> None:
        self._head = head
        self._options = options
        self._folder = folder
        self._password = password
        self._check = check
        self._names: list[str] = []
        self._waiting: list[FinishedFile] = []

    def add(self, file: RenderedFile, extension: str) -> tuple[FinishedFile, ...]:
        """Take a rendered file whose name ends in `extension`; return what is to be stored now."""
        name = self._name(file.format, extension, file.rendering.rows)
        finished = [self._told(replace(file, file_name=name))]
        if self._is_bare(file.format):
            finished.append(self._manifest_of(finished[0]))
        if self._options.zip:
            self._waiting += finished
            return ()
        return tuple(finished) if self._password is None else self._locked(finished, self._password)

    def end(self) -> tuple[FinishedFile, ...]:
        """Return the archive of what waited for it."""
        if not self._waiting:
            return ()
        rows = max(finished.file.rendering.rows for finished in self._waiting)
        name = self._name(ARCHIVE, ARCHIVE, rows)
        return (self._packed(self._waiting, format=ARCHIVE, name=name, said=_said_of(self._waiting, rows)),)

    def _is_bare(self, format: str) -> bool:  # noqa: A002
        """A workbook that somebody else designed may have no place for it either."""
        return format in _BARE or (format == "xlsx" and self._options.xlsx.template_id is not None)

    def _name(self, format: str, extension: str, rows: int) -> str:  # noqa: A002
        facts = NameFacts.of(self._head, rows)
        wanted = file_name(facts, extension=extension, format=format, template=self._options.file_name)
        name = unique_name(wanted, self._names)
        self._names.append(name)
        return name

    def _told(self, file: RenderedFile, *, is_locked: bool = False, inner: Sequence[FinishedFile] = ()) -> FinishedFile:
        """The file with its manifest."""
        packed = tuple(
            PackedFile(file_name=one.file.file_name, sha256=one.file.sha256, size_bytes=one.file.size_bytes)
            for one in inner
        )
        manifest = build_manifest(
            self._head,
            file.rendering,
            file.sha256,
            file.size_bytes,
            file_name=file.file_name,
            format=file.format,
            lock=LOCK if is_locked else None,
            files=packed,
        )
        return FinishedFile(file=file, manifest=manifest)

    def _manifest_of(self, finished: FinishedFile) -> FinishedFile:
        """The manifest as a file beside its file; of the cells it says nothing of its own."""
        file = finished.file
        path = self._folder / f"{file.format}{_MANIFEST}"
        path.write_bytes(manifest_bytes(finished.manifest))
        beside = described_file(
            path,
            format=f"{file.format}{_MANIFEST}",
            file_name=f"{file.file_name}.manifest.json",
            media_type="application/json",
            rendering=Rendering(rows=file.rendering.rows),
        )
        return self._told(beside)

    def _locked(self, group: Sequence[FinishedFile], password: str) -> tuple[FinishedFile, ...]:
        """A file with a lock of its own is locked, and its manifest packed; others go into a ZIP with theirs."""
        main, *beside = group
        lock = LOCKS.get(main.file.format)
        if lock is None:
            return (self._zipped(group),)
        path = self._folder / f"{main.file.format}.locked"
        lock(main.file.path, path, password, self._check)
        locked = described_file(
            path,
            format=main.file.format,
            file_name=main.file.file_name,
            media_type=main.file.media_type,
            rendering=_with_lock(main.file.rendering),
        )
        rest = (self._zipped(beside),) if beside else ()
        return (self._told(locked, is_locked=True, inner=(main,)), *rest)

    def _zipped(self, group: Sequence[FinishedFile]) -> FinishedFile:
        file = group[0].file
        return self._packed(group, format=file.format, name=f"{file.file_name}.zip", said=file.rendering)

    def _packed(
        self,
        inner: Sequence[FinishedFile],
        *,
        format: str,  # noqa: A002
        name: str,
        said: Rendering,
    ) -> FinishedFile:
        path = self._folder / f"{format}.packed"
        members = [Member(name=one.file.file_name, path=one.file.path) for one in inner]
        pack(members, path, check=self._check, password=self._password)
        is_locked = self._password is not None
        archive = described_file(
            path,
            format=format,
            file_name=name,
            media_type=_ZIP_TYPE,
            rendering=_with_lock(said) if is_locked else said,
        )
        return self._told(archive, is_locked=is_locked, inner=inner)


def _said_of(files: Sequence[FinishedFile], rows: int) -> Rendering:
    """What an archive says: what each file in it does, and whose cells were altered."""
    altered = {
        f"{finished.file.file_name}, {label}": reasons
        for finished in files
        for label, reasons in finished.file.rendering.altered.items()
    }
    notes = dict.fromkeys(note for finished in files for note in finished.file.rendering.notes)
    return Rendering(rows=rows, altered=altered, notes=tuple(notes))


def _with_lock(rendering: Rendering) -> Rendering:
    return replace(rendering, notes=(*rendering.notes, LOCKED_NOTE))
