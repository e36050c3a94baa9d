"""What an organization's files look like."""

import struct
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.db.tables import OrganizationRow
from core.domain.branding import Branding, Logo, PaperSize

#: Where a PNG says its width and height, as two big-endian integers (RFC 2083, 3.2 and 4.1.1).
_PNG_SIZE = slice(16, 24)


def load_branding(session: Session) -> Branding:
    """Return the branding of the transaction's organization; Broadsheet's own where it chose none."""
    row = session.execute(select(OrganizationRow.branding, OrganizationRow.logo)).one()
    return branding_of(row.branding, row.logo)


def branding_of(stored: Mapping[str, Any], logo: bytes | None) -> Branding:
    """Return the branding behind an organization's columns."""
    return Branding(
        accent=stored.get("accent"),
        paper=PaperSize(stored.get("paper", Branding().paper)),
        logo=_logo(logo) if logo else None,
    )


def save_colour_and_paper(session: Session, organization_id: UUID, *, accent: str | None, paper: PaperSize) -> None:
    """Replace everything but the logo."""
    _change(session, organization_id, branding={"accent": accent, "paper": str(paper)})


def save_logo(session: Session, organization_id: UUID, logo: Logo | None) -> None:
    """Put a logo in the place of the one before; None takes it away."""
    _change(session, organization_id, logo=logo and logo.png)


def _change(session: Session, organization_id: UUID, **values: Any) -> None:
    session.execute(update(OrganizationRow).where(OrganizationRow.id == organization_id).values(**values))


def _logo(png: bytes) -> Logo:
    width, height = struct.unpack(">II", png[_PNG_SIZE])
    return Logo(png=png, width=width, height=height)
