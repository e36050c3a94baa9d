"""The services in memory, with the signatures the screens call."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType, SimpleNamespace
from uuid import UUID, uuid4

from core.clock import FixedClock
from core.domain.appearance import Chart, ChartKind
from core.domain.calendar import DatedCalendar
from core.domain.definition import Aggregation
from core.domain.field import FieldType
from core.domain.field_roles import roles_of
from core.domain.filter import Operator, ResolvedWindow
from core.domain.parameters import bind_parameters
from core.domain.report import Report, ReportVersion
from core.domain.report_draft import ReportDraft
from core.domain.result import Headline, Kpi, Preview, ShownSql
from core.domain.schedule import CoveredWindow, Schedule, ScheduleDraft
from core.errors import Conflict, InvalidAddress, InvalidInput, NotFound
from core.schedules.recurrence import check_config, next_fire_times
from core.schedules.words import describe_config
from core.services.file_choices import UNCHANGED, check_choices
from core.services.quick_starts import starts_of
from core.settings import Settings

from . import fake_data as data
from .fake_audit import FakeAudit, FakeQuotas
from .fake_boards import FakeDashboards
from .fake_branding import FakeBranding
from .fake_bursting import FakeBursts
from .fake_care import (
    FakeApprovals,
    FakeBackfill,
    FakeCalendars,
    FakeDestinations,
    FakeRunCare,
    FakeScheduleCalendar,
    FakeScheduleCare,
)
from .fake_catalog import FakeCatalog, FakeDatasets, FakeSources
from .fake_library import FakeHome, FakeLibrary, FakeSearch, FakeSharing, FakeVersions
from .fake_mail import FakeBounces, FakeEmailConfig, FakeSuppressions
from .fake_members import (
    FakeInvitations,
    FakeMembers,
    FakeOrganizations,
    FakeRoles,
    FakeServiceAccounts,
    FakeTokens,
)
from .fake_operations import FakeAlerts, FakeOperations
from .fake_people import FakeGroups, FakeReach, FakeRecipientPolicy, FakeVerification
from .fake_policies import FakeDataPolicies, FakePersonalData
from .fake_runs import FakeLinks, FakeRuns
from .fake_sent import FakeSent
from .fake_sign_in import (
    PASSWORD as PASSWORD,
)
from .fake_sign_in import (
    TOKEN as TOKEN,
)
from .fake_sign_in import (
    FakeAccess,
    FakePasswords,
    FakeSecondFactor,
    FakeSessions,
    FakeSignIn,
    FakeSso,
)
from .fake_templates import FakeTemplates
from .fake_uploads import FakeUploads

ROWS = 5231


@dataclass
class FakeReports:
    items: dict[UUID, Report] = field(default_factory=data.reports)
    previews: int = 0
    given: dict = field(default_factory=dict)

    def list(self, principal, *, search="", page=1, limit=50):
        found = [item for item in self.items.values() if search.lower() in item.name.lower()]
        return data.page_of(sorted(found, key=lambda item: item.updated_at, reverse=True), page, limit)

    def get(self, principal, report_id, *, version=None):
        if report_id not in self.items:
            raise NotFound
        return self.items[report_id]

    def viewed(self, principal, report_id):
        self.get(principal, report_id)

    def versions(self, principal, report_id):
        item = self.get(principal, report_id)
        return tuple(
            ReportVersion(version=n, saved_by=item.owner_name, saved_at=item.updated_at, definition=item.definition)
            for n in range(item.version, 0, -1)
        )

    def create(self, principal, *, name, definition, description=""):
        if not name.strip():
            raise InvalidInput("Give the report a name.", place="name")
        made = replace(data.report(name, definition=definition), id=uuid4(), updated_at=data.NOW)
        self.items[made.id] = made
        return made

    def save(self, principal, report_id, *, name, definition, description="", expected_version=None):
        item = self.get(principal, report_id)
        if expected_version is not None and expected_version != item.version:
            raise Conflict
        changed = replace(
            item,
            name=name,
            definition=definition,
            description=description,
            version=item.version + 1,
            updated_at=data.NOW,
        )
        self.items[report_id] = changed
        return changed

    def archive(self, principal, report_id):
        del self.items[report_id]

    def preview(self, principal, definition, *, parameters=MappingProxyType({}), page=1, page_size=100):
        bind_parameters(definition, parameters)
        self.previews += 1
        self.given = dict(parameters)
        total = 12 if definition.is_summary and definition.groupings else (1 if definition.is_summary else ROWS)
        rows = max(0, min(page_size, total - (page - 1) * page_size))
        window = definition.period and ResolvedWindow(
            first_on=(data.NOW - timedelta(days=388)).date().replace(day=1),
            last_on=data.NOW.date().replace(day=1) - timedelta(days=1),
            starts_at=data.NOW - timedelta(days=388),
            ends_at=data.NOW,
            timezone=definition.timezone,
        )
        return Preview(
            columns=data.columns(definition),
            table=data.table(definition, rows, (page - 1) * page_size),
            rows_matched=total,
            page=page,
            page_size=page_size,
            sql=ShownSql(as_asked=lambda: "SELECT $1", in_full=lambda: "SELECT\n  'DE'"),
            period=window,
            sentence="Sessions and sum of revenue by month started, over the last 12 months.",
            filters_in_words=(),
            as_of=data.NOW,
            elapsed_s=0.021,
            totals=data.totals(definition),
            rules=definition.rules,
        )

    def columns_of(self, principal, definition):
        return data.columns(definition)

    def headline(self, principal, definition, *, parameters=MappingProxyType({})):
        kpis = tuple(Kpi(label="Sessions", value=1234, previous=1000) for _ in definition.kpis)
        return Headline(kpis=kpis, previous_period=None)

    def figure(self, principal, definition, *, parameters=MappingProxyType({}), dark=False):
        import plotly.graph_objects as go

        if definition.chart is None:
            return None
        table = self.preview(principal, definition).table
        x = table[definition.chart.x].to_pylist()
        return go.Figure([go.Bar(x=x, y=[float(v) for v in table[key].to_pylist()]) for key in definition.chart.y])

    def default_chart(self, principal, definition):
        if not (definition.groupings and definition.measures):
            return None
        return Chart(kind=ChartKind.BAR, x=definition.groupings[0].key, y=(definition.measures[-1].key,))

    def new_definition(self, principal, dataset_id):
        return data.SUMMARY

    def operators_for(self, field_type):
        if field_type is FieldType.TEXT:
            return (Operator.IS, Operator.IS_NOT, Operator.CONTAINS, Operator.STARTS_WITH, Operator.IS_EMPTY)
        if field_type is FieldType.BOOLEAN:
            return (Operator.IS, Operator.IS_EMPTY)
        ordered = (Operator.IS, Operator.AT_LEAST, Operator.LESS, Operator.BETWEEN, Operator.IS_EMPTY)
        return (Operator.IN_WINDOW, *ordered) if field_type.is_temporal else ordered

    def aggregations_for(self, field_type):
        if field_type.is_number:
            return tuple(a for a in Aggregation if a is not Aggregation.COUNT)
        return (Aggregation.COUNT_DISTINCT, Aggregation.MIN, Aggregation.MAX)


@dataclass
class FakeQuickStarts:
    catalog: FakeCatalog

    def datasets(self, principal):
        return self.catalog.datasets(principal)

    def of_dataset(self, principal, dataset_id):
        dataset = self.catalog.dataset(principal, dataset_id)
        return starts_of(dataset, roles_of(dataset), timezone=principal.timezone, row_limit=1000)


@dataclass
class FakeDrafts:
    items: dict[UUID, ReportDraft] = field(default_factory=dict)

    def keep(self, principal, draft):
        self.items[draft.id] = replace(draft, updated_at=data.NOW)

    def load(self, principal, draft_id):
        return self.items.get(draft_id)

    def unsaved(self, principal):
        return tuple(one for one in self.items.values() if one.report_id is None and one.is_touched)

    def forget(self, principal, draft_id):
        self.items.pop(draft_id, None)


@dataclass
class FakeSchedules:
    items: dict[UUID, Schedule] = field(default_factory=data.schedules)
    passwords: list = field(default_factory=list)

    def list(self, principal, *, report_id=None, is_active=None, is_failing=None, search="", page=1, limit=50):
        found = [
            item
            for item in self.items.values()
            if report_id in (None, item.report_id)
            and is_active in (None, item.is_active)
            and is_failing in (None, item.failing_since is not None)
            and search.lower() in f"{item.name} {item.report_name} {item.owner_name}".lower()
        ]
        return data.page_of(found, page, limit)

    def get(self, principal, schedule_id):
        if schedule_id not in self.items:
            raise NotFound
        return self.items[schedule_id]

    def problems(self, principal, schedule):
        return ()

    def create(self, principal, draft: ScheduleDraft, *, password=UNCHANGED):
        self.passwords.append(password)
        check_choices(draft.file_options, place="file_options")
        for n, recipient in enumerate(draft.recipients):
            if recipient.channel == "email" and "@" not in recipient.address:
                raise InvalidAddress(f"{recipient.address} is no e-mail address.", place=f"recipients[{n}].value")
        made = data.schedule("Usage Summary", draft.config, status=None)
        made = replace(made, id=uuid4(), name=draft.name, report_id=draft.report_id, recipients=draft.recipients)
        made = replace(made, dashboard_id=draft.dashboard_id)
        made = replace(made, report_parameters=draft.report_parameters, file_options=draft.file_options)
        made = replace(made, terms=draft.terms, misfire=draft.misfire, burst=draft.burst)
        self.items[made.id] = made
        return made

    def update(self, principal, schedule_id, draft, *, expected_version=None, password=UNCHANGED):
        self.passwords.append(password)
        changed = replace(self.get(principal, schedule_id), name=draft.name, config=draft.config, formats=draft.formats)
        changed = replace(changed, file_options=draft.file_options)
        self.items[schedule_id] = changed
        return changed

    def pause(self, principal, schedule_id, *, until=None, because=None):
        self.items[schedule_id] = replace(
            self.get(principal, schedule_id),
            is_active=False,
            next_run_at=None,
            paused_until=until,
            paused_because=because,
        )
        return self.items[schedule_id]

    def resume(self, principal, schedule_id):
        self.items[schedule_id] = replace(self.get(principal, schedule_id), is_active=True, next_run_at=data.NOW)
        return self.items[schedule_id]

    def delete(self, principal, schedule_id):
        del self.items[schedule_id]

    def next_runs(self, principal, config, *, count=5, after=None, covering=None):
        calendar = DatedCalendar() if config.calendar_id else None
        check_config(config, calendar)
        slots = next_fire_times(config, after=after or data.NOW, count=count, calendar=calendar)
        covered = CoveredWindow(starts_at=data.NOW, ends_at=data.NOW, words="16 to 22 Nov 2026") if covering else None
        return tuple(replace(slot, window=covered) for slot in slots)

    def describe(self, config):
        return describe_config(config)

    def recurrence_words(self, principal, config):
        return describe_config(config)

    def formats(self):
        return (("csv", "CSV"), ("xlsx", "Excel workbook"), ("pdf", "PDF"), ("html", "Web page"))


class FakeOutbox:
    is_active = True


class FakeBroadsheet:
    def __init__(self, role: str = "organization_admin") -> None:
        self.settings = Settings(_env_file=None)
        self.clock = FixedClock(data.NOW)
        self.access = FakeAccess(role)
        self.sessions = FakeSessions(self.access, role)
        self.sign_in = FakeSignIn(self.sessions)
        self.second_factor = FakeSecondFactor(self.sign_in)
        self.passwords = FakePasswords()
        self.sso = FakeSso(self.sessions)
        self.sources = FakeSources()
        self.datasets = FakeDatasets()
        self.uploads = FakeUploads(self.sources, self.datasets)
        self.catalog = FakeCatalog(self.datasets)
        self.reports = FakeReports()
        self.dashboards = FakeDashboards(self.reports)
        self.quick_starts = FakeQuickStarts(self.catalog)
        self.drafts = FakeDrafts()
        self.templates = FakeTemplates()
        self.schedules = FakeSchedules()
        self.schedule_calendar = FakeScheduleCalendar()
        self.library = FakeLibrary(self.reports, self.schedules)
        self.versions = FakeVersions(self.reports)
        self.sharing = FakeSharing()
        self.dashboard_sharing = FakeSharing()
        self.search = FakeSearch(self.reports)
        self.home = FakeHome(self.library, self.schedules)
        self.runs = FakeRuns()
        self.links = FakeLinks()
        self.schedule_care = FakeScheduleCare(self.schedules, self.runs)
        self.run_care = FakeRunCare(self.runs)
        self.backfill = FakeBackfill(self.runs)
        self.approvals = FakeApprovals(self.runs)
        self.calendars = FakeCalendars()
        self.destinations = FakeDestinations()
        self.branding = FakeBranding()
        self.email_config = FakeEmailConfig()
        self.suppressions = FakeSuppressions()
        self.bounces = FakeBounces()
        self.groups = FakeGroups()
        self.members = FakeMembers()
        self.invitations = FakeInvitations()
        self.roles = FakeRoles()
        self.tokens = FakeTokens()
        self.service_accounts = FakeServiceAccounts()
        self.organizations = FakeOrganizations()
        self.recipient_policy = FakeRecipientPolicy()
        self.data_policies = FakeDataPolicies(self.datasets)
        self.personal_data = FakePersonalData(self.datasets)
        self.verification = FakeVerification()
        self.reach = FakeReach()
        self.bursts = FakeBursts()
        self.outbox = FakeOutbox()
        self.sent = FakeSent()
        self.audit = FakeAudit()
        self.quotas = FakeQuotas()
        self.operations = FakeOperations()
        self.alerts = FakeAlerts()
        self.health = SimpleNamespace(ready=lambda: {"database": "ok", "storage": "ok", "daemon": "ok"})
