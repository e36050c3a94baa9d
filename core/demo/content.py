"""The demo's reports: the Usage Summary and a few samples, as definitions over the demo's datasets."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from core.demo.datasets import DatasetDraft, demo_datasets
from core.domain.appearance import Chart, ChartKind
from core.domain.definition import Aggregation, Grouping, Measure, Period, ReportDefinition, Sort
from core.domain.filter import Condition, DateUnit, DateWindow, FilterGroup, Grain, Operator, WindowKind

__all__ = ["DatasetDraft", "SampleReport", "demo_datasets", "sample_reports", "usage_summary"]

_TIMEZONE = "America/New_York"
_TOP_PRODUCTS = 25

_EVENTS = Measure(aggregation=Aggregation.COUNT, label="Events")
_USERS = Measure(aggregation=Aggregation.COUNT_DISTINCT, field="user_id", label="Active users")
_ACCOUNTS = Measure(aggregation=Aggregation.COUNT_DISTINCT, field="account_name", label="Active accounts")
_CREDITS = Measure(aggregation=Aggregation.SUM, field="credits", label="Credits")
_DURATION = Measure(aggregation=Aggregation.AVERAGE, field="duration_ms", label="Average duration")

_REVENUE = Measure(aggregation=Aggregation.SUM, field="amount", label="Revenue")
_ORDERS = Measure(aggregation=Aggregation.COUNT_DISTINCT, field="order_id", label="Orders")
_CUSTOMERS = Measure(aggregation=Aggregation.COUNT_DISTINCT, field="customer_id", label="Customers")
_PIECES = Measure(aggregation=Aggregation.SUM, field="quantity", label="Pieces")
_LINES = Measure(aggregation=Aggregation.COUNT, label="Order lines")

_INVOICES = Measure(aggregation=Aggregation.COUNT, label="Invoices")
_DEBTORS = Measure(aggregation=Aggregation.COUNT_DISTINCT, field="customer_name", label="Customers")

_MESSAGES = Measure(aggregation=Aggregation.COUNT, label="Messages")
_DELIVERIES = Measure(aggregation=Aggregation.SUM, field="deliveries", label="Delivered")
_OPENS = Measure(aggregation=Aggregation.SUM, field="opens", label="Opened")
_CLICKS = Measure(aggregation=Aggregation.SUM, field="clicks", label="Clicked")
_LEFT = Measure(aggregation=Aggregation.SUM, field="unsubscribes", label="Unsubscribed")
_COST = Measure(aggregation=Aggregation.SUM, field="cost", label="Cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleReport:
    """A report the demo workspace starts with."""

    name: str
    description: str
    definition: ReportDefinition


def usage_summary(dataset_id: UUID, row_limit: int) -> ReportDefinition:
    """Who used what in the last seven complete days, by day and feature; `dataset_id` is that of "Product usage"."""
    day = Grouping(field="occurred_at", grain=Grain.DAY)
    feature = Grouping(field="feature")
    return ReportDefinition(
        dataset_id=dataset_id,
        groupings=(day, feature),
        measures=(_EVENTS, _USERS, _ACCOUNTS, _CREDITS, _DURATION),
        period=_period("occurred_at", WindowKind.LAST, n=7, unit=DateUnit.DAY),
        filters=_where(_equals("is_error", False)),
        sort=(Sort(key=day.key), Sort(key=_EVENTS.key, descending=True)),
        limit=row_limit,
        timezone=_TIMEZONE,
        kpis=(_EVENTS, _USERS, _ACCOUNTS, _CREDITS),
        chart=Chart(kind=ChartKind.BAR, x=day.key, y=(_EVENTS.key,), color=feature.key),
    )


def sample_reports(dataset_ids: Mapping[str, UUID], row_limit: int) -> tuple[SampleReport, ...]:
    """The other reports of the demo workspace; `dataset_ids` maps the names of `demo_datasets()` to ids."""
    return (
        SampleReport(
            name="Revenue by country",
            description="Where this year's revenue comes from, returns taken off.",
            definition=_revenue_by_country(dataset_ids["orders"], row_limit),
        ),
        SampleReport(
            name="Monthly revenue and returns",
            description="Twelve complete months of sales beside what came back.",
            definition=_monthly_revenue(dataset_ids["orders"], row_limit),
        ),
        SampleReport(
            name="Top products",
            description=f"The {_TOP_PRODUCTS} products that earned most in the last three months.",
            definition=_top_products(dataset_ids["orders"], row_limit),
        ),
        SampleReport(
            name="Open invoices",
            description="What customers still owe, the longest due first.",
            definition=_open_invoices(dataset_ids["invoices"], row_limit),
        ),
        SampleReport(
            name="Campaign performance",
            description="How the campaigns of the last 30 days were received.",
            definition=_campaigns(dataset_ids["outreach"], row_limit),
        ),
    )


def _revenue_by_country(dataset_id: UUID, row_limit: int) -> ReportDefinition:
    return ReportDefinition(
        dataset_id=dataset_id,
        groupings=(Grouping(field="country"),),
        measures=(_REVENUE, _ORDERS, _CUSTOMERS),
        period=_period("ordered_at", WindowKind.TO_DATE, unit=DateUnit.YEAR),
        sort=(Sort(key=_REVENUE.key, descending=True),),
        limit=row_limit,
        timezone=_TIMEZONE,
        kpis=(_REVENUE, _ORDERS, _CUSTOMERS),
        chart=Chart(kind=ChartKind.HORIZONTAL_BAR, x="country", y=(_REVENUE.key,)),
    )


def _monthly_revenue(dataset_id: UUID, row_limit: int) -> ReportDefinition:
    month = Grouping(field="ordered_at", grain=Grain.MONTH)
    returned = Grouping(field="is_return")
    return ReportDefinition(
        dataset_id=dataset_id,
        groupings=(month, returned),
        measures=(_REVENUE, _PIECES, _LINES),
        period=_period("ordered_at", WindowKind.LAST, n=12, unit=DateUnit.MONTH),
        sort=(Sort(key=month.key), Sort(key=returned.key)),
        limit=row_limit,
        timezone=_TIMEZONE,
        kpis=(_REVENUE, _PIECES, _ORDERS),
        chart=Chart(kind=ChartKind.BAR, x=month.key, y=(_REVENUE.key,), color=returned.key),
    )


def _top_products(dataset_id: UUID, row_limit: int) -> ReportDefinition:
    return ReportDefinition(
        dataset_id=dataset_id,
        groupings=(Grouping(field="product_name"), Grouping(field="category")),
        measures=(_REVENUE, _PIECES, _ORDERS),
        period=_period("ordered_at", WindowKind.LAST, n=3, unit=DateUnit.MONTH),
        filters=_where(_equals("is_return", False)),
        sort=(Sort(key=_REVENUE.key, descending=True),),
        limit=min(row_limit, _TOP_PRODUCTS),
        timezone=_TIMEZONE,
        kpis=(_REVENUE, _PIECES, _ORDERS),
        chart=Chart(kind=ChartKind.HORIZONTAL_BAR, x="product_name", y=(_REVENUE.key,)),
    )


def _open_invoices(dataset_id: UUID, row_limit: int) -> ReportDefinition:
    return ReportDefinition(
        dataset_id=dataset_id,
        columns=(
            "invoice_number",
            "customer_name",
            "country",
            "issued_on",
            "due_on",
            "status",
            "reminders",
            "currency",
            "total_amount",
        ),
        filters=_where(_equals("status", "open", "overdue")),
        sort=(Sort(key="due_on"), Sort(key="invoice_number")),
        limit=row_limit,
        timezone=_TIMEZONE,
        kpis=(_INVOICES, _DEBTORS),
    )


def _campaigns(dataset_id: UUID, row_limit: int) -> ReportDefinition:
    return ReportDefinition(
        dataset_id=dataset_id,
        groupings=(Grouping(field="campaign"),),
        measures=(_MESSAGES, _DELIVERIES, _OPENS, _CLICKS, _LEFT, _COST),
        period=_period("sent_at", WindowKind.LAST, n=30, unit=DateUnit.DAY),
        sort=(Sort(key=_OPENS.key, descending=True),),
        limit=row_limit,
        timezone=_TIMEZONE,
        kpis=(_MESSAGES, _OPENS, _CLICKS, _COST),
        chart=Chart(kind=ChartKind.HORIZONTAL_BAR, x="campaign", y=(_OPENS.key, _CLICKS.key)),
    )


def _period(field: str, kind: WindowKind, *, unit: DateUnit, n: int = 1) -> Period:
    return Period(field=field, window=DateWindow(kind=kind, n=n, unit=unit))


def _where(*conditions: Condition) -> FilterGroup:
    return FilterGroup(items=conditions)


def _equals(field: str, *values: str | bool) -> Condition:
    return Condition(field=field, operator=Operator.IS, values=values)
