"""A small workspace for the screens: one dataset, a few reports, schedules, runs and mails."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

import pyarrow as pa

from core.domain.access import BUILT_IN_ROLES, Principal
from core.domain.dataset import Dataset, DatasetMeasure
from core.domain.definition import Aggregation, Grouping, Measure, Period, ReportDefinition, Sort
from core.domain.field import Field, FieldType, Format, NumberStyle
from core.domain.file_options import FileOptions
from core.domain.filter import DateUnit, DateWindow, Grain, WindowKind
from core.domain.page import Page
from core.domain.relation import TableOrigin
from core.domain.report import Report
from core.domain.result import ColumnRole, ResultColumn, Total
from core.domain.schedule import Cadence, Misfire, Recipient, Schedule, ScheduleConfig
from core.query.columns import result_columns

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
_SPACE = UUID("00000000-0000-0000-0000-00000000b0ad")
ZONE = "America/New_York"


def make_id(name: str) -> UUID:
    """The same id for the same name, every time."""
    return uuid5(_SPACE, name)


ORGANIZATION = make_id("organization")
ADA = make_id("ada")


def page_of(items, page: int, limit: int) -> Page:
    return Page(items=tuple(items[(page - 1) * limit : page * limit]), total=len(items), page=page, limit=limit)


def principal(role: str = "organization_admin") -> Principal:
    return Principal(
        user_id=ADA,
        organization_id=ORGANIZATION,
        email="ada@example.com",
        name="Ada Lovelace",
        organization="Northwind Press",
        role=role,
        permissions=BUILT_IN_ROLES[role],
        timezone=ZONE,
    )


_T = FieldType
EUR = Format(style=NumberStyle.CURRENCY, decimals=2, unit="EUR")
USAGE = Dataset(
    id=make_id("usage"),
    organization_id=ORGANIZATION,
    source_id=make_id("source"),
    name="usage",
    label="Product usage",
    description="One row for each session of a customer.",
    origin=TableOrigin(table_name="usage_events"),
    time_field="started_at",
    row_noun="sessions",
    fields=(
        Field(name="started_at", label="Started", type=_T.DATETIME),
        Field(name="country", label="Country", type=_T.TEXT),
        Field(name="plan", label="Plan", type=_T.TEXT),
        Field(name="product", label="Product", type=_T.TEXT),
        Field(name="customer", label="Customer", type=_T.TEXT, is_personal=True),
        Field(name="is_trial", label="Trial", type=_T.BOOLEAN),
        Field(name="signed_up_on", label="Signed up", type=_T.DATE),
        Field(name="minutes", label="Minutes", type=_T.DECIMAL, is_measure=True, format=Format(unit="min")),
        Field(name="revenue", label="Revenue", type=_T.DECIMAL, is_measure=True, format=EUR),
        Field(name="pages", label="Pages", type=_T.INTEGER, is_measure=True),
    ),
    measures=(
        DatasetMeasure(
            name="per_session",
            label="Revenue per session",
            measure=Measure(expression="sum(revenue) / count()"),
            synonyms=("arpu",),
        ),
    ),
)
VALUES = {
    "country": ("United States", "Germany", "Japan", "Brazil", "France", "Kenya"),
    "plan": ("Business", "Team", "Free"),
    "product": ("Press", "Desk", "Wire"),
    "customer": ("Acme", "Globex", "Initech", "Umbrella"),
}
SUMMARY = ReportDefinition(
    dataset_id=USAGE.id,
    groupings=(Grouping(field="started_at", grain=Grain.MONTH),),
    measures=(Measure(aggregation=Aggregation.COUNT), Measure(aggregation=Aggregation.SUM, field="revenue")),
    period=Period(field="started_at", window=DateWindow(kind=WindowKind.LAST, n=12, unit=DateUnit.MONTH)),
    sort=(Sort(key="started_at__month"),),
    timezone=ZONE,
    kpis=(Measure(aggregation=Aggregation.COUNT), Measure(aggregation=Aggregation.SUM, field="revenue")),
)
_NAMES = ("Usage Summary", "Revenue by country", "Trials this week", "Churn watch", "Board pack: usage", "Raw sessions")


def report(name: str, version: int = 1, definition: ReportDefinition = SUMMARY, owner: str = "Ada Lovelace") -> Report:
    return Report(
        id=make_id(name),
        organization_id=ORGANIZATION,
        owner_id=ADA,
        owner_name=owner,
        name=name,
        description="",
        version=version,
        definition=definition,
        definition_sha256="",
        created_at=NOW - timedelta(days=40),
        updated_at=NOW - timedelta(hours=5 * len(name)),
    )


def reports() -> dict[UUID, Report]:
    made = [report(name, 1 + n % 4, owner=("Ada Lovelace", "Grace Hopper")[n % 2]) for n, name in enumerate(_NAMES)]
    return {item.id: item for item in made}


def schedule(name: str, config: ScheduleConfig, *, status: str | None = "completed", active: bool = True) -> Schedule:
    return Schedule(
        id=make_id("schedule " + name),
        organization_id=ORGANIZATION,
        report_id=make_id(name),
        report_name=name,
        owner_id=ADA,
        owner_name="Ada Lovelace",
        name=f"{name}, regularly",
        description="",
        config=config,
        recipients=(Recipient(channel="email", address="ada@example.com"),),
        formats=("pdf", "xlsx"),
        report_parameters={},
        file_options=FileOptions(),
        email_subject=None,
        email_body=None,
        misfire=Misfire.LATEST,
        is_active=active,
        next_run_at=NOW + timedelta(days=3) if active else None,
        last_run_at=NOW - timedelta(days=4) if status else None,
        last_status=status,
        version=1,
        created_at=NOW,
        updated_at=NOW,
    )


def schedules() -> dict[UUID, Schedule]:
    weekly = ScheduleConfig(cadence=Cadence.WEEKLY, timezone=ZONE, days_of_week=(1,), times=(time(9),))
    made = [
        schedule("Usage Summary", weekly),
        schedule("Revenue by country", ScheduleConfig(cadence=Cadence.DAILY, timezone="UTC"), status="partial"),
        schedule("Churn watch", ScheduleConfig(cadence=Cadence.DAILY, timezone=ZONE), status="failed", active=False),
    ]
    return {item.id: item for item in made}


def columns(definition: ReportDefinition) -> tuple[ResultColumn, ...]:
    return result_columns(definition, USAGE)


def totals(definition: ReportDefinition) -> tuple[Total, ...]:
    if not definition.totals.grand:
        return ()
    values = tuple(1234.5 if column.role is ColumnRole.MEASURE else None for column in columns(definition))
    return (Total(level=0, keys=(), values=values),)


def table(definition: ReportDefinition, rows: int, offset: int) -> pa.Table:
    data = {column.key: [_cell(column, offset + n) for n in range(rows)] for column in columns(definition)}
    return pa.table(data)


def _cell(column: ResultColumn, row: int) -> object:
    mixed = (row * 2654435761) % 9973
    if column.type is _T.TEXT:
        values = VALUES.get(column.key, ("one", "two"))
        return values[row % len(values)]
    if column.type is _T.DATE:
        return date(2025, 11, 1) + timedelta(days=31 * (row % 12))
    if column.type is _T.DATETIME:
        return NOW - timedelta(minutes=17 * row)
    if column.type is _T.BOOLEAN:
        return mixed % 3 == 0
    if column.type is _T.DECIMAL:
        return Decimal(mixed * 37 + 20_000) / 100
    return mixed + 4000
