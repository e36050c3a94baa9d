"""Sources that the operator's settings ask for: made once, in the oldest organization, which is the operator's own."""

from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.db import source_repository
from core.db.database import Database
from core.db.tables import OrganizationRow
from core.domain.dataset import Source
from core.settings import Settings

_KIND = "clickhouse"
_NAME = "ClickHouse"
#: Where an organization remembers what was made for it: what people delete does not come back.
_MADE = "ready_made"


def ensure_ready_made(database: Database, settings: Settings) -> bool:
    """Create the source that CLICKHOUSE_HOST asks for; returns whether it was made now.

    Other organizations get none: what an operator names in the environment is not for every tenant to read.
    """
    if settings.clickhouse_host is None:
        return False
    # The driver takes its time to load; without the setting nobody needs it here.
    from core.catalog.sources.clickhouse_source import ready_connection

    connection = ready_connection(settings)
    with database.installation() as session:
        organizations = source_repository.organizations_without(session, _KIND, "")
    if connection is None or not organizations:
        return False
    with database.organization(organizations[0]) as session:
        source_repository.lock_names(session, organizations[0])
        if not _remember(session):
            return False
        source = Source(
            id=uuid4(),
            organization_id=organizations[0],
            name=source_repository.free_name(session, _NAME),
            kind=_KIND,
            connection=connection,
        )
        source_repository.insert_source(session, source, None)
    return True


def _remember(session: Session) -> bool:
    """Note in the organization that the source was made; False where it was before."""
    settings = session.execute(select(OrganizationRow.settings)).scalar_one()
    made = list(settings.get(_MADE, []))
    if _KIND in made:
        return False
    session.execute(update(OrganizationRow).values(settings={**settings, _MADE: [*made, _KIND]}))
    return True
