"""A draft: what a person has changed in a report, or asks in one that was never saved."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.domain.definition import ReportDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDraft:
    """The state of the builder as it is kept for one person; unfinished filters are not in it."""

    id: UUID  #: the report's, where there is one
    report_id: UUID | None = None
    version: int | None = None  #: the version that was changed
    name: str
    description: str
    definition: ReportDefinition
    is_touched: bool = True  #: whether more was done than choosing a first question
    updated_at: datetime | None = None  #: when it was kept
