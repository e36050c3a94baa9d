"""Uploads: files that people bring, look at as they were read, and keep as sources; replaced and appended to later."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from core.access.policy import require
from core.catalog.drafts import draft_dataset
from core.catalog.sources import open_draft
from core.catalog.uploads.limits import LIMITS, UploadLimits
from core.catalog.uploads.process import last_outcome, read_file
from core.catalog.uploads.store import StagedUpload, UploadStore
from core.catalog.uploads.succession import check_succession, columns_needed, columns_of, following, habits_of
from core.catalog.uploads.write import read_sample
from core.clock import Clock
from core.db import dataset_repository, source_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.dataset import Dataset, Source
from core.domain.field import Field, Format, NumberStyle
from core.domain.text import check_text
from core.domain.upload import ReadColumn, Reading, UploadOptions
from core.domain.upload_json import checked_options, load_columns, parse_options
from core.errors import Conflict, InvalidInput, InvalidUpload, TooManyRequests
from core.services.dataset_checks import check_free
from core.settings import Settings

MAX_NAME_LENGTH = 200
_KIND = "file"
_SAMPLE_ROWS = 50
#: Files read at the same time in one process, and how long others wait for their turn.
_MAX_READING = 2
_WAIT_S = 60


class UploadService:
    """Everything a person does with files of their own. An upload belongs to whoever brought it until it is kept."""

    def __init__(self, database: Database, settings: Settings, clock: Clock, limits: UploadLimits = LIMITS) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._limits = limits
        self._store = UploadStore(settings.data_dir, clock)
        self._places = threading.BoundedSemaphore(_MAX_READING)

    @property
    def max_bytes(self) -> int:
        """The largest file that is taken."""
        return self._limits.file_bytes

    def read(
        self, principal: Principal, name: str, data: Path | BinaryIO, options: UploadOptions | None = None
    ) -> Reading:
        """Take in a file called `name` and say what was read of it.

        Raises InvalidUpload. With an `upload_id` the file stays, and can be read by `preview` with other options.
        """
        require(principal, Permission.MANAGE_CATALOG)
        file_name = _file_name(name)
        given = checked_options(options or UploadOptions())
        with _opened(data) as file:
            staged = self._store.stage(
                principal.organization_id, principal.user_id, file_name, file, max_bytes=self._limits.file_bytes
            )
        try:
            return self._read(principal, staged, given)
        except InvalidUpload as error:
            error.upload_id = staged.id
            raise
        except BaseException:
            self._store.discard(principal.organization_id, principal.user_id, staged.id)
            raise

    def preview(self, principal: Principal, upload_id: UUID, options: UploadOptions | None = None) -> Reading:
        """Read a staged upload again, with other options if given. Raises NotFound and InvalidUpload."""
        require(principal, Permission.MANAGE_CATALOG)
        staged = self._find(principal, upload_id)
        return self._read(principal, staged, staged.options if options is None else checked_options(options))

    def keep(
        self, principal: Principal, upload_id: UUID, name: str, options: UploadOptions | None = None
    ) -> tuple[Source, Dataset]:
        """Make a source and a dataset called `name` of an upload. Raises Conflict where the name is taken.

        Cells that could not be read as their column's type are empty; the dataset's description says how many.
        """
        require(principal, Permission.MANAGE_CATALOG)
        label = check_text(name.strip(), place="name", max_length=MAX_NAME_LENGTH, one_line=True)
        if not label:
            raise InvalidInput("Give the file a name.", place="name")
        staged = self._find(principal, upload_id)
        reading = self.preview(principal, upload_id, options)
        source_id = uuid4()
        folder = f"{principal.organization_id}/{source_id}"
        source = Source(
            id=source_id,
            organization_id=principal.organization_id,
            name=label,
            kind=_KIND,
            connection={"folder": folder, "table": label, "files": str(self._store.publish(staged, folder))},
        )
        try:
            dataset = self._draft(source, reading)
            with self._database.organization(principal.organization_id) as session:
                check_free(session, dataset)
                if source_repository.is_name_taken(session, label):
                    raise Conflict(f"There is a source called {label} already.", place="name")
                source_repository.insert_source(session, source, None)
                dataset_repository.insert_dataset(session, dataset)
                kept = (
                    source_repository.load_source(session, source.id),
                    dataset_repository.load_one_dataset(session, dataset.id),
                )
                note(session, principal, "source.created", after=kept[0])
        except BaseException:
            self._store.retire(folder, (1,))
            raise
        self._store.discard(principal.organization_id, principal.user_id, upload_id)
        return kept

    def replace(
        self, principal: Principal, source_id: UUID, upload_id: UUID, options: UploadOptions | None = None
    ) -> Source:
        """Put an upload in the place of a source's files; raises InvalidUpload where reports could break."""
        return self._follow(principal, source_id, upload_id, options, lambda _, number: (number,))

    def append(
        self, principal: Principal, source_id: UUID, upload_id: UUID, options: UploadOptions | None = None
    ) -> Source:
        """Add an upload's rows below a source's; raises InvalidUpload where columns do not agree.

        Columns that are new are empty in the rows before.
        """
        return self._follow(principal, source_id, upload_id, options, lambda numbers, number: (*numbers, number))

    def discard(self, principal: Principal, upload_id: UUID) -> None:
        """Throw a staged upload away."""
        require(principal, Permission.MANAGE_CATALOG)
        self._find(principal, upload_id)
        self._store.discard(principal.organization_id, principal.user_id, upload_id)

    def purge(self) -> int:
        """Remove uploads that expired and files that no source consists of any more; returns how many."""
        count = self._store.purge_staged()
        for organization_id in self._store.organizations():
            with self._database.organization(organization_id) as session:
                sources = source_repository.list_sources(session)
            own = [source for source in sources if source.kind == _KIND]
            paths = (self._store.paths(str(source.connection["folder"]), _numbers(source)) for source in own)
            count += self._store.purge_kept(organization_id, set(itertools.chain.from_iterable(paths)))
        return count

    def _follow(
        self,
        principal: Principal,
        source_id: UUID,
        upload_id: UUID,
        options: UploadOptions | None,
        together: Callable[[tuple[int, ...], int], tuple[int, ...]],
    ) -> Source:
        require(principal, Permission.MANAGE_CATALOG)
        source = self._own_source(principal, source_id)
        staged = self._find(principal, upload_id)
        folder, numbers = str(source.connection["folder"]), _numbers(source)
        self._read_as(principal, staged, source, self._store.paths(folder, numbers), options)
        number = self._store.publish(staged, folder)
        files = together(numbers, number)
        changed = replace(source, connection={**source.connection, "files": " ".join(map(str, files))})
        try:
            with self._database.organization(principal.organization_id) as session:
                # The version was read before the file was: whoever changed the source meanwhile comes first.
                source_repository.update_source(session, changed, None)
                saved = source_repository.load_source(session, source_id)
                note(session, principal, "source.changed", before=source, after=saved)
        except BaseException:
            self._store.retire(folder, (number,))
            raise
        self._store.retire(folder, tuple(one for one in numbers if one not in files))
        self._store.discard(principal.organization_id, principal.user_id, upload_id)
        return saved

    def _read_as(
        self,
        principal: Principal,
        staged: StagedUpload,
        source: Source,
        paths: tuple[Path, ...],
        options: UploadOptions | None,
    ) -> None:
        """Read an upload as the columns of kept files are; raises InvalidUpload where it cannot be."""
        with self._database.organization(principal.organization_id) as session:
            needed = columns_needed(dataset_repository.list_datasets(session, source_id=source.id))
        given = staged.options if options is None else checked_options(options)
        known = columns_of(paths)
        first = self._read(principal, staged, given)
        as_known = following(known, habits_of(paths[0]), first.headings, given, needed=needed)
        read = self._read(principal, staged, as_known, is_asked=False)
        check_succession(known, read.columns)

    def _read(
        self, principal: Principal, staged: StagedUpload, options: UploadOptions, *, is_asked: bool = True
    ) -> Reading:
        """Have the staged file read; `is_asked`: by options of the person's own, which are remembered."""
        used = options if options.timezone else replace(options, timezone=principal.timezone)
        outcome = last_outcome(staged.folder, used) or self._read_file(staged, used)
        if is_asked:
            staged.remember(options)
        return _reading(staged, outcome)

    def _read_file(self, staged: StagedUpload, options: UploadOptions) -> dict[str, Any]:
        if not self._places.acquire(timeout=_WAIT_S):
            raise TooManyRequests(retry_after_s=_WAIT_S)
        try:
            return read_file(staged.folder, staged.file_name, options, self._limits)
        finally:
            self._places.release()

    def _find(self, principal: Principal, upload_id: UUID) -> StagedUpload:
        return self._store.find(principal.organization_id, principal.user_id, upload_id)

    def _own_source(self, principal: Principal, source_id: UUID) -> Source:
        with self._database.organization(principal.organization_id) as session:
            source = source_repository.load_source(session, source_id)
        if source.kind != _KIND:
            raise InvalidInput(f"{source.name} is no uploaded file; its rows come from elsewhere.", place="source_id")
        return source

    def _draft(self, source: Source, reading: Reading) -> Dataset:
        """A dataset over the source's table, written as the file writes its values."""
        connector = open_draft(source, {}, self._settings, self._clock)
        try:
            (table,) = connector.introspect()
        finally:
            connector.close()
        columns = {column.name: column for column in reading.columns}
        fields = tuple(_field(field, columns[field.name]) for field in table.fields)
        lost = [
            f"{column.unreadable:,} values of {column.name} could not be read and are empty."
            for column in reading.columns
            if column.unreadable
        ]
        drafted = draft_dataset(source, replace(table, fields=fields))
        return replace(drafted, label=source.name, description=" ".join(lost))


def _field(field: Field, column: ReadColumn) -> Field:
    """The field with the file's own heading, and with percentages and money as such."""
    style = NumberStyle.PERCENT if column.is_percent else NumberStyle.CURRENCY if column.unit else None
    described = replace(field, description=column.heading if column.heading != column.name else "")
    if style is None or not field.type.is_number:
        return described
    decimals = None if column.scale is None else max(0, column.scale - 2) if column.is_percent else column.scale
    return replace(described, format=Format(style=style, unit=column.unit, decimals=decimals), is_measure=True)


def _reading(staged: StagedUpload, outcome: dict[str, Any]) -> Reading:
    return Reading(
        upload_id=staged.id,
        file_name=staged.file_name,
        format=outcome["format"],
        columns=load_columns(outcome["columns"]),
        headings=tuple(outcome["headings"]),
        row_count=outcome["row_count"],
        sample=read_sample(staged.typed, _SAMPLE_ROWS),
        options=parse_options(outcome["options"]),
        sheets=tuple(outcome["sheets"]),
        warnings=tuple(outcome["warnings"]),
        size_bytes=staged.size_bytes,
        expires_at=staged.expires_at,
    )


def _file_name(name: str) -> str:
    """The last part of what a browser calls the file."""
    last = name.replace("\\", "/").rpartition("/")[2].strip()
    if not last:
        raise InvalidUpload("The file has no name.", place="name")
    return check_text(last, place="name", max_length=MAX_NAME_LENGTH, one_line=True)


def _numbers(source: Source) -> tuple[int, ...]:
    return tuple(int(number) for number in str(source.connection["files"]).split())


@contextmanager
def _opened(data: Path | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(data, Path):
        with data.open("rb") as file:
            yield file
    else:
        yield data
