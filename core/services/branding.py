"""Branding: the colour, the logo and the paper of an organization's files, and what a report looks like in them."""

import io
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa

from core.access.policy import require
from core.db import branding_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.branding import Branding, PaperSize, parse_accent
from core.domain.field import FieldType, Format, NumberStyle
from core.domain.result import ColumnRole, Kpi, Result, ResultColumn, ResultHead
from core.render import renderer_for
from core.render.renderer import Wishes
from core.services.logo import read_logo

_SAMPLE_AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


class BrandingService:
    """What people do with the look of their organization's files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, principal: Principal) -> Branding:
        """Return the branding; everybody sees it in the files anyway."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            return branding_repository.load_branding(session)

    def change(self, principal: Principal, *, accent: str | None, paper: PaperSize) -> Branding:
        """Replace colour and paper; `accent` None is Broadsheet's own. The logo stays. Raises InvalidInput."""
        require(principal, Permission.MANAGE_MEMBERS)
        checked = None if accent is None else parse_accent(accent)
        with self._database.organization(principal.organization_id) as session:
            before = branding_repository.load_branding(session)
            branding_repository.save_colour_and_paper(session, principal.organization_id, accent=checked, paper=paper)
            after = branding_repository.load_branding(session)
            return note(session, principal, "branding.changed", before=before, after=after)

    def put_logo(self, principal: Principal, content: bytes) -> Branding:
        """Keep a PNG or JPEG as the logo. Raises InvalidInput for anything else, and for what is too large."""
        require(principal, Permission.MANAGE_MEMBERS)
        logo = read_logo(content)
        with self._database.organization(principal.organization_id) as session:
            before = branding_repository.load_branding(session)
            branding_repository.save_logo(session, principal.organization_id, logo)
            after = branding_repository.load_branding(session)
            return note(session, principal, "branding.changed", before=before, after=after)

    def remove_logo(self, principal: Principal) -> Branding:
        """Go back to files without a logo."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            before = branding_repository.load_branding(session)
            branding_repository.save_logo(session, principal.organization_id, None)
            after = branding_repository.load_branding(session)
            return note(session, principal, "branding.changed", before=before, after=after)

    def sample(self, principal: Principal, branding: Branding, format: str) -> bytes:  # noqa: A002 - the domain's word
        """Return a small made-up report as a file of `format`, as `branding` would have it. Raises InvalidInput."""
        require(principal, Permission.VIEW_REPORTS)
        target = io.BytesIO()
        renderer_for(format).fitted(Wishes(branding=branding)).render(sample_result(principal.organization), target)
        return target.getvalue()


def sample_result(organization: str) -> Result:
    """A small made-up result."""
    countries = ("Germany", "France", "Japan", "Brazil", "Canada")
    orders = (412, 388, 301, 167, 94)
    revenue = tuple(Decimal(f"{count * 118}.50") for count in orders)
    euros = Format(style=NumberStyle.CURRENCY, decimals=2, unit="EUR")
    head = ResultHead(
        report_id=None,
        report_version=None,
        title="Orders by country",
        organization=organization,
        owner="Broadsheet",
        sentence="Orders and revenue by country, a sample with made-up numbers.",
        columns=(
            ResultColumn(key="country", label="Country", type=FieldType.TEXT, role=ColumnRole.DIMENSION),
            ResultColumn(key="orders", label="Orders", type=FieldType.INTEGER, role=ColumnRole.MEASURE),
            ResultColumn(key="revenue", label="Revenue", type=FieldType.DECIMAL, role=ColumnRole.MEASURE, format=euros),
        ),
        kpis=(
            Kpi(label="Orders", value=sum(orders), previous=1290, trend=(3.0, 4.0, 3.5, 5.0)),
            Kpi(label="Revenue", value=sum(revenue), previous=Decimal("150200.00"), trend=(2.0, 2.5, 3.0, 3.2)),
        ),
        rows_matched=len(countries),
        row_limit=None,
        logical_at=_SAMPLE_AT,
        as_of=_SAMPLE_AT,
        is_snapshot=True,
        timezone="UTC",
    )
    batch = pa.record_batch(
        {
            "country": pa.array(countries),
            "orders": pa.array(orders, pa.int64()),
            "revenue": pa.array(revenue, pa.decimal128(12, 2)),
        }
    )
    return Result(head=head, batches=[batch])
