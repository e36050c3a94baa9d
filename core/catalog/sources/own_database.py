"""Keeps the product's own database out of the sources, whatever name or address leads to it."""

import pyarrow as pa

from core.catalog.sources.connector import CompiledQuery
from core.errors import SourceUnavailable

#: Tables that no other schema has together.
_OWN_TABLES = (
    "alembic_version",
    "api_tokens",
    "artifacts",
    "daemons",
    "deliveries",
    "download_links",
    "memberships",
    "organizations",
    "report_versions",
    "run_events",
)
#: Every role sees the names of all tables, whatever it may read; one row for each schema that has them all.
#: Views and foreign tables count: a whole schema imported into another database shows the same.
OWN_SCHEMAS = CompiledQuery(
    sql=f"""
SELECT 1 AS found FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
    AND relname IN ({", ".join("%s" for _ in _OWN_TABLES)})
GROUP BY relnamespace HAVING count(*) = {len(_OWN_TABLES)}
""",  # noqa: S608 - constants
    parameters=_OWN_TABLES,
)


def refuse_own_database(own_schemas: pa.Table) -> None:
    """Raise SourceUnavailable where a database has the product's tables, its own or another installation's.

    It would show every organization's reports and who receives them. What people may know of it is in the datasets of
    the workspace's activity.
    """
    if own_schemas.num_rows:
        raise SourceUnavailable(
            "This is a database of Broadsheet itself, which is no source. "
            "The datasets under 'Workspace activity' hold what may be reported of it."
        )
