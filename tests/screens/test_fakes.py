"""The fakes take what the real services take: a screen that passes over a fake passes over the product."""

import inspect

import pytest

from core.services.admin_alerts import AlertService
from core.services.approvals import ApprovalService
from core.services.audit import AuditService
from core.services.backfill import BackfillService
from core.services.bounces import BounceService
from core.services.branding import BrandingService
from core.services.bursting import BurstService
from core.services.calendars import CalendarService
from core.services.catalog import CatalogService
from core.services.dashboards import DashboardService
from core.services.data_policies import DataPolicyService
from core.services.datasets import DatasetService
from core.services.destinations import DestinationService
from core.services.groups import GroupService
from core.services.invitations import InvitationService
from core.services.links import LinkService
from core.services.members import MemberService
from core.services.operations import OperationsService
from core.services.organizations import OrganizationService
from core.services.passwords import PasswordService
from core.services.personal_data import PersonalDataService
from core.services.quick_starts import QuickStartService
from core.services.quotas import QuotaService
from core.services.reach import ReachService
from core.services.recipient_policy import RecipientPolicyService
from core.services.report_drafts import ReportDraftService
from core.services.roles import RoleService
from core.services.run_care import RunCareService
from core.services.runs import RunService
from core.services.schedule_calendar import ScheduleCalendarService
from core.services.schedule_care import ScheduleCareService
from core.services.schedules import ScheduleService
from core.services.second_factor import SecondFactorService
from core.services.sent import SentService
from core.services.service_accounts import ServiceAccountService
from core.services.sessions import SessionService
from core.services.sign_in import SignInService
from core.services.sources import SourceService
from core.services.sso import SsoService
from core.services.templates import TemplateService
from core.services.tokens import TokenService
from core.services.uploads import UploadService
from core.services.verification import VerificationService

from . import (
    fake_audit,
    fake_boards,
    fake_branding,
    fake_bursting,
    fake_care,
    fake_catalog,
    fake_mail,
    fake_members,
    fake_operations,
    fake_people,
    fake_policies,
    fake_runs,
    fake_sent,
    fake_services,
    fake_sign_in,
    fake_templates,
    fake_uploads,
)

PAIRS = (
    (fake_sign_in.FakePasswords, PasswordService),
    (fake_sign_in.FakeSecondFactor, SecondFactorService),
    (fake_sign_in.FakeSessions, SessionService),
    (fake_sign_in.FakeSignIn, SignInService),
    (fake_sign_in.FakeSso, SsoService),
    (fake_audit.FakeAudit, AuditService),
    (fake_audit.FakeQuotas, QuotaService),
    (fake_boards.FakeDashboards, DashboardService),
    (fake_branding.FakeBranding, BrandingService),
    (fake_bursting.FakeBursts, BurstService),
    (fake_care.FakeApprovals, ApprovalService),
    (fake_care.FakeBackfill, BackfillService),
    (fake_care.FakeCalendars, CalendarService),
    (fake_care.FakeDestinations, DestinationService),
    (fake_care.FakeRunCare, RunCareService),
    (fake_care.FakeScheduleCalendar, ScheduleCalendarService),
    (fake_care.FakeScheduleCare, ScheduleCareService),
    (fake_catalog.FakeCatalog, CatalogService),
    (fake_catalog.FakeDatasets, DatasetService),
    (fake_catalog.FakeSources, SourceService),
    (fake_members.FakeInvitations, InvitationService),
    (fake_members.FakeMembers, MemberService),
    (fake_members.FakeOrganizations, OrganizationService),
    (fake_members.FakeRoles, RoleService),
    (fake_members.FakeServiceAccounts, ServiceAccountService),
    (fake_members.FakeTokens, TokenService),
    (fake_operations.FakeAlerts, AlertService),
    (fake_operations.FakeOperations, OperationsService),
    (fake_people.FakeGroups, GroupService),
    (fake_people.FakeReach, ReachService),
    (fake_people.FakeRecipientPolicy, RecipientPolicyService),
    (fake_people.FakeVerification, VerificationService),
    (fake_policies.FakeDataPolicies, DataPolicyService),
    (fake_policies.FakePersonalData, PersonalDataService),
    (fake_runs.FakeLinks, LinkService),
    (fake_runs.FakeRuns, RunService),
    (fake_services.FakeDrafts, ReportDraftService),
    (fake_services.FakeQuickStarts, QuickStartService),
    (fake_services.FakeSchedules, ScheduleService),
    (fake_sent.FakeSent, SentService),
    (fake_mail.FakeBounces, BounceService),
    (fake_templates.FakeTemplates, TemplateService),
    (fake_uploads.FakeUploads, UploadService),
)
METHODS = [
    (fake, real, name)
    for fake, real in PAIRS
    for name, _ in inspect.getmembers(fake, inspect.isfunction)
    if not name.startswith("_")
]


@pytest.mark.parametrize(("fake", "real", "name"), METHODS, ids=lambda item: getattr(item, "__name__", item))
def test_a_fake_takes_what_the_service_takes(fake, real, name):
    def shape(owner):
        return [(p.name, p.kind, p.default) for p in inspect.signature(getattr(owner, name)).parameters.values()]

    assert shape(fake) == shape(real)
