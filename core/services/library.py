"""The library of reports: lists of them, folders, tags, favourites, the archive, and taking reports away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import can, require, require_can
from core.db import library_repository, report_repository, schedule_repository
from core.db.audit_repository import note
from core.db.database import Database, name_nobody
from core.db.shared_tables import REPORTS, active_schedules, hold
from core.domain.access import Permission, Principal
from core.domain.library import (
    MAX_FOLDER_DEPTH,
    MAX_TAGS,
    Action,
    Folder,
    ReportFilter,
    ReportLine,
    ReportUses,
    Shared,
    Shelves,
)
from core.domain.page import Page
from core.domain.text import check_text
from core.errors import BroadsheetError, Conflict, DatabaseUnavailable, InvalidInput, NotFound
from core.services.dataset_checks import in_short

MAX_AT_ONCE = 500
MAX_FOLDER_NAME = 80
MAX_TAG_LENGTH = 40
MAX_SEARCH = 200
EVERYTHING = ReportFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of one report of several; `refused` says why nothing was done."""

    report_id: UUID
    refused: str | None = None


class LibraryService:
    """Everything a person does with reports as things on a shelf."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lines(
        self, principal: Principal, wanted: ReportFilter = EVERYTHING, *, page: int = 1, limit: int = 50
    ) -> Page[ReportLine]:
        """Return the reports this person may see, with their next run and last result."""
        require(principal, Permission.VIEW_REPORTS)
        check_text(wanted.search, place="search", max_length=MAX_SEARCH)
        with self._database.person(principal) as session:
            return library_repository.list_lines(session, wanted, user_id=principal.user_id, page=page, limit=limit)

    def line(self, principal: Principal, report_id: UUID) -> ReportLine:
        """Return one report, archived or not; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            return library_repository.load_line(session, report_id, user_id=principal.user_id)

    def may(self, principal: Principal, action: Action, shared: Shared) -> bool:
        """Whether the person may do this to a report, or to a dashboard."""
        return can(principal, action, shared)

    def shelves(self, principal: Principal) -> Shelves:
        """Return the folders, tags and owners that lists can be narrowed to."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            return Shelves(
                folders=library_repository.list_folders(session),
                tags=library_repository.tags(session),
                owners=library_repository.owners(session),
            )

    def create_folder(self, principal: Principal, *, name: str, parent_id: UUID | None = None) -> Folder:
        """Make a folder; raises InvalidInput where it would lie too deep, Conflict where its name is taken."""
        require(principal, Permission.EDIT_REPORTS)
        with self._database.person(principal) as session:
            folders = library_repository.list_folders(session)
            name = _free_name(folders, name, parent_id, but=None)
            _check_depth(folders, parent_id, height=1)
            made = library_repository.insert_folder(
                session, organization_id=principal.organization_id, name=name, parent_id=parent_id
            )
            return note(
                session, principal, "folder.created", after=_folder(library_repository.list_folders(session), made)
            )

    def change_folder(self, principal: Principal, folder_id: UUID, *, name: str, parent_id: UUID | None) -> Folder:
        """Rename or move a folder with all in it. Raises InvalidInput for a place inside itself."""
        require(principal, Permission.EDIT_REPORTS)
        with self._database.person(principal) as session:
            folders = library_repository.list_folders(session)
            folder = _folder(folders, folder_id)
            below = [one for one in folders if one.path[: len(folder.path)] == folder.path]
            if parent_id in {one.id for one in below}:
                raise InvalidInput("A folder cannot lie in itself.", place="parent_id")
            name = _free_name(folders, name, parent_id, but=folder_id)
            height = max(len(one.path) for one in below) - len(folder.path) + 1
            _check_depth(folders, parent_id, height=height)
            library_repository.change_folder(session, folder_id, name=name, parent_id=parent_id)
            after = _folder(library_repository.list_folders(session), folder_id)
            return note(session, principal, "folder.changed", before=folder, after=after)

    def delete_folder(self, principal: Principal, folder_id: UUID) -> None:
        """Take a folder away; what stands in it moves up. Raises Conflict where names would be there twice."""
        require(principal, Permission.EDIT_REPORTS)
        with self._database.person(principal) as session:
            folders = library_repository.list_folders(session)
            folder = _folder(folders, folder_id)
            for inner in (one for one in folders if one.parent_id == folder_id):
                _free_name([one for one in folders if one.id != folder_id], inner.name, folder.parent_id, but=inner.id)
            name_nobody(session)  # what this person may not see moves as well
            library_repository.delete_folder(session, folder)
            note(session, principal, "folder.deleted", before=folder)

    def move(self, principal: Principal, report_ids: Sequence[UUID], folder_id: UUID | None) -> tuple[Done, ...]:
        """Put reports into a folder, or on top; says of each whether that was done."""

        def put(session: Session, line: ReportLine) -> None:
            if folder_id is not None:
                _folder(library_repository.list_folders(session), folder_id)
            library_repository.set_folder(session, [line.id], folder_id)
            note(session, principal, "report.moved", before=line, after=replace(line, folder_id=folder_id))

        return self._each(principal, report_ids, Action.EDIT, put)

    def tag(
        self, principal: Principal, report_ids: Sequence[UUID], *, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> tuple[Done, ...]:
        """Add and take tags; says of each report whether that was done. Raises InvalidInput for what is no tag."""
        added = [_tag(tag) for tag in add]
        gone = {tag.strip().casefold() for tag in remove}

        def put(session: Session, line: ReportLine) -> None:
            kept = [tag for tag in line.tags if tag.casefold() not in gone]
            known = {tag.casefold() for tag in kept}
            tags = kept + [tag for tag in dict.fromkeys(added) if tag.casefold() not in known]
            if len(tags) > MAX_TAGS:
                raise InvalidInput(f"A report has up to {MAX_TAGS} tags.", place="tags")
            tags.sort(key=str.casefold)
            library_repository.set_tags(session, line.id, tags)
            note(session, principal, "report.tagged", before=line, after=replace(line, tags=tuple(tags)))

        return self._each(principal, report_ids, Action.EDIT, put)

    def set_favourite(self, principal: Principal, report_id: UUID, *, is_favourite: bool) -> None:
        """Mark a report for this person only, or take the mark away; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            library_repository.load_line(session, report_id, user_id=principal.user_id)
            library_repository.set_favourite(
                session,
                organization_id=principal.organization_id,
                user_id=principal.user_id,
                report_id=report_id,
                is_favourite=is_favourite,
            )

    def uses(self, principal: Principal, report_id: UUID) -> ReportUses:
        """Return what sends or shows a report; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            library_repository.load_line(session, report_id, user_id=principal.user_id)
            return library_repository.uses(session, report_id)

    def archive(self, principal: Principal, report_ids: Sequence[UUID]) -> tuple[Done, ...]:
        """Take reports out of the lists; their schedules are paused and say why. Nothing is lost."""

        def put(session: Session, line: ReportLine) -> None:
            report_repository.set_archived(session, line.id, is_archived=True)
            note(session, principal, "report.archived", object_id=line.id, name=line.name)
            for schedule_id, _owner, _name in active_schedules(session, REPORTS, line.id):
                schedule_repository.pause(
                    session, schedule_id, until=None, because="Its report was archived. Bring it back, then resume."
                )

        return self._each(principal, report_ids, Action.EDIT, put)

    def unarchive(self, principal: Principal, report_ids: Sequence[UUID]) -> tuple[Done, ...]:
        """Bring reports back; their schedules stay paused until somebody resumes them."""

        def put(session: Session, line: ReportLine) -> None:
            report_repository.set_archived(session, line.id, is_archived=False)
            note(session, principal, "report.brought_back", object_id=line.id, name=line.name)

        return self._each(principal, report_ids, Action.EDIT, put)

    def delete(self, principal: Principal, report_id: UUID) -> None:
        """Take a report away for good; raises Conflict naming the schedules and dashboards that use it."""
        require(principal, Permission.EDIT_REPORTS)
        with self._database.person(principal) as session:
            hold(session, REPORTS, report_id)
            line = library_repository.load_line(session, report_id, user_id=principal.user_id)
            require_can(principal, Action.SHARE, line)
            uses = library_repository.uses(session, report_id)
            if uses.schedules:
                raise Conflict(f"{line.name} is scheduled: {in_short(uses.schedules)}. Delete what sends it first.")
            if uses.dashboards:
                raise Conflict(f"{line.name} is shown on {in_short(uses.dashboards)}. Take it off there first.")
            name_nobody(session)
            if library_repository.uses(session, report_id).dashboards:
                raise Conflict(f"{line.name} is shown on a dashboard that is private to somebody. Archive it instead.")
            report_repository.delete_report(session, report_id)
            note(session, principal, "report.deleted", before=line)

    def _each(
        self,
        principal: Principal,
        report_ids: Sequence[UUID],
        action: Action,
        put: Callable[[Session, ReportLine], None],
    ) -> tuple[Done, ...]:
        """Do something to each report that this person may do it to, one transaction a report."""
        require(principal, Permission.EDIT_REPORTS)
        if len(report_ids) > MAX_AT_ONCE:
            raise InvalidInput(f"Choose up to {MAX_AT_ONCE} reports at once.", place="ids")
        return tuple(self._one(principal, report_id, action, put) for report_id in dict.fromkeys(report_ids))

    def _one(
        self, principal: Principal, report_id: UUID, action: Action, put: Callable[[Session, ReportLine], None]
    ) -> Done:
        done = Done(report_id=report_id)
        try:
            with self._database.person(principal) as session:
                hold(session, REPORTS, report_id)
                line = library_repository.load_line(session, report_id, user_id=principal.user_id)
                require_can(principal, action, line)
                put(session, line)
        except DatabaseUnavailable:
            raise
        except BroadsheetError as error:
            return replace(done, refused=error.user_message)
        return done


def _folder(folders: Sequence[Folder], folder_id: UUID) -> Folder:
    for folder in folders:
        if folder.id == folder_id:
            return folder
    raise NotFound("This folder does not exist any more.", place="folder_id")


def _free_name(folders: Sequence[Folder], name: str, parent_id: UUID | None, *, but: UUID | None) -> str:
    name = check_text(name.strip(), place="name", max_length=MAX_FOLDER_NAME, one_line=True)
    if not name:
        raise InvalidInput("Give the folder a name.", place="name")
    beside = [one for one in folders if one.parent_id == parent_id and one.id != but]
    if any(one.name.casefold() == name.casefold() for one in beside):
        raise Conflict(f"There is a folder {name} there already.", place="name")
    return name


def _check_depth(folders: Sequence[Folder], parent_id: UUID | None, *, height: int) -> None:
    depth = 0 if parent_id is None else len(_folder(folders, parent_id).path)
    if depth + height > MAX_FOLDER_DEPTH:
        raise InvalidInput(f"Folders lie up to {MAX_FOLDER_DEPTH} deep.", place="parent_id")


def _tag(tag: str) -> str:
    words = " ".join(tag.split())
    if not words or "," in words:
        raise InvalidInput("A tag is a word or a few, without a comma.", place="tags")
    return check_text(words, place="tags", max_length=MAX_TAG_LENGTH, one_line=True)
