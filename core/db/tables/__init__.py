"""The typed tables. States are text with a CHECK; every table with `organization_id` is under row-level security."""

from core.db.tables.access import ApiTokenRow, MembershipRow, OrganizationRow, RoleRow, SessionRow, UserRow
from core.db.tables.base import Base
from core.db.tables.reports import DatasetRow, ReportNoticeRow, ReportRow, ReportVersionRow, ScheduleRow, SourceRow
from core.db.tables.runs import ArtifactRow, DaemonRow, DeliveryRow, DownloadLinkRow, RunEventRow, RunRow
from core.db.tables.templates import WorkbookTemplateRow

__all__ = (
    "ApiTokenRow",
    "ArtifactRow",
    "Base",
    "DaemonRow",
    "DatasetRow",
    "DeliveryRow",
    "DownloadLinkRow",
    "MembershipRow",
    "OrganizationRow",
    "ReportNoticeRow",
    "ReportRow",
    "ReportVersionRow",
    "RoleRow",
    "RunEventRow",
    "RunRow",
    "ScheduleRow",
    "SessionRow",
    "SourceRow",
    "UserRow",
    "WorkbookTemplateRow",
)
