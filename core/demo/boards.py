"""The demo's dashboard: its sample reports side by side, under filters that they share."""

from collections.abc import Mapping
from uuid import UUID

from core.domain.dashboard import (
    DashboardContent,
    KpiTile,
    ReportTile,
    SharedFilter,
    Show,
    Target,
    TextTile,
    Tile,
    TileHeight,
)
from core.domain.definition import ParameterType
from core.domain.field import FieldType

NAME = "Shop at a glance"
DESCRIPTION = "Revenue, what sells, who owes, and how the campaigns were received."
_TIMEZONE = "America/New_York"
_WORDS = "Revenue is net of returns. *Country* narrows the sales and the invoices, *Ordered* the sales alone."


def sample_dashboard(report_ids: Mapping[str, UUID]) -> DashboardContent:
    """Return what it shows; `report_ids` maps the names of the sample reports to ids."""
    country, months = report_ids["Revenue by country"], report_ids["Monthly revenue and returns"]
    tiles: tuple[Tile, ...] = (
        TextTile(id="about", text=_WORDS, row=0, column=0, width=12),
        _number("revenue", country, "sum__amount", column=0),
        _number("orders", country, "count_distinct__order_id", column=3),
        _number("customers", country, "count_distinct__customer_id", column=6),
        _number("opened", report_ids["Campaign performance"], "sum__opens", column=9, title="Mails opened"),
        ReportTile(id="months", report_id=months, show=Show.CHART, row=2, column=0, width=7),
        ReportTile(id="countries", report_id=country, show=Show.CHART, row=2, column=7, width=5),
        ReportTile(id="products", report_id=report_ids["Top products"], row=3, column=0, width=7),
        ReportTile(
            id="campaigns",
            report_id=report_ids["Campaign performance"],
            show=Show.CHART,
            row=3,
            column=7,
            width=5,
        ),
        ReportTile(
            id="invoices",
            report_id=report_ids["Open invoices"],
            row=4,
            column=0,
            width=12,
            height=TileHeight.MEDIUM,
        ),
    )
    sales = ("revenue", "orders", "customers", "months", "countries", "products")
    return DashboardContent(
        tiles=tiles,
        filters=(
            SharedFilter(
                name="country",
                label="Country",
                value_type=FieldType.TEXT,
                is_list=True,
                targets=tuple(Target(tile=tile, field="country") for tile in (*sales, "invoices")),
            ),
            SharedFilter(
                name="ordered",
                label="Ordered",
                type=ParameterType.WINDOW,
                targets=tuple(Target(tile=tile, field="ordered_at") for tile in sales),
            ),
        ),
        refresh_s=None,
        timezone=_TIMEZONE,
    )


def _number(id_: str, report_id: UUID, measure: str, *, column: int, title: str | None = None) -> KpiTile:
    return KpiTile(id=id_, report_id=report_id, measure=measure, title=title, row=1, column=column, width=3)
