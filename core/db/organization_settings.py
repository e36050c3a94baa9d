"""Rules of the transaction's organization that are single settings."""

from sqlalchemy import cast, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from core.db.tables import OrganizationRow

_FACTOR = "second_factor"
_REQUIRED = "required"


def is_factor_required(session: Session) -> bool:
    """Whether everybody needs a second factor."""
    return session.execute(select(OrganizationRow.settings[_FACTOR].astext)).scalar() == _REQUIRED


def set_factor_required(session: Session, *, required: bool) -> None:
    """Ask everybody for a second factor, or nobody."""
    added = cast({_FACTOR: _REQUIRED if required else "free"}, JSONB)
    session.execute(update(OrganizationRow).values(settings=OrganizationRow.settings.op("||")(added)))
