"""The library of reports in memory, with the signatures the screens call."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from core.access.policy import can
from core.domain.library import (
    Choice,
    Folder,
    Found,
    FoundKind,
    Grant,
    GrantKind,
    HomeRun,
    Level,
    ReportLine,
    ReportUses,
    Sharing,
    Shelves,
)
from core.domain.run import RunState
from core.errors import Conflict, InvalidInput, NotFound
from core.services.home import Home
from core.services.library import EVERYTHING, Done
from core.services.report_sharing import Audience
from core.services.report_versions import VersionChange

from . import fake_data as data

GRACE = Grant(kind=GrantKind.USER, id=data.make_id("grace"), level=Level.VIEW, name="Grace Hopper")
BOARD = Grant(kind=GrantKind.GROUP, id=data.make_id("board"), level=Level.VIEW, name="Board")


class FakeLibrary:
    def __init__(self, reports, schedules) -> None:
        self._reports = reports
        self._schedules = schedules
        self.folders: dict = {}
        self.favourites: set = set()
        self.archived: dict = {}
        self.changes: dict = {}

    def _line(self, item) -> ReportLine:
        sending = [one for one in self._schedules.items.values() if one.report_id == item.id]
        first = sending[0] if sending else None
        line = ReportLine(
            id=item.id,
            name=item.name,
            description=item.description,
            owner_id=item.owner_id,
            owner_name=item.owner_name,
            version=item.version,
            updated_at=item.updated_at,
            archived_at=data.NOW if item.id in self.archived else None,
            visibility=item.visibility,
            everyone=item.everyone,
            granted=item.granted,
            folder_id=item.folder_id,
            tags=item.tags,
            is_favourite=item.id in self.favourites,
            schedules=len(sending),
            schedule_id=first.id if first else None,
            next_run_at=first.next_run_at if first else None,
            last_run_id=None,
            last_status=first.last_status if first else None,
            last_run_at=first.last_run_at if first else None,
        )
        return replace(line, **self.changes.get(item.id, {}))

    def _all(self):
        return [self._line(item) for item in (*self._reports.items.values(), *self.archived.values())]

    def lines(self, principal, wanted=EVERYTHING, *, page=1, limit=50):
        found = [
            line
            for line in self._all()
            if all(word in f"{line.name} {' '.join(line.tags)}".lower() for word in wanted.search.lower().split())
            and (line.archived_at is not None) is wanted.is_archived
            and wanted.folder_id in (None, line.folder_id)
            and (wanted.tag is None or wanted.tag in line.tags)
            and (not wanted.is_favourite or line.is_favourite)
        ]
        return data.page_of(sorted(found, key=lambda line: line.updated_at, reverse=True), page, limit)

    def may(self, principal, action, line):
        return can(principal, action, line)

    def shelves(self, principal):
        tags = sorted({tag for line in self._all() for tag in line.tags})
        return Shelves(
            folders=tuple(self.folders.values()),
            tags=tuple(Choice(key=tag, label=tag, reports=1) for tag in tags),
            owners=(Choice(key=str(data.ADA), label="Ada Lovelace", reports=3),),
        )

    def create_folder(self, principal, *, name, parent_id=None):
        if not name:
            raise InvalidInput("Give the folder a name.", place="name")
        made = Folder(id=uuid4(), parent_id=parent_id, name=name, path=(name,))
        self.folders[made.id] = made
        return made

    def _change(self, ids, **changes):
        for each in ids:
            self.changes.setdefault(each, {}).update(changes)
        return tuple(Done(report_id=each) for each in ids)

    def move(self, principal, ids, folder_id):
        return self._change(ids, folder_id=folder_id)

    def tag(self, principal, ids, *, add=(), remove=()):
        return self._change(ids, tags=tuple(add))

    def set_favourite(self, principal, report_id, *, is_favourite):
        (self.favourites.add if is_favourite else self.favourites.discard)(report_id)

    def uses(self, principal, report_id):
        names = tuple(one.name for one in self._schedules.items.values() if one.report_id == report_id)
        active = tuple(
            one.name for one in self._schedules.items.values() if one.report_id == report_id and one.is_active
        )
        return ReportUses(schedules=names, active_schedules=active, dashboards=())

    def archive(self, principal, ids):
        for each in ids:
            self.archived[each] = self._reports.items.pop(each)
        return tuple(Done(report_id=each) for each in ids)

    def unarchive(self, principal, ids):
        for each in ids:
            self._reports.items[each] = self.archived.pop(each)
        return tuple(Done(report_id=each) for each in ids)

    def delete(self, principal, report_id):
        del self._reports.items[report_id]


class FakeVersions:
    def __init__(self, reports) -> None:
        self._reports = reports
        self.restored: list[int] = []

    def history(self, principal, report_id):
        versions = self._reports.versions(principal, report_id)
        said = 'Filter added: Country is "Chile"'
        return tuple(
            VersionChange(version=version, changes=() if version.version == 1 else (said,)) for version in versions
        )

    def diff(self, principal, report_id, before, after):
        return (f"Rows: at most {after} instead of {before}",)

    def differences(self, principal, before, after):
        return () if before == after else ("Rows: all instead of at most 1,000",)

    def restore(self, principal, report_id, number, *, expected_version=None):
        self.restored.append(number)
        item = self._reports.get(principal, report_id)
        return self._reports.save(principal, report_id, name=item.name, definition=item.definition)

    def save(self, principal, report_id, **parts):
        return self._reports.save(principal, report_id, **parts)


class FakeSharing:
    def __init__(self) -> None:
        self.kept: dict = {}
        self.given: dict = {}
        self.pauses: tuple[str, ...] = ()

    def get(self, principal, report_id):
        return self.kept.get(report_id, Sharing())

    def audience(self, principal):
        ada = Grant(kind=GrantKind.USER, id=data.ADA, level=Level.VIEW, name="Ada Lovelace")
        return Audience(people=(ada, GRACE), groups=(BOARD,))

    def would_pause(self, principal, report_id, sharing):
        return self.pauses

    def share(self, principal, report_id, sharing):
        self.kept[report_id] = sharing
        return self.pauses

    def give(self, principal, report_id, *, owner):
        if owner == data.ADA:
            raise Conflict
        self.given[report_id] = owner


class FakeSearch:
    def __init__(self, reports) -> None:
        self._reports = reports

    def find(self, principal, search, *, limit=20):
        found = dict.fromkeys(FoundKind, ())
        if not search:
            return found
        found[FoundKind.REPORT] = tuple(
            Found(kind=FoundKind.REPORT, id=item.id, name=item.name, because="")
            for item in self._reports.items.values()
            if search.lower() in item.name.lower()
        )
        if search.lower() in "revenue":
            found[FoundKind.DATASET] = (
                Found(kind=FoundKind.DATASET, id=data.USAGE.id, name=data.USAGE.label, because="field"),
            )
        return found


class FakeHome:
    def __init__(self, library, schedules) -> None:
        self._library = library
        self._schedules = schedules
        self.is_tour_done = False
        self.is_empty = False

    def load(self, principal, *, limit=6):
        lines = () if self.is_empty else self._library.lines(principal).items
        ran = [
            HomeRun(
                id=data.make_id(f"run {n}"),
                title="Usage Summary",
                state=state,
                schedule_id=None,
                created_at=data.NOW - timedelta(hours=n),
                formats=("pdf",),
                words="The source did not answer. Ask who looks after it." if state is RunState.FAILED else None,
            )
            for n, state in enumerate((RunState.COMPLETED, RunState.COMPLETED, RunState.FAILED))
        ]
        planned = [one for one in self._schedules.items.values() if one.next_run_at is not None]
        return Home(
            favourites=tuple(line for line in lines if line.is_favourite),
            mine=tuple(line for line in lines if not line.is_favourite),
            arrived=() if self.is_empty else tuple(ran[:2]),
            failed=() if self.is_empty else (ran[2],),
            next_runs=() if self.is_empty else tuple(planned),
            reports=len(lines),
            is_tour_done=self.is_tour_done,
        )

    def put_tour_away(self, principal):
        if principal is None:
            raise NotFound
        self.is_tour_done = True
