"""What the library's part of the API takes and gives, as pydantic models."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from core.api.inputs import Json, Search, Text, VersionNumber
from core.api.models import In, iso
from core.domain.library import (
    Folder,
    Found,
    Grant,
    GrantKind,
    Level,
    ReportFilter,
    ReportLine,
    ReportSort,
    ReportUses,
    Sharing,
    Visibility,
)
from core.services.library import MAX_AT_ONCE, Done


class ReportListIn(BaseModel):
    """Which reports are listed, in the address."""

    model_config = ConfigDict(extra="ignore")

    search: Search = ""
    folder: UUID | None = None
    tag: Text | None = Field(default=None, max_length=100)
    owner: UUID | None = None
    favourite: bool = False
    archived: bool = False
    sort: ReportSort = ReportSort.CHANGED

    def wanted(self) -> ReportFilter:
        """Return it as the service takes it."""
        return ReportFilter(
            search=self.search.strip(),
            folder_id=self.folder,
            tag=self.tag,
            owner_id=self.owner,
            is_favourite=self.favourite,
            is_archived=self.archived,
            sort=self.sort,
        )


class RestoreIn(In):
    """Which version comes back."""

    version: VersionNumber


class FolderIn(In):
    """A folder; without a parent it stands at the top."""

    name: Text = Field(max_length=100)
    parent_id: UUID | None = None


class GrantIn(In):
    """What a person or a group may do."""

    kind: GrantKind
    id: UUID
    level: Level = Level.VIEW


class SharingIn(In):
    """Who may see and change a report or a dashboard."""

    visibility: Visibility
    everyone: Level = Level.EDIT
    grants: list[GrantIn] = Field(default=[], max_length=500)

    def sharing(self) -> Sharing:
        """Return it as the service takes it."""
        grants = tuple(Grant(kind=one.kind, id=one.id, level=one.level) for one in self.grants)
        return Sharing(visibility=self.visibility, everyone=self.everyone, grants=grants)


class OwnerIn(In):
    """Who a report or a dashboard is given to."""

    owner_id: UUID


class BulkIn(In):
    """The same for several reports: `folder_id` goes with move, `tags` with tag and untag."""

    ids: list[UUID] = Field(min_length=1, max_length=MAX_AT_ONCE)
    action: Literal["move", "tag", "untag", "archive", "unarchive"]
    folder_id: UUID | None = None
    tags: list[Text] = Field(default=[], max_length=100)


def folder_out(folder: Folder) -> Json:
    """Return the JSON of a folder."""
    return {
        "id": str(folder.id),
        "parent_id": None if folder.parent_id is None else str(folder.parent_id),
        "name": folder.name,
        "path": list(folder.path),
        "reports": folder.reports,
    }


def line_out(line: ReportLine) -> Json:
    """Return the JSON of a report as a shelf shows it, without its definition."""
    return {
        "id": str(line.id),
        "name": line.name,
        "owner": line.owner_name,
        "version": line.version,
        "folder_id": None if line.folder_id is None else str(line.folder_id),
        "tags": list(line.tags),
        "visibility": str(line.visibility),
        "is_favourite": line.is_favourite,
        "next_run_at": iso(line.next_run_at),
        "last_status": line.last_status,
        "archived_at": iso(line.archived_at),
    }


def sharing_out(sharing: Sharing) -> Json:
    """Return the JSON of who may see and change a thing."""
    return {
        "visibility": str(sharing.visibility),
        "everyone": str(sharing.everyone),
        "grants": [
            {"kind": str(one.kind), "id": str(one.id), "level": str(one.level), "name": one.name}
            for one in sharing.grants
        ],
    }


def uses_out(uses: ReportUses) -> Json:
    """Return the JSON of what uses a report."""
    return {
        "schedules": list(uses.schedules),
        "active_schedules": list(uses.active_schedules),
        "dashboards": list(uses.dashboards),
    }


def found_out(found: Found) -> Json:
    """Return the JSON of one thing found."""
    return {"kind": str(found.kind), "id": str(found.id), "name": found.name, "because": found.because or None}


def done_out(done: Done) -> Json:
    """Return the JSON of what became of one report of several."""
    return {"id": str(done.report_id), "done": done.refused is None, "message": done.refused}
