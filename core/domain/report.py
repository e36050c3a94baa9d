"""Reports: a name, an owner, and immutable versions of a definition."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.domain.definition import ReportDefinition
from core.domain.library import Level, Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A saved report at one version (the newest, unless asked for another)."""

    id: UUID
    organization_id: UUID
    owner_id: UUID
    owner_name: str
    name: str
    description: str
    version: int
    definition: ReportDefinition
    definition_sha256: str
    created_at: datetime
    updated_at: datetime
    visibility: Visibility = Visibility.ORGANIZATION
    everyone: Level = Level.EDIT  #: what everybody may do where everybody sees it
    granted: Level | None = None  #: the most that it is shared with the person who asks for
    folder_id: UUID | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportVersion:
    """One entry of a report's history."""

    version: int
    saved_by: str
    saved_at: datetime
    definition: ReportDefinition
