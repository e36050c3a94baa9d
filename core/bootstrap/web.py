"""Wires the services of a web process."""

import functools
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module

from core.access.password_rule import PasswordRule
from core.bootstrap.parts import make_parts
from core.bootstrap.signing_in import make_signing_in
from core.bootstrap.watching import make_alert_watch
from core.catalog.sources.guarded import OPEN_SOURCES
from core.clock import Clock, SystemClock
from core.db.database import Database
from core.db.shared_tables import DASHBOARDS, REPORTS
from core.deliver.bounces import PROVIDERS
from core.render import RENDERERS
from core.render.chart_images import ChartRenderer
from core.secrets import SecretBox, derive, load_secret_key
from core.services.access import AccessService
from core.services.admin_alerts import AlertService, AlertWatch
from core.services.answers import AnswerService
from core.services.approvals import ApprovalService
from core.services.audit import AuditService
from core.services.backfill import BackfillService
from core.services.bounces import BounceService
from core.services.branding import BrandingService
from core.services.bursting import BurstService
from core.services.calendars import CalendarService
from core.services.catalog import CatalogService
from core.services.charts import ChartService
from core.services.dashboards import DashboardService
from core.services.data_policies import DataPolicyService
from core.services.datasets import DatasetService
from core.services.destinations import DestinationService
from core.services.email_config import EmailConfigService
from core.services.groups import GroupService
from core.services.health import HealthService
from core.services.home import HomeService
from core.services.invitations import InvitationService
from core.services.library import LibraryService
from core.services.link_opening import LinkOpening
from core.services.links import LinkService
from core.services.mail_preview import MailPreviewService
from core.services.members import MemberService
from core.services.metrics import MetricsService
from core.services.operations import OperationsService
from core.services.organizations import OrganizationService
from core.services.outbox import OutboxService
from core.services.passwords import PasswordService
from core.services.personal_data import PersonalDataService
from core.services.quick_starts import QuickStartService
from core.services.quotas import QuotaService
from core.services.reach import ReachService
from core.services.recipient_policy import RecipientPolicyService
from core.services.report_drafts import ReportDraftService
from core.services.report_sharing import SharingService
from core.services.report_versions import VersionService
from core.services.reports import ReportService
from core.services.roles import RoleService
from core.services.run_care import RunCareService
from core.services.runs import RunService
from core.services.schedule_calendar import ScheduleCalendarService
from core.services.schedule_care import ScheduleCareService
from core.services.schedules import ScheduleService
from core.services.search import SearchService
from core.services.second_factor import SecondFactorService
from core.services.sent import SentService
from core.services.service_accounts import ServiceAccountService
from core.services.sessions import SessionService
from core.services.sign_in import SignInService
from core.services.sources import SourceService
from core.services.sso import SsoService
from core.services.suppressions import SuppressionService, UnsubscribeService
from core.services.templates import TemplateService
from core.services.tokens import TokenService
from core.services.uploads import UploadService
from core.services.verification import VerificationService
from core.services.workbooks import WorkbookService
from core.settings import Settings, load_settings

#: A web process draws pictures now and then: its browser need not stay.
_BROWSER_IDLE_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadsheet:
    """The services of one process."""

    settings: Settings
    clock: Clock
    access: AccessService
    sign_in: SignInService
    sessions: SessionService
    second_factor: SecondFactorService
    passwords: PasswordService
    sso: SsoService
    catalog: CatalogService
    sources: SourceService
    datasets: DatasetService
    uploads: UploadService
    reports: ReportService
    versions: VersionService
    library: LibraryService
    sharing: SharingService
    search: SearchService
    home: HomeService
    dashboards: DashboardService
    dashboard_sharing: SharingService
    quick_starts: QuickStartService
    drafts: ReportDraftService
    charts: ChartService
    templates: TemplateService
    schedules: ScheduleService
    schedule_calendar: ScheduleCalendarService
    calendars: CalendarService
    destinations: DestinationService
    email_config: EmailConfigService
    suppressions: SuppressionService
    unsubscribe: UnsubscribeService
    groups: GroupService
    members: MemberService
    invitations: InvitationService
    roles: RoleService
    organizations: OrganizationService
    tokens: TokenService
    service_accounts: ServiceAccountService
    recipient_policy: RecipientPolicyService
    reach: ReachService
    verification: VerificationService
    mail_preview: MailPreviewService
    bursts: BurstService
    schedule_care: ScheduleCareService
    runs: RunService
    run_care: RunCareService
    backfill: BackfillService
    approvals: ApprovalService
    branding: BrandingService
    workbooks: WorkbookService
    outbox: OutboxService
    sent: SentService
    links: LinkService
    link_opening: LinkOpening
    bounces: BounceService
    audit: AuditService
    quotas: QuotaService
    answers: AnswerService
    data_policies: DataPolicyService
    personal_data: PersonalDataService
    health: HealthService
    metrics: MetricsService
    operations: OperationsService
    alerts: AlertService
    alert_watch: AlertWatch
    database: Database

    def close(self) -> None:
        """Close the connections and the browser."""
        self.passwords.close()
        self.charts.close()
        OPEN_SOURCES.close()
        self.database.dispose()


def build(settings: Settings, clock: Clock | None = None) -> Broadsheet:
    """Return the services over `settings`; raises SettingError or DatabaseUnavailable."""
    parts = make_parts(settings, clock or SystemClock())
    catalog = CatalogService(parts.database, parts.executor)
    box = SecretBox(load_secret_key(settings))
    signing_in = make_signing_in(parts, settings)
    reports = ReportService(
        parts.database, catalog, parts.executor, parts.clock, row_limit_default=settings.row_limit_default
    )
    schedules = ScheduleService(parts.database, parts.clock, channels=parts.channels, box=box, quotas=parts.quotas)
    mails = MailPreviewService(parts.database, parts.clock, settings, places=parts.places, stores=parts.stores)
    runs = RunService(
        parts.database, parts.clock, ledger=parts.ledger, stores=parts.stores, box=box, quotas=parts.quotas
    )
    return Broadsheet(
        settings=settings,
        clock=parts.clock,
        access=AccessService(parts.database, parts.clock, jwt_key=derive(load_secret_key(settings), "jwt")),
        sign_in=signing_in.sign_in,
        sessions=signing_in.sessions,
        second_factor=signing_in.second_factor,
        passwords=signing_in.passwords,
        sso=signing_in.sso,
        catalog=catalog,
        sources=SourceService(parts.database, parts.connections),
        datasets=DatasetService(parts.database, parts.connections, parts.clock),
        uploads=UploadService(parts.database, settings, parts.clock),
        reports=reports,
        versions=VersionService(parts.database, parts.clock, reports),
        library=LibraryService(parts.database),
        sharing=SharingService(parts.database, REPORTS),
        search=SearchService(parts.database),
        home=HomeService(parts.database, parts.clock),
        dashboards=DashboardService(parts.database, catalog, reports),
        dashboard_sharing=SharingService(parts.database, DASHBOARDS),
        drafts=ReportDraftService(parts.database, parts.clock),
        quick_starts=QuickStartService(parts.database, catalog, row_limit_default=settings.row_limit_default),
        charts=ChartService(reports, ChartRenderer(idle_s=_BROWSER_IDLE_S)),
        templates=TemplateService(parts.database, reports, catalog),
        destinations=DestinationService(
            parts.database,
            parts.clock,
            channels=parts.channels,
            places=parts.places,
            allow_private_hosts=settings.allow_private_hosts,
        ),
        email_config=EmailConfigService(
            parts.database, parts.clock, settings, channel=parts.channels["email"], places=parts.places
        ),
        suppressions=SuppressionService(parts.database, parts.clock),
        unsubscribe=UnsubscribeService(parts.database, parts.clock),
        groups=GroupService(parts.database),
        members=MemberService(parts.database, parts.clock),
        invitations=InvitationService(
            parts.database,
            parts.clock,
            channel=parts.channels["email"],
            places=parts.places,
            rule=PasswordRule(settings.breached_passwords),
            base_url=settings.base_url,
            has_server=bool(settings.smtp_host),
        ),
        roles=RoleService(parts.database, parts.clock),
        organizations=OrganizationService(parts.database, parts.clock),
        tokens=TokenService(parts.database, parts.clock),
        service_accounts=ServiceAccountService(parts.database, parts.clock),
        recipient_policy=RecipientPolicyService(parts.database),
        data_policies=DataPolicyService(parts.database, parts.clock, parts.executor),
        personal_data=PersonalDataService(parts.database, parts.clock, stores=parts.stores),
        reach=ReachService(parts.database, parts.clock),
        verification=VerificationService(
            parts.database,
            parts.clock,
            channel=parts.channels["email"],
            places=parts.places,
            base_url=settings.base_url,
        ),
        mail_preview=mails,
        bursts=BurstService(parts.database, parts.clock, parts.executor, mails=mails),
        calendars=CalendarService(parts.database, parts.clock),
        schedule_calendar=ScheduleCalendarService(parts.database),
        schedules=schedules,
        schedule_care=ScheduleCareService(
            parts.database, parts.clock, channels=parts.channels, schedules=schedules, runs=runs, quotas=parts.quotas
        ),
        runs=runs,
        run_care=RunCareService(parts.database, parts.clock),
        backfill=BackfillService(parts.database, parts.clock),
        approvals=ApprovalService(parts.database, parts.clock),
        branding=BrandingService(parts.database),
        workbooks=WorkbookService(
            parts.database, catalog, parts.executor, parts.clock, timeout_s=settings.run_timeout_s
        ),
        sent=SentService(parts.database, stores=parts.stores, box=box),
        links=LinkService(parts.database, parts.clock, valid_for=timedelta(minutes=settings.link_minutes)),
        link_opening=LinkOpening(
            parts.database,
            parts.clock,
            stores=parts.stores,
            channel=parts.channels["email"],
            places=parts.places,
            key=derive(load_secret_key(settings), "link codes"),
            base_url=settings.base_url,
        ),
        bounces=BounceService(
            parts.database,
            parts.clock,
            providers={key: make(settings) for key, make in PROVIDERS.items()},
            box=box,
            key=derive(load_secret_key(settings), "bounces"),
        ),
        outbox=OutboxService(parts.database, settings),
        quotas=QuotaService(parts.database, parts.quotas),
        answers=AnswerService(parts.database, parts.clock, box),
        audit=AuditService(parts.database, key=derive(load_secret_key(settings), "audit")),
        health=HealthService(parts.database, parts.clock, data_dir=settings.data_dir),
        metrics=MetricsService(parts.database, parts.clock, settings),
        operations=OperationsService(parts.database, parts.clock, workers=settings.workers),
        alerts=AlertService(parts.database),
        alert_watch=make_alert_watch(parts, settings),
        database=parts.database,
    )


def warm_up() -> None:
    """Load what the first report needs and the start did not wait for."""
    for name in ("pandas", "plotly.graph_objects", "procrastinate"):
        import_module(name)
    tuple(RENDERERS.values())


@functools.cache
def running() -> Broadsheet:
    """Return the one Broadsheet of this process, built from its environment at the first call."""
    return build(load_settings())
