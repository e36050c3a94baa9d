"""The typed tables. States are text with a CHECK; every table with `organization_id` is under row-level security."""

from core.db.tables.access import (
    ApiTokenRow,
    InvitationRow,
    MembershipRow,
    OrganizationRow,
    RoleRow,
    SessionRow,
    UserRow,
)
from core.db.tables.answers import KeptAnswerRow
from core.db.tables.audit import AuditDetailRow, AuditEventRow, AuditHeadRow, AuditLinkRow, AuditWaitingRow
from core.db.tables.base import Base
from core.db.tables.bounces import BounceIntakeRow, BounceRow
from core.db.tables.bursting import BurstPartRow, BurstRecipientRow
from core.db.tables.calendars import CalendarRow
from core.db.tables.dashboards import DashboardGrantRow, DashboardReportRow, DashboardRow, DashboardVersionRow
from core.db.tables.data_policies import PersonAttributeRow
from core.db.tables.destinations import DestinationRow
from core.db.tables.drafts import ReportDraftRow
from core.db.tables.groups import GroupMemberRow, GroupRow, RecipientPolicyRow, VerifiedAddressRow
from core.db.tables.library import FolderRow, ReportFavouriteRow, ReportGrantRow
from core.db.tables.links import DownloadLinkRow, LinkUseRow
from core.db.tables.mail import EmailConfigRow, MailTokenRow, SuppressionRow
from core.db.tables.notices import OwnerNoticeRow
from core.db.tables.operations import AlertIncidentRow, AlertLimitRow
from core.db.tables.quotas import QuotaRow, RequestCountRow
from core.db.tables.reports import DatasetRow, ReportNoticeRow, ReportRow, ReportVersionRow, ScheduleRow, SourceRow
from core.db.tables.runs import ArtifactRow, DaemonRow, DeliveryRow, RunEventRow, RunRow
from core.db.tables.sent import DeliveryEventRow, SentCopyRow, SentPartRow
from core.db.tables.sign_in import (
    PasswordResetRow,
    RecoveryCodeRow,
    SecondFactorRow,
    SignInLimitRow,
    SingleSignOnRow,
)
from core.db.tables.templates import WorkbookTemplateRow

__all__ = (
    "AlertIncidentRow",
    "AlertLimitRow",
    "ApiTokenRow",
    "ArtifactRow",
    "AuditDetailRow",
    "AuditEventRow",
    "AuditHeadRow",
    "AuditLinkRow",
    "AuditWaitingRow",
    "Base",
    "BounceIntakeRow",
    "BounceRow",
    "BurstPartRow",
    "BurstRecipientRow",
    "CalendarRow",
    "DaemonRow",
    "DashboardGrantRow",
    "DashboardReportRow",
    "DashboardRow",
    "DashboardVersionRow",
    "DatasetRow",
    "DeliveryEventRow",
    "DeliveryRow",
    "DestinationRow",
    "DownloadLinkRow",
    "EmailConfigRow",
    "FolderRow",
    "GroupMemberRow",
    "GroupRow",
    "InvitationRow",
    "KeptAnswerRow",
    "LinkUseRow",
    "MailTokenRow",
    "MembershipRow",
    "OrganizationRow",
    "OwnerNoticeRow",
    "PasswordResetRow",
    "PersonAttributeRow",
    "QuotaRow",
    "RecipientPolicyRow",
    "RecoveryCodeRow",
    "ReportDraftRow",
    "ReportFavouriteRow",
    "ReportGrantRow",
    "ReportNoticeRow",
    "ReportRow",
    "ReportVersionRow",
    "RequestCountRow",
    "RoleRow",
    "RunEventRow",
    "RunRow",
    "ScheduleRow",
    "SecondFactorRow",
    "SentCopyRow",
    "SentPartRow",
    "SessionRow",
    "SignInLimitRow",
    "SingleSignOnRow",
    "SourceRow",
    "SuppressionRow",
    "UserRow",
    "VerifiedAddressRow",
    "WorkbookTemplateRow",
)
